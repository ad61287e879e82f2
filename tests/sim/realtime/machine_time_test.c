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
    g_test_add_func("/sim/realtime/machine-time/this-machine-has-time", test_this_machine_has_time);
    return g_test_run();
}
