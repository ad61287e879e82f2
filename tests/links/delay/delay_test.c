// SPDX-License-Identifier: Apache-2.0
// The delay stage: exact without jitter, and in order unless asked not to be.
#include "links/delay/delay.h"

#include <math.h>

#include "links/delay/jitter.h"
#include "tests/links/delay/delay_rig.h"
#include "tests/support/stream.h"

static void test_constant_delay_is_exact(void)
{
    static const struct {
        const char *config;
        int64_t delay_ns;
    } cases[] = {
        {"delay 0ns", 0},
        {"delay 1ns", 1},
        {"delay 35ms", 35000000},
        {"delay 1h", HOUR_NS},
        {"delay 35ms, jitter 0ms", 35000000},
    };

    for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
        LinkRig rig;

        rig_open(&rig, cases[n].config);
        rig_send(&rig, 1234567, 1000);
        for (unsigned i = 0; i < 1000; i++)
            g_assert_cmpint(rig_delay_ns(&rig, i), ==, cases[n].delay_ns);
        link_rig_close(&rig);
    }
}

static void test_frames_of_one_instant_leave_in_one_instant(void)
{
    static const int64_t times_ns[] = {5000000, 5000000, 5000000};
    LinkRig rig;

    rig_open(&rig, "delay 5ms");
    rig_send(&rig, 0, 3);
    probe_assert_times(&rig.probe[LINK_FORWARD], times_ns, G_N_ELEMENTS(times_ns));
    link_rig_close(&rig);
}

static void test_many_frames_are_under_way_at_once(void)
{
    LinkRig rig;

    rig_open(&rig, "delay 10ms");
    script_add(&rig.script[LINK_FORWARD], 0, 1000, 5000, 60);
    link_rig_run(&rig, 4999000);
    g_assert_cmpuint(link_held_frames(rig.link, LINK_FORWARD), ==, 5000);
    link_rig_run(&rig, 10000000 - 1);
    g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), ==, 0);
    link_rig_run(&rig, 10000000 + 9 * 1000);
    g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), ==, 10);
    g_assert_cmpuint(link_held_frames(rig.link, LINK_FORWARD), ==, 4990);
    link_rig_run_to_end(&rig);
    for (unsigned n = 0; n < 5000; n++)
        g_assert_cmpint(rig_delay_ns(&rig, n), ==, 10000000);
    link_rig_close(&rig);
}

// Frames far closer together than the jitter: each leaves at the time it drew, or with the one
// before it where that is later.
static void test_keeps_order_under_jitter(void)
{
    static const char *const distributions[] = {"uniform", "normal"};

    for (unsigned d = 0; d < G_N_ELEMENTS(distributions); d++) {
        g_autofree char *config =
            g_strdup_printf("delay 10ms, jitter 10ms, jitter.distribution %s", distributions[d]);
        RandomKey key = random_key(7, "atlantic", 0, "delay");
        g_autofree Quantiles *quantiles = d == 0 ? quantiles_new_uniform() : quantiles_new_normal();
        g_autofree JitterTable *table = jitter_table_new(quantiles, 10000000, 10000000);
        int64_t due_ns = 0;
        unsigned n_waited = 0;
        LinkRig rig;

        rig_open(&rig, config);
        rig_send(&rig, 1000, 10000);
        for (unsigned n = 0; n < 10000; n++) {
            int64_t drawn_ns = n * 1000 + jitter_table_at(table, random_draw(key, n, 0));

            n_waited += drawn_ns < due_ns;
            due_ns = MAX(due_ns, drawn_ns);
            g_assert_cmpint(probe_record(&rig.probe[LINK_FORWARD], n)->at_ns, ==, due_ns);
        }
        g_assert_cmpuint(n_waited, >, 5000);
        link_rig_close(&rig);
    }
}

static void test_delays_are_fixed_by_seed(void)
{
    LinkRig a, b, other_seed;

    rig_open(&a, "delay 10ms, jitter 2ms");
    rig_open(&b, "delay 10ms, jitter 2ms");
    link_rig_open(&other_seed, 8, "atlantic", "delay 10ms, jitter 2ms", "");
    rig_send(&a, 20000000, 100);
    rig_send(&b, 20000000, 100);
    rig_send(&other_seed, 20000000, 100);
    probe_assert_same(&a.probe[LINK_FORWARD], &b.probe[LINK_FORWARD]);
    for (unsigned n = 0; n < 100; n++)
        g_assert_cmpint(rig_delay_ns(&a, n), !=, rig_delay_ns(&other_seed, n));
    link_rig_close(&a);
    link_rig_close(&b);
    link_rig_close(&other_seed);
}

// 8 ms plus the share of 4 ms that the frame's own 64 random bits are of their range; these bits
// were computed apart from this program. The table rounds by less than 100 ns.
static void test_delay_of_each_frame_is_the_one_it_drew(void)
{
    static const uint64_t drawn[] = {
        UINT64_C(846074688351184005),   UINT64_C(11138579457002247682),
        UINT64_C(9494193394639734862),  UINT64_C(5999375453137956589),
        UINT64_C(17379634931441013403), UINT64_C(5319457120271035218),
        UINT64_C(5449771841530557519),  UINT64_C(2245917289697715265),
    };
    LinkRig rig;

    rig_open(&rig, "delay 10ms, jitter 2ms");
    rig_send(&rig, 20000000, G_N_ELEMENTS(drawn));
    for (unsigned n = 0; n < G_N_ELEMENTS(drawn); n++)
        assert_within((double)rig_delay_ns(&rig, n), 8e6 + 4e6 * ldexp((double)drawn[n], -64), 100);
    link_rig_close(&rig);
}

static void test_delays_do_not_depend_on_other_stages(void)
{
    LinkRig plain, lossy;

    rig_open(&plain, "delay 10ms, jitter 2ms");
    rig_open(&lossy, "rate 1gbit, loss 10%, delay 10ms, jitter 2ms");
    rig_send(&plain, 20000000, 100);
    script_add(&lossy.script[LINK_FORWARD], 0, 20000000, 100, 60);
    link_rig_run_to_end(&lossy);
    g_assert_cmpuint(probe_count(&lossy.probe[LINK_FORWARD]), ==, 87);
    for (unsigned n = 0; n < probe_count(&lossy.probe[LINK_FORWARD]); n++) {
        const ProbeRecord *record = probe_record(&lossy.probe[LINK_FORWARD], n);

        g_assert_cmpint(record->at_ns - record->wired_ns, ==, rig_delay_ns(&plain, record->serial));
        g_assert_cmpint(record->wired_ns - record->entered_ns, ==, 480);
    }
    link_rig_close(&plain);
    link_rig_close(&lossy);
}

static void rig_push_segments(LinkRig *rig, unsigned n_segments)
{
    Stream stream = {.pool = rig->pool, .type = GSO_UDP, .has_ethernet = true, .size_bytes = 18};

    sink_push(link_entry(rig->link, LINK_FORWARD),
              stream_next(&stream, &(StreamBurst){n_segments * 18}, NULL));
}

static void test_super_frame_stays_whole_without_jitter(void)
{
    LinkRig rig;

    rig_open(&rig, "delay 5ms, spacing 0ns");
    rig_push_segments(&rig, 40);
    g_assert_cmpuint(link_held_frames(rig.link, LINK_FORWARD), ==, 40);
    link_rig_run_to_end(&rig);
    g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), ==, 1);
    g_assert_cmpuint(probe_record(&rig.probe[LINK_FORWARD], 0)->n_segments, ==, 40);
    g_assert_cmpuint(probe_record(&rig.probe[LINK_FORWARD], 0)->due_span_ns, ==, 0);
    g_assert_cmpint(rig_delay_ns(&rig, 0), ==, 5000000);
    link_rig_close(&rig);
}

// The same frames one by one tell when each segment is due: a group is a run of those within the
// spacing of the first, leaves with the last, and its span is the time between the two.
static void assert_groups(const char *config, int64_t spacing_ns)
{
    enum { N_SEGMENTS = 1000 };
    LinkRig alone, rig;
    unsigned first = 0, n_several = 0;

    rig_open(&alone, config);
    rig_send(&alone, 0, N_SEGMENTS);
    rig_open(&rig, config);
    rig_push_segments(&rig, N_SEGMENTS);
    link_rig_run_to_end(&rig);
    for (unsigned n = 0; n < probe_count(&rig.probe[LINK_FORWARD]); n++) {
        const ProbeRecord *group = probe_record(&rig.probe[LINK_FORWARD], n);
        unsigned last = first + group->n_segments - 1;
        int64_t span_ns = rig_delay_ns(&alone, last) - rig_delay_ns(&alone, first);

        g_assert_cmpuint(group->index, ==, first);
        g_assert_cmpint(group->at_ns, ==, rig_delay_ns(&alone, last));
        g_assert_cmpint(span_ns, <=, spacing_ns);
        g_assert_cmpint(group->due_span_ns, ==, group->n_segments > 1 ? span_ns : 0);
        if (last + 1 < N_SEGMENTS)
            g_assert_cmpint(rig_delay_ns(&alone, last + 1) - rig_delay_ns(&alone, first), >,
                            spacing_ns);
        n_several += group->n_segments > 1;
        first = last + 1;
    }
    g_assert_cmpuint(first, ==, N_SEGMENTS);
    g_assert_cmpuint(n_several, >, 0);
    link_rig_close(&rig);
    link_rig_close(&alone);
}

static void test_segments_due_within_the_spacing_leave_together(void)
{
    assert_groups("delay 5ms, jitter 1ms, spacing 0ns", 0); // those that wait behind another
    assert_groups("delay 5ms, jitter 1ms, spacing 50us", 50000);
    assert_groups("delay 5ms, jitter 1ms, jitter.distribution normal, spacing 1ms", 1000000);
}

// The third frame draws a shorter delay than the second, and waits for it.
static void test_trace_is_applied_by_number(void)
{
    static const int64_t looped_ns[] = {11000000, 14000000, 14000000, 14000000, 17000000, 17000000};
    static const int64_t once_ns[] = {11000000, 14000000, 14000000, 15000000, 16000000, 17000000};

    for (int loops = 0; loops < 2; loops++) {
        LinkRig rig;

        rig_open(&rig, loops ? "delay 10ms, delay.loop yes, delay.trace 1ms\n3ms\n2ms\n"
                             : "delay 10ms, delay.loop no, delay.trace 1ms\n3ms\n2ms\n");
        g_assert_cmpint(link_least_ns(rig.link, LINK_FORWARD), ==, 11000000);
        g_assert_cmpint(link_config_delay_ns(rig.config[LINK_FORWARD]), ==, 12000000);
        rig_send(&rig, 1000000, 6);
        probe_assert_times(&rig.probe[LINK_FORWARD], loops ? looped_ns : once_ns, 6);
        link_rig_close(&rig);
    }
}

// Each frame leaves at the time it drew, whoever is before it; equal times in order.
static void test_reorders_where_asked_to(void)
{
    g_autofree Quantiles *quantiles = quantiles_new_exponential();
    g_autofree JitterTable *table = jitter_table_new(quantiles, 10000000, 5000000);
    RandomKey key = random_key(7, "atlantic", 0, "delay");
    unsigned n_reordered = 0;
    LinkRig rig;

    rig_open(&rig, "delay 10ms, jitter 5ms, jitter.distribution exponential, jitter.reorder yes");
    script_add(&rig.script[LINK_FORWARD], 0, 100000, 10000, 60);
    link_rig_run(&rig, 10000000);
    g_assert_cmpuint(link_held_frames(rig.link, LINK_FORWARD), >, 0);
    link_rig_run_to_end(&rig);
    g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), ==, 10000);
    for (unsigned n = 0; n < 10000; n++) {
        const ProbeRecord *record = probe_record(&rig.probe[LINK_FORWARD], n);

        g_assert_cmpint(record->at_ns - record->entered_ns, ==,
                        jitter_table_at(table, random_draw(key, record->serial, 0)));
        if (n == 0)
            continue;
        g_assert_cmpint(record->at_ns, >=, record[-1].at_ns);
        n_reordered += record->serial < record[-1].serial;
    }
    g_assert_cmpuint(n_reordered, >, 1000);
    link_rig_close(&rig);
}

// Frames under way stay so when reordering begins and when it ends, and then keep order again.
static void test_reordering_comes_and_goes(void)
{
    g_autoptr(LinkConfig) reordering =
        link_rig_config("delay 10ms, jitter 10ms, jitter.reorder yes");
    g_autoptr(LinkConfig) keeping = link_rig_config("delay 10ms, jitter 10ms");
    unsigned n_reordered = 0, n_first = 0;
    LinkRig rig;

    rig_open(&rig, "delay 10ms, jitter 10ms");
    script_add(&rig.script[LINK_FORWARD], 0, 1000000, 300, 60);
    link_rig_run(&rig, 100500000);
    g_assert_cmpuint(link_held_frames(rig.link, LINK_FORWARD), >, 0);
    link_configure(rig.link, LINK_FORWARD, reordering);
    link_rig_run(&rig, 200500000);
    g_assert_cmpuint(link_held_frames(rig.link, LINK_FORWARD), >, 0);
    link_configure(rig.link, LINK_FORWARD, keeping);
    link_rig_run_to_end(&rig);
    g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), ==, 300);
    for (unsigned n = 0; n < 300; n++) {
        uint32_t serial = probe_record(&rig.probe[LINK_FORWARD], n)->serial;

        // The first are in order among themselves, and the last behind all.
        if (serial <= 100)
            g_assert_cmpuint(serial, ==, n_first++);
        if (serial > 200)
            g_assert_cmpuint(serial, ==, n);
        n_reordered += serial != n;
    }
    g_assert_cmpuint(n_first, ==, 101);
    g_assert_cmpuint(n_reordered, >, 10);
    link_rig_close(&rig);
}

#define ADD(path, function) g_test_add_func("/links/delay/" path, function)

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    ADD("constant-delay-is-exact", test_constant_delay_is_exact);
    ADD("frames-of-one-instant-leave-in-one-instant",
        test_frames_of_one_instant_leave_in_one_instant);
    ADD("many-frames-are-under-way-at-once", test_many_frames_are_under_way_at_once);
    ADD("keeps-order-under-jitter", test_keeps_order_under_jitter);
    ADD("delays-are-fixed-by-seed", test_delays_are_fixed_by_seed);
    ADD("delay-of-each-frame-is-the-one-it-drew", test_delay_of_each_frame_is_the_one_it_drew);
    ADD("delays-do-not-depend-on-other-stages", test_delays_do_not_depend_on_other_stages);
    ADD("super-frame-stays-whole-without-jitter", test_super_frame_stays_whole_without_jitter);
    ADD("segments-due-within-the-spacing-leave-together",
        test_segments_due_within_the_spacing_leave_together);
    ADD("trace-is-applied-by-number", test_trace_is_applied_by_number);
    ADD("reorders-where-asked-to", test_reorders_where_asked_to);
    ADD("reordering-comes-and-goes", test_reordering_comes_and_goes);
    return g_test_run();
}
