// SPDX-License-Identifier: Apache-2.0
// How it works: a TUN or TAP takes a frame without waiting, so the kernel completes each write of a
// submission before it begins the next, and all of them before io_uring_enter() returns. What that
// spares of each write is its way into the kernel and back: 10 to 25 % of the data thread's time
// where frames are small and of several flows (doc/performance.md). One alone is a plain write.
#include "sim/devices/burst.h"

#include <errno.h>
#include <glib.h>
#include <liburing.h>
#include <stdint.h>
#include <unistd.h>

#define AT_POSITION UINT64_MAX // of the file, as write() has it

// The result of a file that knows no RWF_NOWAIT, as sockets do before Linux 6.4.
enum { BURST_NOT_DONE = -EOPNOTSUPP };

typedef struct {
    int fd;
    const struct iovec *parts;
    unsigned n_parts;
} BurstWrite;

struct Burst {
    struct io_uring ring;
    bool has_ring;
    unsigned n_writes;
    BurstWrite writes[BURST_MAX_WRITES];
    int results[BURST_MAX_WRITES];
};

Burst *burst_new(void)
{
    Burst *burst = g_new0(Burst, 1);

    burst->has_ring = io_uring_queue_init(BURST_MAX_WRITES, &burst->ring, 0) == 0;
    return burst;
}

static void burst_drop_ring(Burst *self)
{
    if (self->has_ring)
        io_uring_queue_exit(&self->ring);
    self->has_ring = false;
}

void burst_free(Burst *burst)
{
    burst_drop_ring(burst);
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

static void burst_prepare(Burst *self, unsigned i)
{
    const BurstWrite *one = &self->writes[i];
    struct io_uring_sqe *entry = io_uring_get_sqe(&self->ring);

    if (one->n_parts == 1)
        io_uring_prep_write(entry, one->fd, one->parts->iov_base, (unsigned)one->parts->iov_len,
                            AT_POSITION);
    else
        io_uring_prep_writev(entry, one->fd, one->parts, one->n_parts, AT_POSITION);
    entry->rw_flags = RWF_NOWAIT; // else O_NONBLOCK would not keep it from waiting for room
    entry->user_data = i;
    self->results[i] = BURST_NOT_DONE;
}

static unsigned burst_take_results(Burst *self)
{
    struct io_uring_cqe *completion;
    unsigned head, n_results = 0;

    io_uring_for_each_cqe(&self->ring, head, completion)
    {
        self->results[completion->user_data] = completion->res;
        n_results++;
    }
    io_uring_cq_advance(&self->ring, n_results);
    return n_results;
}

// Leaves as not done what the kernel does not take.
static void burst_enter(Burst *self)
{
    for (unsigned i = 0; i < self->n_writes; i++)
        burst_prepare(self, i);
    for (unsigned n_left = self->n_writes; n_left > 0; n_left -= burst_take_results(self)) {
        int status = io_uring_submit_and_wait(&self->ring, n_left);

        if (status < 0 && status != -EINTR && status != -EAGAIN && status != -EBUSY)
            return;
    }
}

// Does the rest one by one, now and from now on.
static void burst_catch_up(Burst *self)
{
    for (unsigned i = 0; i < self->n_writes; i++) {
        if (self->results[i] != BURST_NOT_DONE)
            continue;
        burst_drop_ring(self);
        self->results[i] = burst_write_one(&self->writes[i]);
    }
}

const int *burst_write(Burst *burst)
{
    if (burst->has_ring && burst->n_writes > 1) {
        burst_enter(burst);
        burst_catch_up(burst);
    } else {
        for (unsigned i = 0; i < burst->n_writes; i++)
            burst->results[i] = burst_write_one(&burst->writes[i]);
    }
    burst->n_writes = 0;
    return burst->results;
}
