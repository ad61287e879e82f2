// SPDX-License-Identifier: Apache-2.0
// The first and the last are kept, those between are counted.
#include "sim/timeline/change_log.h"

static void add(ChangeLog *log, TimelineEntry *entry, int64_t from_ns, int64_t to_ns)
{
    for (int64_t at_ns = from_ns; at_ns < to_ns; at_ns++)
        change_log_add(log, at_ns, entry, at_ns % 2 == 0 ? CHANGE_REFUSED : CHANGE_BEGUN,
                       at_ns % 2 == 0 ? g_strdup("since it is even") : NULL);
}

static void assert_kept(const ChangeLog *log, uint64_t total, int64_t first_last_ns)
{
    unsigned n_kept = change_log_count(log);

    g_assert_cmpuint(change_log_total(log), ==, total);
    g_assert_cmpuint(n_kept, ==, MIN(total, 2000));
    for (unsigned n = 0; n < n_kept; n++) {
        int64_t expected = n < change_log_first_count(log)
                               ? (int64_t)n
                               : first_last_ns + n - change_log_first_count(log);
        const ChangeRecord *record = change_log_get(log, n);

        g_assert_cmpint(record->at_ns, ==, expected);
        g_assert_cmpint(record->kind, ==, expected % 2 == 0 ? CHANGE_REFUSED : CHANGE_BEGUN);
        g_assert_cmpstr(record->reason, ==, expected % 2 == 0 ? "since it is even" : NULL);
    }
}

static void test_keeps_first_and_last(void)
{
    g_autoptr(TimelineEntry) entry = timeline_entry_new(TIMELINE_SET);
    g_autoptr(ChangeLog) log = change_log_new();

    assert_kept(log, 0, 0);
    add(log, entry, 0, 999);
    assert_kept(log, 999, 0);
    add(log, entry, 999, 2000);
    assert_kept(log, 2000, 1000);
    add(log, entry, 2000, 2001);
    assert_kept(log, 2001, 1001);
    add(log, entry, 2001, 12345);
    assert_kept(log, 12345, 11345);
    g_assert_cmpint(entry->n_references, ==, 1 + 2000);
}

static void test_follows_another(void)
{
    g_autoptr(TimelineEntry) entry = timeline_entry_new(TIMELINE_SET);
    g_autoptr(ChangeLog) log = change_log_new(), copy = change_log_new();

    for (int64_t round = 0, at_ns = 0; round < 12; round++) {
        add(log, entry, at_ns, at_ns + 3 * round * round * round);
        at_ns += 3 * round * round * round;
        change_log_follow(copy, log);
        change_log_follow(copy, log);
        assert_kept(copy, (uint64_t)at_ns, MAX(at_ns, 2000) - 1000);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/timeline/change-log/keeps-first-and-last", test_keeps_first_and_last);
    g_test_add_func("/timeline/change-log/follows-another", test_follows_another);
    return g_test_run();
}
