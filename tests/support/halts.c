// SPDX-License-Identifier: Apache-2.0
// Halts: a module to be preloaded, with which the main thread of a program loses its core for a
// while right where it has handed something to another thread: after its first sem_wait(), and
// after it has first woken one through an eventfd.
#include <dlfcn.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { HALT_NS = 300 * 1000 * 1000 };

#define HALTS_REPLACES __attribute__((visibility("default")))

static void halt_once(bool *has_halted)
{
    const struct timespec time = {.tv_nsec = HALT_NS};

    if (*has_halted || getpid() != (pid_t)syscall(SYS_gettid))
        return;
    *has_halted = true;
    nanosleep(&time, NULL);
}

HALTS_REPLACES int sem_wait(sem_t *semaphore)
{
    static bool has_halted;
    int (*next)(sem_t * semaphore);
    int status;

    *(void **)&next = dlsym(RTLD_NEXT, "sem_wait");
    status = next(semaphore);
    if (status == 0)
        halt_once(&has_halted);
    return status;
}

HALTS_REPLACES ssize_t write(int fd, const void *bytes, size_t n_bytes)
{
    static bool has_halted;
    ssize_t n_written = syscall(SYS_write, fd, bytes, n_bytes);

    if (n_bytes == sizeof(uint64_t))
        halt_once(&has_halted);
    return n_written;
}
