// SPDX-License-Identifier: Apache-2.0
// Each write enters the kernel by itself.
#include "sim/devices/burst.h"

#include <errno.h>
#include <glib.h>
#include <unistd.h>

typedef struct {
    int fd;
    const struct iovec *parts;
    unsigned n_parts;
} BurstWrite;

struct Burst {
    unsigned n_writes;
    BurstWrite writes[BURST_MAX_WRITES];
    int results[BURST_MAX_WRITES];
};

Burst *burst_new(void)
{
    return g_new0(Burst, 1);
}

void burst_free(Burst *burst)
{
    g_free(burst);
}

void burst_add(Burst *burst, int fd, const struct iovec *parts, unsigned n_parts)
{
    g_assert(burst->n_writes < BURST_MAX_WRITES);
    burst->writes[burst->n_writes++] = (BurstWrite){fd, parts, n_parts};
}

static int burst_write_one(const BurstWrite *one)
{
    ssize_t written;

    do
        written = one->n_parts == 1 ? write(one->fd, one->parts->iov_base, one->parts->iov_len)
                                    : writev(one->fd, one->parts, (int)one->n_parts);
    while (written < 0 && errno == EINTR);
    return written < 0 ? -errno : (int)written;
}

const int *burst_write(Burst *burst)
{
    for (unsigned i = 0; i < burst->n_writes; i++)
        burst->results[i] = burst_write_one(&burst->writes[i]);
    burst->n_writes = 0;
    return burst->results;
}
