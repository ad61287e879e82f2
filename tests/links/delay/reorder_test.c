// SPDX-License-Identifier: Apache-2.0
// The reorder stage: who is held back, behind whom it leaves, and when nobody comes any more.
#include "links/delay/reorder.h"

#include <math.h>

#include "tests/support/link_rig.h"

enum { MS = 1000000 };

static void rig_open(LinkRig *rig, const char *config)
{
    link_rig_open(rig, 7, "atlantic", config, "");
}

static bool is_chosen(uint64_t index, Probability rate)
{
    return random_hits(random_key(7, "atlantic", 0, "reorder"), index, 0, rate);
}

// Beside a model: those chosen wait in a row until `extent` that are not have passed.
static void test_held_back_until_so_many_have_passed(void)
{
    static const struct {
        const char *config;
        Probability rate;
        uint64_t extent;
    } cases[] = {
        {"reorder 5%, reorder.extent 1 packet", RANDOM_ALWAYS / 20, 1},
        {"reorder 5%", RANDOM_ALWAYS / 20, 3},
        {"reorder 50%, reorder.extent 7 packets", RANDOM_ALWAYS / 2, 7},
        {"reorder 50%, reorder.extent 7 packets, delay 5ms", RANDOM_ALWAYS / 2, 7},
    };

    for (unsigned c = 0; c < G_N_ELEMENTS(cases); c++) {
        g_autoptr(GArray) wanted = g_array_new(FALSE, FALSE, sizeof(uint32_t));
        g_autoptr(GArray) held = g_array_new(FALSE, FALSE, sizeof(uint32_t));
        uint64_t due[1000], n_passed = 0;
        guint first = 0;
        LinkRig rig;

        for (uint32_t n = 0; n < 1000; n++) {
            if (is_chosen(n, cases[c].rate)) {
                due[held->len] = n_passed + cases[c].extent;
                g_array_append_val(held, n);
                continue;
            }
            n_passed++;
            g_array_append_val(wanted, n);
            for (; first < held->len && due[first] == n_passed; first++)
                g_array_append_val(wanted, g_array_index(held, uint32_t, first));
        }
        for (; first < held->len; first++)
            g_array_append_val(wanted, g_array_index(held, uint32_t, first));
        rig_open(&rig, cases[c].config);
        script_add(&rig.script[LINK_FORWARD], 0, 1000, 1000, 60);
        link_rig_run_to_end(&rig);
        probe_assert_serials(&rig.probe[LINK_FORWARD], (uint32_t *)(void *)wanted->data,
                             wanted->len);
        g_assert_cmpuint(held->len, >, 10);
        link_rig_close(&rig);
    }
}

static void test_held_back_for_a_time(void)
{
    unsigned n_chosen = 0;
    LinkRig rig;

    rig_open(&rig, "reorder 10%, reorder.extent 5ms");
    script_add(&rig.script[LINK_FORWARD], 0, 700000, 1000, 60);
    link_rig_run_to_end(&rig);
    for (unsigned n = 0; n < 1000; n++) {
        const ProbeRecord *record = probe_record(&rig.probe[LINK_FORWARD], n);
        bool chosen = is_chosen(record->serial, RANDOM_ALWAYS / 10);

        g_assert_cmpint(record->at_ns - record->entered_ns, ==, chosen ? 5 * MS : 0);
        n_chosen += chosen;
    }
    g_assert_cmpuint(n_chosen, >, 50);
    link_rig_close(&rig);
}

// With nobody to pass, all leave when nothing has happened for the timeout.
static void test_none_is_held_for_ever(void)
{
    static const int64_t times_ns[] = {52 * MS, 52 * MS, 52 * MS, 252 * MS};
    LinkRig rig;

    rig_open(&rig, "reorder 100%, reorder.timeout 50ms");
    script_add(&rig.script[LINK_FORWARD], 0, MS, 3, 60);
    script_add(&rig.script[LINK_FORWARD], 202 * MS, 0, 1, 60);
    link_rig_run_to_end(&rig);
    probe_assert_times(&rig.probe[LINK_FORWARD], times_ns, G_N_ELEMENTS(times_ns));
    probe_assert_in_order(&rig.probe[LINK_FORWARD]);
    link_rig_close(&rig);
}

static void test_rate_0_and_100(void)
{
    LinkRig rig;

    rig_open(&rig, "reorder 0%");
    script_add(&rig.script[LINK_FORWARD], 0, MS, 1000, 60);
    link_rig_run_to_end(&rig);
    probe_assert_in_order(&rig.probe[LINK_FORWARD]);
    g_assert_null(link_reordering(rig.link, LINK_FORWARD));
    link_rig_close(&rig);
    rig_open(&rig, "reorder 100%, reorder.extent 1ns");
    script_add(&rig.script[LINK_FORWARD], 0, MS, 1000, 60);
    link_rig_run_to_end(&rig);
    probe_assert_in_order(&rig.probe[LINK_FORWARD]);
    g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), ==, 1000);
    link_rig_close(&rig);
}

// The report's figures are those of the frames that came out, the share of those chosen within the
// 99.9 % interval.
static void test_metrics_at_the_exit(void)
{
    enum { N = 100000 };
    const Reordering *reordering;
    LinkRig rig;

    rig_open(&rig, "reorder 1%, reorder.extent 5 packets");
    script_add(&rig.script[LINK_FORWARD], 0, 1000, N, 60);
    link_rig_run_to_end(&rig);
    reordering = link_reordering(rig.link, LINK_FORWARD);
    g_assert_null(link_reordering(rig.link, LINK_REVERSE));
    g_assert_cmpuint(counter_get(&reordering->frames), ==, N);
    g_assert_cmpfloat(fabs((double)counter_get(&reordering->reordered_frames) - N * 0.01), <,
                      3.29 * sqrt(N * 0.01 * 0.99));
    // Those that are held back together leave behind each other as well.
    g_assert_cmpuint(counter_get(&reordering->extent_max), >=, 5);
    g_assert_cmpuint(counter_get(&reordering->extent_max), <=, 15);
    g_assert_cmpuint(counter_get(&reordering->n_reordered_frames), <=,
                     counter_get(&reordering->reordered_frames));
    g_assert_cmpuint(counter_get(&reordering->n_reordered_frames), >, N / 100 * 8 / 10);
    link_rig_close(&rig);
}

// Between frames and time, what is held is let go; off, it stays until it is due.
static void test_changes_keep_what_is_held(void)
{
    g_autoptr(LinkConfig) by_time = link_rig_config("reorder 100%, reorder.extent 5ms");
    g_autoptr(LinkConfig) off = link_rig_config("reorder 0%, reorder.extent 5ms");
    static const int64_t times_ns[] = {10 * MS, 16 * MS, 20 * MS};
    static const uint32_t serials[] = {0, 1, 2};
    LinkRig rig;

    rig_open(&rig, "reorder 100%");
    script_add(&rig.script[LINK_FORWARD], 0, 0, 1, 60);
    script_add(&rig.script[LINK_FORWARD], 11 * MS, 0, 1, 60);
    script_add(&rig.script[LINK_FORWARD], 20 * MS, 0, 1, 60);
    link_rig_run(&rig, 10 * MS);
    g_assert_cmpuint(link_held_frames(rig.link, LINK_FORWARD), ==, 1);
    link_configure(rig.link, LINK_FORWARD, by_time);
    link_rig_run(&rig, 12 * MS);
    link_configure(rig.link, LINK_FORWARD, off);
    g_assert_cmpuint(link_held_frames(rig.link, LINK_FORWARD), ==, 1);
    link_rig_run_to_end(&rig);
    probe_assert_times(&rig.probe[LINK_FORWARD], times_ns, 3);
    probe_assert_serials(&rig.probe[LINK_FORWARD], serials, 3);
    link_rig_close(&rig);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/reorder/held-back-until-so-many-have-passed",
                    test_held_back_until_so_many_have_passed);
    g_test_add_func("/links/reorder/held-back-for-a-time", test_held_back_for_a_time);
    g_test_add_func("/links/reorder/none-is-held-for-ever", test_none_is_held_for_ever);
    g_test_add_func("/links/reorder/rate-0-and-100", test_rate_0_and_100);
    g_test_add_func("/links/reorder/metrics-at-the-exit", test_metrics_at_the_exit);
    g_test_add_func("/links/reorder/changes-keep-what-is-held", test_changes_keep_what_is_held);
    return g_test_run();
}
