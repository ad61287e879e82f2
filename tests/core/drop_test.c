// SPDX-License-Identifier: Apache-2.0
// Drop reasons: every one has its own name, and counts on its own.
#include "core/drop.h"

#include <glib.h>

static void test_names_are_fit_for_reports(void)
{
    for (int reason = 0; reason < N_DROP_REASONS; reason++) {
        const char *name = drop_reason_name((DropReason)reason);

        g_assert_nonnull(name);
        g_assert_cmpstr(name, !=, "");
        for (const char *letter = name; *letter != '\0'; letter++)
            g_assert_true(g_ascii_islower(*letter) || *letter == '-');
        for (int other = 0; other < reason; other++)
            g_assert_cmpstr(name, !=, drop_reason_name((DropReason)other));
    }
    g_assert_cmpstr(drop_reason_name(DROP_QUEUE_FULL), ==, "queue-full");
    g_assert_cmpstr(drop_reason_name(DROP_LOSS), ==, "loss");
}

static void test_total_is_the_sum_of_all_reasons(void)
{
    DropCounters drops = {0};
    uint64_t expected = 0;

    g_assert_cmpuint(drop_total(&drops), ==, 0);
    for (int reason = 0; reason < N_DROP_REASONS; reason++) {
        for (int n = 0; n <= reason; n++)
            drop_count(&drops, (DropReason)reason, 1);
        expected += (uint64_t)reason + 1;
        g_assert_cmpuint(counter_get(&drops.frames[reason]), ==, reason + 1);
        g_assert_cmpuint(drop_total(&drops), ==, expected);
    }
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/core/drop/names-are-fit-for-reports", test_names_are_fit_for_reports);
    g_test_add_func("/core/drop/total-is-the-sum-of-all-reasons",
                    test_total_is_the_sum_of_all_reasons);
    return g_test_run();
}
