// SPDX-License-Identifier: Apache-2.0
#include "sim/realtime/waiter.h"

#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "sim/realtime/clock.h"
#include "tests/support/calls.h"
#include "tests/support/one_core.h"

enum {
    FAR_NS = 10 * 1000 * 1000,
    NEAR_NS = 20 * 1000,         // less than the first guard
    PREEMPTION_NS = 1000 * 1000, // longer than any look takes
    N_WAITS = 5,
    ROOM = 4,
};

typedef struct {
    Waiter *waiter;
    int fd;
    void *ready[ROOM];
    Calls before;
} Rig;

static void rig_open(Rig *rig, WaitMode mode)
{
    g_autoptr(GError) error = NULL;

    rig->waiter = waiter_new(mode, &error);
    g_assert_no_error(error);
    rig->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    g_assert_true(waiter_add(rig->waiter, rig->fd, rig, &error));
    rig->before = calls_so_far();
}

static void rig_close(Rig *rig)
{
    waiter_free(rig->waiter);
    close(rig->fd);
}

// Waits for an instant so far off with nothing else to come; returns the calls since the last time.
static Calls rig_wait_for_instant(Rig *rig, int64_t away_ns)
{
    int64_t until_ns = clock_monotonic_ns() + away_ns, now_ns;
    Calls before = rig->before;

    g_assert_cmpuint(waiter_wait(rig->waiter, until_ns, rig->ready, ROOM, &now_ns), ==, 0);
    g_assert_cmpint(now_ns, >=, until_ns);
    rig->before = calls_so_far();
    return (Calls){.polls = rig->before.polls - before.polls,
                   .sleeps = rig->before.sleeps - before.sleeps};
}

// Several times; the calls of all.
static Calls rig_wait_for_instants(Rig *rig, int64_t away_ns)
{
    Calls all = {0};

    for (int i = 0; i < N_WAITS; i++) {
        Calls calls = rig_wait_for_instant(rig, away_ns);

        all.polls += calls.polls;
        all.sleeps += calls.sleeps;
    }
    return all;
}

static bool has_one_core(void)
{
    cpu_set_t cores;

    return sched_getaffinity(0, sizeof cores, &cores) == 0 && CPU_COUNT(&cores) == 1;
}

static void test_adaptive_sleeps_until_the_guard_and_polls_behind_it(void)
{
    Rig rig;

    if (has_one_core()) {
        g_test_skip("nothing polls on one core");
        return;
    }
    rig_open(&rig, WAIT_ADAPTIVE);
    g_assert_cmpuint(rig_wait_for_instant(&rig, NEAR_NS).sleeps, ==, 0);
    g_assert_cmpuint(rig_wait_for_instants(&rig, FAR_NS).sleeps, >, 0);
    rig_close(&rig);
}

// Waits until it polls, which then takes longer than any look can.
static void rig_poll_slowly(Rig *rig, bool in_line)
{
    calls_slow_polls(PREEMPTION_NS, in_line);
    // A wake-up may come too late for any look but the first, which is not one of polling.
    while (rig_wait_for_instant(rig, FAR_NS).polls == 1)
        ;
    calls_slow_polls(0, false);
}

static void test_yields_a_core_that_others_want(void)
{
    Rig rig;

    if (has_one_core()) {
        g_test_skip("nothing polls on one core");
        return;
    }
    rig_open(&rig, WAIT_ADAPTIVE);
    rig_poll_slowly(&rig, true);
    g_assert_cmpuint(rig_wait_for_instant(&rig, FAR_NS).polls, ==, 1);
    rig_close(&rig);
}

static void test_keeps_polling_when_the_machine_itself_stood_still(void)
{
    Rig rig;

    if (has_one_core()) {
        g_test_skip("nothing polls on one core");
        return;
    }
    rig_open(&rig, WAIT_ADAPTIVE);
    rig_poll_slowly(&rig, false);
    g_assert_cmpuint(rig_wait_for_instant(&rig, NEAR_NS).sleeps, ==, 0);
    rig_close(&rig);
}

static void test_spin_never_sleeps(void)
{
    Rig rig;

    if (has_one_core()) {
        g_test_skip("nothing polls on one core");
        return;
    }
    rig_open(&rig, WAIT_SPIN);
    g_assert_cmpuint(rig_wait_for_instants(&rig, FAR_NS).sleeps, ==, 0);
    rig_close(&rig);
}

static void test_eco_never_polls(void)
{
    Rig rig;
    Calls calls;

    rig_open(&rig, WAIT_ECO);
    calls = rig_wait_for_instants(&rig, FAR_NS);
    g_assert_cmpuint(calls.sleeps, >, 0);
    g_assert_cmpuint(calls.polls, ==, N_WAITS); // the first look of each
    rig_close(&rig);
}

// Whatever is installed, and whatever was asked for.
static void test_one_core_never_polls(void)
{
    cpu_set_t before;

    one_core_enter(&before);
    for (WaitMode mode = WAIT_ADAPTIVE; mode <= WAIT_ECO; mode++) {
        Rig rig;

        rig_open(&rig, mode);
        g_assert_cmpuint(rig_wait_for_instants(&rig, NEAR_NS).polls, ==, N_WAITS);
        rig_close(&rig);
    }
    g_assert_cmpint(sched_setaffinity(0, sizeof before, &before), ==, 0);
}

// Without a deadline and with one far away; input beats an instant in the past, too.
static void test_input_ends_the_wait(void)
{
    static const int64_t instants_ns[] = {0, WAITER_FOREVER_NS - 1, WAITER_FOREVER_NS};

    for (WaitMode mode = WAIT_ADAPTIVE; mode <= WAIT_ECO; mode++) {
        Rig rig;

        rig_open(&rig, mode);
        g_assert_cmpint(eventfd_write(rig.fd, 1), ==, 0);
        for (size_t i = 0; i < G_N_ELEMENTS(instants_ns); i++) {
            int64_t before_ns = clock_monotonic_ns(), now_ns;

            g_assert_cmpuint(waiter_wait(rig.waiter, instants_ns[i], rig.ready, ROOM, &now_ns), ==,
                             1);
            g_assert_true(rig.ready[0] == &rig);
            g_assert_cmpint(now_ns, >=, before_ns);
        }
        rig_close(&rig);
    }
}

// Under load no timer is set, and the clock is read once.
static void test_waiting_input_takes_one_look(void)
{
    Rig rig;
    Calls after;
    int64_t now_ns;

    rig_open(&rig, WAIT_ADAPTIVE);
    g_assert_cmpint(eventfd_write(rig.fd, 1), ==, 0);
    waiter_wait(rig.waiter, WAITER_FOREVER_NS, rig.ready, ROOM, &now_ns);
    after = calls_so_far();
    g_assert_cmpuint(after.polls - rig.before.polls, ==, 1);
    g_assert_cmpuint(after.sleeps - rig.before.sleeps, ==, 0);
    g_assert_cmpuint(after.clock_reads - rig.before.clock_reads, ==, 1);
    rig_close(&rig);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/realtime/waiter/adaptive-sleeps-until-the-guard-and-polls-behind-it",
                    test_adaptive_sleeps_until_the_guard_and_polls_behind_it);
    g_test_add_func("/realtime/waiter/yields-a-core-that-others-want",
                    test_yields_a_core_that_others_want);
    g_test_add_func("/realtime/waiter/keeps-polling-when-the-machine-itself-stood-still",
                    test_keeps_polling_when_the_machine_itself_stood_still);
    g_test_add_func("/realtime/waiter/spin-never-sleeps", test_spin_never_sleeps);
    g_test_add_func("/realtime/waiter/eco-never-polls", test_eco_never_polls);
    g_test_add_func("/realtime/waiter/one-core-never-polls", test_one_core_never_polls);
    g_test_add_func("/realtime/waiter/input-ends-the-wait", test_input_ends_the_wait);
    g_test_add_func("/realtime/waiter/waiting-input-takes-one-look",
                    test_waiting_input_takes_one_look);
    return g_test_run();
}
