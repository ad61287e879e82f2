// SPDX-License-Identifier: Apache-2.0
// How it works: what belongs to the process is asked for by the main thread and kept. What belongs
// to the data thread is tried there, so that a refusal can be told before the run, and taken by the
// data thread. Memory is locked as it is now, and only where touched (MCL_ONFAULT): the space
// reserved for frames is many times what they will need. Later mappings are not locked, since a
// limit reached then would fail the allocation; in its steady state the data thread makes none.
#include "sim/realtime/grants.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#define GRANTS_LATENCY_PATH "/dev/cpu_dma_latency"
#define GRANTS_THROTTLE_PATH "/proc/sys/kernel/sched_rt_runtime_us"

enum { GRANTS_PRIORITY = 1 }; // the lowest of SCHED_FIFO: before ordinary threads, not the kernel's

struct Grants {
    Grant grants[N_GRANTS];
    int core; // of the data thread, unless refused
    cpu_set_t cores_before;
    int latency_fd; // what it was asked for holds as long as it is open
};

static const char *const grant_names[N_GRANTS] = {
    [GRANT_SCHED_FIFO] = "sched-fifo",
    [GRANT_LOCKED_MEMORY] = "locked-memory",
    [GRANT_PINNED_CORE] = "pinned-core",
    [GRANT_DMA_LATENCY] = "cpu-dma-latency",
};

static void grants_refuse(Grants *self, GrantKind kind, char *refusal)
{
    g_free(self->grants[kind].refusal);
    self->grants[kind].refusal = refusal;
}

// A system call has failed with errno.
static void grants_refuse_call(Grants *self, GrantKind kind, const char *call, const char *remedy)
{
    grants_refuse(self, kind, g_strdup_printf("%s: %s (%s)", call, g_strerror(errno), remedy));
}

// Until version 6.12 the kernel stopped a busy real-time thread even on a core that was idle else
// (sched(7), "Limiting the CPU usage"); since then it does so for ordinary threads only.
static bool grants_fifo_is_throttled(void)
{
    g_autofree char *runtime_us = NULL;
    struct utsname kernel;
    unsigned major, minor;

    if (uname(&kernel) == 0 && sscanf(kernel.release, "%u.%u", &major, &minor) == 2 &&
        (major > 6 || (major == 6 && minor >= 12)))
        return false;
    return g_file_get_contents(GRANTS_THROTTLE_PATH, &runtime_us, NULL, NULL) && *runtime_us != '-';
}

static void grants_refuse_fifo(Grants *self)
{
    grants_refuse_call(self, GRANT_SCHED_FIFO, "sched_setscheduler SCHED_FIFO",
                       "run as root, or raise the limit with `ulimit -r 1`; in a container: "
                       "--cap-add SYS_NICE");
}

static void grants_try_fifo(Grants *self, WaitMode mode)
{
    const struct sched_param fifo = {.sched_priority = GRANTS_PRIORITY};
    struct sched_param before;
    int policy = sched_getscheduler(0);
    struct rlimit busy;

    if (mode == WAIT_SPIN && grants_fifo_is_throttled()) {
        grants_refuse(self, GRANT_SCHED_FIFO,
                      g_strdup("this kernel stops a real-time thread that never sleeps for a part "
                               "of each second (leave out --spin, or as root: sysctl -w "
                               "kernel.sched_rt_runtime_us=-1)"));
        return;
    }
    if (getrlimit(RLIMIT_RTTIME, &busy) == 0 && busy.rlim_cur != RLIM_INFINITY) {
        grants_refuse(self, GRANT_SCHED_FIFO,
                      g_strdup("the limit RLIMIT_RTTIME would kill a real-time thread that is busy "
                               "for long (lift it with `prlimit --rttime=unlimited`)"));
        return;
    }
    if (sched_getparam(0, &before) < 0 || sched_setscheduler(0, SCHED_FIFO, &fifo) < 0)
        grants_refuse_fifo(self);
    else
        sched_setscheduler(0, policy, &before);
}

static void grants_lock_memory(Grants *self)
{
    if (mlockall(MCL_CURRENT | MCL_ONFAULT) == 0)
        return;
    grants_refuse_call(self, GRANT_LOCKED_MEMORY, "mlockall",
                       "run as root, or lift the limit, which counts reserved memory, with "
                       "`ulimit -l unlimited`; in a container: --cap-add IPC_LOCK");
}

static void grants_refuse_cores(Grants *self)
{
    grants_refuse_call(self, GRANT_PINNED_CORE, "sched_setaffinity",
                       "the cores of this process have just been changed: try again");
}

// The last one: interrupts and what runs for long tend to be on the first.
static void grants_choose_core(Grants *self)
{
    cpu_set_t others;
    int core = CPU_SETSIZE - 1;

    if (sched_getaffinity(0, sizeof self->cores_before, &self->cores_before) < 0) {
        grants_refuse_call(self, GRANT_PINNED_CORE, "sched_getaffinity",
                           "start taploom with taskset(1) on fewer cores");
        return;
    }
    if (CPU_COUNT(&self->cores_before) < 2) {
        grants_refuse(self, GRANT_PINNED_CORE,
                      g_strdup("this process may run on one core only, and the hosts need it (give "
                               "it more with taskset(1), or the machine or container)"));
        return;
    }
    while (!CPU_ISSET(core, &self->cores_before))
        core--;
    others = self->cores_before;
    CPU_CLR(core, &others);
    if (sched_setaffinity(0, sizeof others, &others) < 0)
        grants_refuse_cores(self);
    else
        self->core = core;
}

static void grants_open_latency(Grants *self)
{
    const char *remedy = "in a container: --device " GRANTS_LATENCY_PATH "; else this kernel has "
                         "no such thing";
    const int32_t latency_us = 0;

    self->latency_fd = open(GRANTS_LATENCY_PATH, O_WRONLY | O_CLOEXEC);
    if (self->latency_fd >= 0 &&
        write(self->latency_fd, &latency_us, sizeof latency_us) == sizeof latency_us)
        return;
    if (errno == EACCES)
        remedy = "run as root, or as root: chmod 0666 " GRANTS_LATENCY_PATH;
    grants_refuse_call(self, GRANT_DMA_LATENCY, "open and write " GRANTS_LATENCY_PATH, remedy);
}

static bool grants_has(const Grants *self, GrantKind kind)
{
    return self->grants[kind].is_asked && self->grants[kind].refusal == NULL;
}

Grants *grants_ask(WaitMode mode, bool shares_cores)
{
    Grants *self = g_new0(Grants, 1);

    for (GrantKind kind = 0; kind < N_GRANTS; kind++)
        self->grants[kind] = (Grant){grant_names[kind], .is_asked = true};
    grants_try_fifo(self, mode);
    grants_lock_memory(self);
    if (shares_cores)
        self->grants[GRANT_PINNED_CORE].is_asked = false;
    else
        grants_choose_core(self);
    grants_open_latency(self);
    return self;
}

void grants_take(Grants *self)
{
    const struct sched_param fifo = {.sched_priority = GRANTS_PRIORITY};
    cpu_set_t own;

    // Once more, with this thread's stack.
    if (grants_has(self, GRANT_LOCKED_MEMORY))
        grants_lock_memory(self);
    if (grants_has(self, GRANT_PINNED_CORE)) {
        CPU_ZERO(&own);
        CPU_SET(self->core, &own);
        if (sched_setaffinity(0, sizeof own, &own) < 0)
            grants_refuse_cores(self);
    }
    if (grants_has(self, GRANT_SCHED_FIFO) &&
        sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &fifo) < 0)
        grants_refuse_fifo(self);
}

void grants_free(Grants *self)
{
    if (self->latency_fd >= 0)
        close(self->latency_fd);
    if (grants_has(self, GRANT_PINNED_CORE))
        sched_setaffinity(0, sizeof self->cores_before, &self->cores_before);
    if (grants_has(self, GRANT_LOCKED_MEMORY))
        munlockall();
    for (GrantKind kind = 0; kind < N_GRANTS; kind++)
        g_free(self->grants[kind].refusal);
    g_free(self);
}

const Grant *grants_get(const Grants *self, GrantKind kind)
{
    return &self->grants[kind];
}

int grants_core(const Grants *self)
{
    return grants_has(self, GRANT_PINNED_CORE) ? self->core : -1;
}
