// SPDX-License-Identifier: Apache-2.0
// What cores were busy with, from texts as /proc/stat has them.
#include "sim/realtime/machine_time.h"

#include <glib.h>

static MachineShares shares_of(const char *from, const char *to)
{
    MachineTime first = machine_time_parse(from), second = machine_time_parse(to);

    return machine_time_between(&first, &second);
}

static void test_shares_of_all_time(void)
{
    MachineShares shares = shares_of("cpu  10 20 30 1000 40 5 6 7 8 9\ncpu0 1 2 3 4 5 6 7 8\n",
                                     "cpu  20 30 40 1050 50 10 11 17 18 19\n");

    // 10 + 10 + 10 + 5 + 5 of 110 busy, 10 stolen; time of guests is not counted again.
    g_assert_true(shares.is_known);
    g_assert_cmpfloat_with_epsilon(shares.busy, 40.0 / 110, 1e-9);
    g_assert_cmpfloat_with_epsilon(shares.stolen, 10.0 / 110, 1e-9);
}

static void test_nothing_is_known_of_no_time_and_no_text(void)
{
    const char *line = "cpu  10 20 30 1000 40 5 6 7\n";

    g_assert_false(shares_of(line, line).is_known);
    g_assert_false(shares_of("", line).is_known);
    g_assert_false(shares_of(line, "cpu 1 2 3").is_known);
}

static void test_counters_that_go_back_are_nothing(void)
{
    MachineShares shares =
        shares_of("cpu  10 20 30 1000 40 5 6 7\n", "cpu  10 20 20 1050 40 5 6 5\n");

    g_assert_true(shares.is_known);
    g_assert_cmpfloat(shares.busy, ==, 0);
    g_assert_cmpfloat(shares.stolen, ==, 0);
}

static void test_others_have_what_is_neither_idle_nor_own(void)
{
    MachineTime from = machine_time_parse("cpu  0 0 0 100 0 0 0 0\n");
    MachineTime to = machine_time_parse("cpu  60 0 20 110 0 0 0 10\n");
    MachineShares shares;

    from.own_ticks = 5;
    to.own_ticks = 35;
    from.at_ns = 1000;
    to.at_ns = 2000;
    to.held_back_ns = 250;
    shares = machine_time_between(&from, &to);
    g_assert_cmpfloat_with_epsilon(shares.others, 0.5, 1e-9);
    g_assert_cmpfloat_with_epsilon(shares.held_back, 0.25, 1e-9);
    to.own_ticks = 500; // of a run with short ticks: more than all
    g_assert_cmpfloat(machine_time_between(&from, &to).others, ==, 0);
}

static void test_short_of_time_is_who_waits_for_others(void)
{
    static const struct {
        MachineShares shares;
        bool is_short;
    } cases[] = {
        {{true, .busy = 1, .others = 0.9}, true},
        {{true, .busy = 1, .others = 0.2}, false},               // its own work fills the machine
        {{true, .busy = 0.5, .others = 0.5}, false},             // half of it is idle
        {{true, .busy = 0.7, .stolen = 0.3, .others = 0}, true}, // other virtual machines
        {{true, .busy = 0.1, .held_back = 0.5}, true},
        {{true, .busy = 0.1, .held_back = 0.1}, false},
        {{false, .busy = 1, .others = 1}, false},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(machine_shares_are_short(&cases[i].shares, 0.25), ==, cases[i].is_short);
}

static void test_time_held_back_of_both_versions(void)
{
    g_assert_cmpuint(machine_time_parse_held_back_ns("usage_usec 7\nnr_periods 3\n"
                                                     "nr_throttled 2\nthrottled_usec 12\n"),
                     ==, 12000);
    g_assert_cmpuint(machine_time_parse_held_back_ns("nr_throttled 2\nthrottled_time 345\n"), ==,
                     345);
    g_assert_cmpuint(machine_time_parse_held_back_ns("nr_periods 0\n"), ==, 0);
}

static void test_this_machine_has_time(void)
{
    g_assert_cmpuint(machine_time_read().total_ticks, >, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/realtime/machine-time/shares-of-all-time", test_shares_of_all_time);
    g_test_add_func("/sim/realtime/machine-time/nothing-is-known-of-no-time-and-no-text",
                    test_nothing_is_known_of_no_time_and_no_text);
    g_test_add_func("/sim/realtime/machine-time/counters-that-go-back-are-nothing",
                    test_counters_that_go_back_are_nothing);
    g_test_add_func("/sim/realtime/machine-time/others-have-what-is-neither-idle-nor-own",
                    test_others_have_what_is_neither_idle_nor_own);
    g_test_add_func("/sim/realtime/machine-time/short-of-time-is-who-waits-for-others",
                    test_short_of_time_is_who_waits_for_others);
    g_test_add_func("/sim/realtime/machine-time/time-held-back-of-both-versions",
                    test_time_held_back_of_both_versions);
    g_test_add_func("/sim/realtime/machine-time/this-machine-has-time", test_this_machine_has_time);
    return g_test_run();
}
