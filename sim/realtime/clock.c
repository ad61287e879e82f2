// SPDX-License-Identifier: Apache-2.0
#include "sim/realtime/clock.h"

#include <time.h>

static int64_t clock_read_ns(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clock_monotonic_ns(void)
{
    return clock_read_ns(CLOCK_MONOTONIC);
}

int64_t clock_wall_ns(void)
{
    return clock_read_ns(CLOCK_REALTIME);
}

// Of several tries that in which the least time passed: in any one there may be a halt.
int64_t clock_wall_ahead_ns(void)
{
    enum { N_TRIES = 5 };
    int64_t ahead_ns = 0, least_ns = INT64_MAX;

    for (int i = 0; i < N_TRIES; i++) {
        int64_t before_ns = clock_monotonic_ns();
        int64_t wall_ns = clock_wall_ns();
        int64_t taken_ns = clock_monotonic_ns() - before_ns;

        if (taken_ns >= least_ns)
            continue;
        least_ns = taken_ns;
        ahead_ns = wall_ns - before_ns;
    }
    return ahead_ns;
}
