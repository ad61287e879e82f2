// SPDX-License-Identifier: Apache-2.0
// How it works: a timer wakes a thread tens of microseconds late, since its core has gone to sleep
// (60 to 70 us at the median on a small virtual machine). So the timer is set a guard before the
// deadline, and what is left is spent polling. The guard follows the lateness that the timer shows
// here: it jumps up with an error greater than itself and sinks slowly, which keeps it near the
// worst of the last hundred or so wake-ups. To never sleep is a guard without end, to never poll
// one of nothing. Where only one core may be used nothing is polled: that would take it from the
// hosts.
//
// A thread that polls on a core which others want is a burden to them, and to itself: the scheduler
// takes the core from it for milliseconds, while one that sleeps is let in at once. So where a gap
// between two looks is longer than any look takes, or a wake-up later than any sleep of a core
// explains, and the kernel says that this thread stood in line meanwhile, it ends the polling for a
// while, and for twice as long when that soon happens again. A gap without a line is the machine's
// own doing: a virtual one that was not run.
//
// The first look of a wait never sleeps: under load something is there, and no timer need be set.
#include "sim/realtime/waiter.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "sim/realtime/clock.h"
#include "sim/realtime/core_wait.h"
#include "sim/realtime/machine.h"

enum {
    GUARD_FIRST_NS = 80 * 1000,
    GUARD_MIN_NS = 5 * 1000,
    GUARD_MAX_NS = 250 * 1000,
    PREEMPTED_NS = 100 * 1000,         // no look takes so long
    LINE_LOOK_NS = 1000 * 1000,        // after which it is asked anew how long that line was
    YIELD_FIRST_NS = 20 * 1000 * 1000, // without polling, after others wanted the core
    YIELD_MAX_NS = 1280 * 1000 * 1000,
    YIELD_AGAIN_NS = 100 * 1000 * 1000, // after the last time: soon
    WAITER_MAX_READY = 64,
};

#define WAITER_UNKNOWN_NS INT64_C(-1)

struct Waiter {
    int epoll_fd;
    int timer_fd;
    int64_t timer_ns; // what the timer is set to: an instant, FOREVER for disarmed, or UNKNOWN
    int64_t guard_ns;
    bool is_adaptive; // else the guard stays as it is
    CoreWait core_wait;
    int64_t waited_ns;       // in line for a core, as it was last looked up
    int64_t waited_at_ns;    // then
    int64_t yields_until_ns; // others want the core
    int64_t yield_ns;        // for so long, the last time
};

static const int64_t waiter_first_guards_ns[] = {
    [WAIT_ADAPTIVE] = GUARD_FIRST_NS,
    [WAIT_SPIN] = WAITER_FOREVER_NS,
    [WAIT_ECO] = 0,
};

static void waiter_error(GError **error, const char *call)
{
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "%s: %s%s", call,
                g_strerror(errno),
                errno == EMFILE || errno == ENFILE ? ": raise the limit with `ulimit -n`" : "");
}

Waiter *waiter_new(WaitMode mode, GError **error)
{
    Waiter *waiter = g_new0(Waiter, 1);
    // Edge-triggered: an expiry is seen once, and need not be read away.
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};

    if (machine_n_cores() == 1)
        mode = WAIT_ECO;
    waiter->guard_ns = waiter_first_guards_ns[mode];
    waiter->is_adaptive = mode == WAIT_ADAPTIVE;
    waiter->timer_ns = WAITER_FOREVER_NS;
    waiter->yields_until_ns = -YIELD_AGAIN_NS;
    waiter->waited_at_ns = -LINE_LOOK_NS;
    core_wait_init(&waiter->core_wait);
    waiter->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    waiter->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (waiter->epoll_fd >= 0 && waiter->timer_fd >= 0 &&
        epoll_ctl(waiter->epoll_fd, EPOLL_CTL_ADD, waiter->timer_fd, &event) == 0)
        return waiter;
    waiter_error(error, "epoll, timerfd");
    waiter_free(waiter);
    return NULL;
}

void waiter_free(Waiter *waiter)
{
    core_wait_clear(&waiter->core_wait);
    if (waiter->timer_fd >= 0)
        close(waiter->timer_fd);
    if (waiter->epoll_fd >= 0)
        close(waiter->epoll_fd);
    g_free(waiter);
}

bool waiter_add(Waiter *waiter, int fd, void *tag, GError **error)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = tag};

    if (epoll_ctl(waiter->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
        return true;
    waiter_error(error, "EPOLL_CTL_ADD");
    return false;
}

static void waiter_set_timer(Waiter *waiter, int64_t at_ns)
{
    struct itimerspec setting = {0};

    if (waiter->timer_ns == at_ns)
        return;
    if (at_ns != WAITER_FOREVER_NS)
        setting.it_value = (struct timespec){at_ns / 1000000000, at_ns % 1000000000};
    timerfd_settime(waiter->timer_fd, TFD_TIMER_ABSTIME, &setting, NULL);
    waiter->timer_ns = at_ns;
}

// Before a wait, so that what it brings can be told from what was before.
static void waiter_note_line(Waiter *waiter, int64_t now_ns)
{
    if (!waiter->is_adaptive || now_ns - waiter->waited_at_ns < LINE_LOOK_NS)
        return;
    waiter->waited_ns = core_wait_ns(&waiter->core_wait);
    waiter->waited_at_ns = now_ns;
}

// The thread has not run for `gap_ns`; whose doing was it?
static void waiter_judge_gap(Waiter *waiter, int64_t now_ns, int64_t gap_ns)
{
    int64_t before_ns = waiter->waited_ns;
    bool again = now_ns - waiter->yields_until_ns < YIELD_AGAIN_NS;

    waiter->waited_ns = core_wait_ns(&waiter->core_wait);
    waiter->waited_at_ns = now_ns;
    if (waiter->waited_ns - before_ns < gap_ns / 2)
        return;
    waiter->yield_ns = again ? MIN(2 * waiter->yield_ns, YIELD_MAX_NS) : YIELD_FIRST_NS;
    waiter->yields_until_ns = now_ns + waiter->yield_ns;
}

// The timer was waited for and has expired at `now_ns`.
static void waiter_adapt(Waiter *waiter, int64_t now_ns)
{
    int64_t error_ns = now_ns - waiter->timer_ns;

    if (!waiter->is_adaptive || waiter->timer_ns == WAITER_UNKNOWN_NS)
        return;
    if (error_ns > GUARD_MAX_NS) {
        waiter_judge_gap(waiter, now_ns, error_ns);
        return;
    }
    if (error_ns > waiter->guard_ns)
        waiter->guard_ns += (error_ns - waiter->guard_ns) / 2;
    else
        waiter->guard_ns -= (waiter->guard_ns - error_ns) / 64;
    waiter->guard_ns = CLAMP(waiter->guard_ns, GUARD_MIN_NS, GUARD_MAX_NS);
}

// One epoll_wait, and the clock after it. The timer has no tag and is left out.
static unsigned waiter_look(Waiter *waiter, bool sleeps, void **ready, unsigned room,
                            int64_t *now_ns)
{
    struct epoll_event events[WAITER_MAX_READY];
    int n = epoll_wait(waiter->epoll_fd, events, (int)MIN(room, WAITER_MAX_READY), sleeps ? -1 : 0);
    unsigned n_ready = 0;
    bool timer_expired = false;

    *now_ns = clock_monotonic_ns();
    for (int i = 0; i < n; i++) {
        if (events[i].data.ptr != NULL)
            ready[n_ready++] = events[i].data.ptr;
        else
            timer_expired = true;
    }
    if (timer_expired) {
        if (sleeps)
            waiter_adapt(waiter, *now_ns);
        waiter->timer_ns = WAITER_UNKNOWN_NS;
    }
    return n_ready;
}

// Looks once more without sleeping, and notes whether the core was taken meanwhile.
static unsigned waiter_poll(Waiter *waiter, void **ready, unsigned room, int64_t *now_ns)
{
    int64_t before_ns = *now_ns;
    unsigned n_ready = waiter_look(waiter, false, ready, room, now_ns);

    if (waiter->is_adaptive && *now_ns - before_ns > PREEMPTED_NS)
        waiter_judge_gap(waiter, *now_ns, *now_ns - before_ns);
    return n_ready;
}

unsigned waiter_wait(Waiter *waiter, int64_t until_ns, void **ready, unsigned room, int64_t *now_ns)
{
    unsigned n_ready = waiter_look(waiter, false, ready, room, now_ns);

    if (n_ready == 0 && until_ns != WAITER_FOREVER_NS)
        waiter_note_line(waiter, *now_ns);
    while (n_ready == 0 && *now_ns < until_ns) {
        int64_t guard_ns = *now_ns < waiter->yields_until_ns ? 0 : waiter->guard_ns;

        if (until_ns - *now_ns <= guard_ns) {
            n_ready = waiter_poll(waiter, ready, room, now_ns);
            continue;
        }
        waiter_set_timer(waiter,
                         until_ns == WAITER_FOREVER_NS ? WAITER_FOREVER_NS : until_ns - guard_ns);
        n_ready = waiter_look(waiter, true, ready, room, now_ns);
    }
    return n_ready;
}
