// SPDX-License-Identifier: Apache-2.0
// Calls: how often a thread has allocated, read a clock and looked for input. A test that asks has
// the C library's functions replaced by ones that count, in the program and all its libraries.
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t allocations; // malloc(), calloc(), realloc(), aligned ones
    uint64_t clock_reads;
    uint64_t polls;  // epoll_wait() that returns at once
    uint64_t sleeps; // epoll_wait() that may sleep
} Calls;

// Of the calling thread, since its start.
Calls calls_so_far(void);

// From now on each epoll_wait() of the calling thread that returns at once takes at least so long.
// With `in_line`, files that are read with pread() say that it stood in line for a core meanwhile,
// as /proc/PID/schedstat does; without, that it never did.
void calls_slow_polls(int64_t ns, bool in_line);

// The next time that the calling thread reads a clock, it is halted for so long behind it.
void calls_halt_clock(int64_t ns);

// Whether a sanitizer is built in: it has an allocator of its own, which counts nothing here.
bool calls_are_sanitized(void);
