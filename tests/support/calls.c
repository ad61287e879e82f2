// SPDX-License-Identifier: Apache-2.0
// The program's own definition of a function comes before the C library's, for libraries too.
// Allocations go on to glibc's other names for the same functions, the rest to the kernel.
#include "tests/support/calls.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define CALLS_SANITIZED
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CALLS_SANITIZED
#endif
#endif

#define CALLS_REPLACES __attribute__((visibility("default")))

#define NS_PER_S INT64_C(1000000000)

static _Thread_local Calls calls;
static _Thread_local int64_t slow_polls_ns;
static _Thread_local bool tells_line; // in place of the kernel
static _Thread_local bool slow_in_line;
static _Thread_local int64_t in_line_ns;
static _Thread_local int64_t clock_halt_ns;

void calls_halt_clock(int64_t ns)
{
    clock_halt_ns = ns;
}

void calls_slow_polls(int64_t ns, bool in_line)
{
    slow_polls_ns = ns;
    slow_in_line = in_line;
    tells_line = true;
}

CALLS_REPLACES ssize_t pread(int fd, void *bytes, size_t n_bytes, off_t offset)
{
    if (!tells_line)
        return syscall(SYS_pread64, fd, bytes, n_bytes, offset);
    return snprintf(bytes, n_bytes, "0 %" PRId64 " 0\n", in_line_ns);
}

static int64_t uncounted_clock_ns(void)
{
    struct timespec now;

    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

Calls calls_so_far(void)
{
    return calls;
}

CALLS_REPLACES int clock_gettime(clockid_t id, struct timespec *now)
{
    int status = (int)syscall(SYS_clock_gettime, id, now);
    int64_t read_ns = uncounted_clock_ns(), halt_ns = clock_halt_ns;

    clock_halt_ns = 0;
    calls.clock_reads++;
    while (uncounted_clock_ns() - read_ns < halt_ns)
        ;
    return status;
}

CALLS_REPLACES int epoll_wait(int fd, struct epoll_event *events, int room, int timeout_ms)
{
    int64_t start_ns = uncounted_clock_ns();

    if (timeout_ms == 0)
        calls.polls++;
    else
        calls.sleeps++;
    if (timeout_ms == 0 && slow_in_line)
        in_line_ns += slow_polls_ns;
    while (timeout_ms == 0 && uncounted_clock_ns() - start_ns < slow_polls_ns)
        ;
    return (int)syscall(SYS_epoll_pwait, fd, events, room, timeout_ms, NULL, 0);
}

#ifdef CALLS_SANITIZED

bool calls_are_sanitized(void)
{
    return true;
}

#else

void *__libc_malloc(size_t n_bytes);
void *__libc_calloc(size_t n, size_t n_bytes);
void *__libc_realloc(void *block, size_t n_bytes);
void *__libc_memalign(size_t alignment_bytes, size_t n_bytes);

bool calls_are_sanitized(void)
{
    return false;
}

CALLS_REPLACES void *malloc(size_t n_bytes)
{
    calls.allocations++;
    return __libc_malloc(n_bytes);
}

CALLS_REPLACES void *calloc(size_t n, size_t n_bytes)
{
    calls.allocations++;
    return __libc_calloc(n, n_bytes);
}

CALLS_REPLACES void *realloc(void *block, size_t n_bytes)
{
    calls.allocations++;
    return __libc_realloc(block, n_bytes);
}

CALLS_REPLACES void *memalign(size_t alignment_bytes, size_t n_bytes)
{
    calls.allocations++;
    return __libc_memalign(alignment_bytes, n_bytes);
}

CALLS_REPLACES void *aligned_alloc(size_t alignment_bytes, size_t n_bytes)
{
    return memalign(alignment_bytes, n_bytes);
}

CALLS_REPLACES int posix_memalign(void **block, size_t alignment_bytes, size_t n_bytes)
{
    *block = memalign(alignment_bytes, n_bytes);
    return *block != NULL ? 0 : ENOMEM;
}

#endif
