// SPDX-License-Identifier: Apache-2.0
// The file is opened by the thread it is about, and read again from its start: about 1 us.
#include "sim/realtime/core_wait.h"

#include <fcntl.h>
#include <glib.h>
#include <unistd.h>

void core_wait_init(CoreWait *wait)
{
    wait->fd = -1;
}

void core_wait_clear(CoreWait *wait)
{
    if (wait->fd >= 0)
        close(wait->fd);
    wait->fd = -1;
}

int64_t core_wait_ns(CoreWait *wait)
{
    char text[64]; // "time running, time waiting, times run"
    char *second;
    ssize_t n_read;

    if (wait->fd < 0)
        wait->fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    n_read = wait->fd >= 0 ? pread(wait->fd, text, sizeof text - 1, 0) : 0;
    if (n_read <= 0)
        return 0;
    text[n_read] = '\0';
    g_ascii_strtoull(text, &second, 10);
    return g_ascii_strtoll(second, NULL, 10);
}
