// SPDX-License-Identifier: Apache-2.0
// CoreWait: how long a thread has been ready to run while others had the cores, as the kernel
// counts it in /proc/PID/task/TID/schedstat (proc(5), CONFIG_SCHED_INFO).
#pragma once

#include <stdint.h>

typedef struct {
    int fd; // -1 before the first look, and where the kernel does not tell
} CoreWait;

void core_wait_init(CoreWait *wait);
void core_wait_clear(CoreWait *wait);

// Nanoseconds since the start of the calling thread, which must be the same each time. A kernel
// that does not tell gives 0.
int64_t core_wait_ns(CoreWait *wait);
