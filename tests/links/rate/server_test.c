// SPDX-License-Identifier: Apache-2.0
// What a server tells of its queue: how long frames waited until they began to be sent, and how
// many each found before it; by every rate, and the same for super-frames.
#include "links/rate/server.h"

#include "tests/support/link_rig.h"
#include "tests/support/stream.h"

#define MS INT64_C(1000000)

typedef struct {
    uint64_t count, sum, max;
} Figures;

static void assert_figures(const Histogram *histogram, const Figures *figures)
{
    g_assert_cmpuint(counter_get(&histogram->count), ==, figures->count);
    g_assert_cmpuint(histogram_sum_ns(histogram), ==, figures->sum);
    g_assert_cmpuint(counter_get(&histogram->max_ns), ==, figures->max);
}

// `n_frames` of 1250 bytes at once; `by` says whether as one super-frame.
static void assert_burst(const char *config, unsigned n_frames, bool is_super_frame,
                         const Figures *waits, const Figures *lengths)
{
    Stream stream = {.type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1184};
    Histogram *found;
    LinkRig rig;

    link_rig_open(&rig, 1, "server", config, "");
    stream.pool = rig.pool;
    if (is_super_frame)
        sink_push(link_entry(rig.link, LINK_FORWARD),
                  stream_next(&stream, &(StreamBurst){n_frames * 1184}, NULL));
    else
        script_add(&rig.script[LINK_FORWARD], 0, 0, n_frames, 1250);
    link_rig_run_to_end(&rig);
    assert_figures(&link_meter(rig.link, LINK_FORWARD)->queue, waits);
    found = meter_queue_frames(link_meter(rig.link, LINK_FORWARD));
    assert_figures(found, lengths);
    histogram_free(found);
    link_rig_close(&rig);
}

static void test_waits_and_lengths(void)
{
    static const struct {
        const char *config;
        Figures waits, lengths;
    } cases[] = {
        // Each takes 1 ms; ten wait for 0 to 9 of them.
        {"rate 10mbit, spacing 0ns", {10, 45 * MS, 9 * MS}, {10, 0 + 36, 8}},
        {"rate 10mbit, spacing 2ms", {10, 45 * MS, 9 * MS}, {10, 0 + 36, 8}},
        {"rate 10mbit, spacing 90ms", {10, 45 * MS, 9 * MS}, {10, 0 + 36, 8}},
        // Three wait, six are dropped.
        {"rate 10mbit, queue 3 packets, spacing 0ns", {4, 6 * MS, 3 * MS}, {10, 1 + 2 + 18, 3}},
        {"rate 10mbit, queue 3 packets, spacing 90ms", {4, 6 * MS, 3 * MS}, {10, 1 + 2 + 18, 3}},
        // Four leave on credit, one is next, and the others follow each ms.
        {"rate.model bucket, rate.rate 10mbit, rate.burst 5000B, spacing 0ns",
         {10, 21 * MS, 6 * MS},
         {10, 1 + 2 + 3 + 4, 4}},
        {"rate.model bucket, rate.rate 10mbit, rate.burst 5000B, spacing 90ms",
         {10, 21 * MS, 6 * MS},
         {10, 1 + 2 + 3 + 4, 4}},
        {"delay 1ms", {10, 0, 0}, {0, 0, 0}},
    };

    for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
        g_test_message("%s", cases[n].config);
        assert_burst(cases[n].config, 10, false, &cases[n].waits, &cases[n].lengths);
    }
}

// The same for segments of a super-frame. Between the ends of a group waits are interpolated, which
// is exact for a constant rate.
static void test_segments_wait_as_frames(void)
{
    static const char *const configs[] = {"rate 10mbit, spacing 0ns", "rate 10mbit, spacing 2ms",
                                          "rate 10mbit, spacing 90ms"};

    for (unsigned n = 0; n < G_N_ELEMENTS(configs); n++)
        assert_burst(configs[n], 10, true, &(Figures){10, 45 * MS, 9 * MS}, &(Figures){10, 36, 8});
    assert_burst("rate 10mbit, queue 3 packets, spacing 90ms", 10, true,
                 &(Figures){4, 6 * MS, 3 * MS}, &(Figures){10, 1 + 2 + 18, 3});
    assert_burst("rate.model bucket, rate.rate 10mbit, rate.burst 5000B, spacing 0ns", 10, true,
                 &(Figures){10, 21 * MS, 6 * MS}, &(Figures){10, 1 + 2 + 3 + 4, 4});
}

// The time it took to be sent is not waiting, also when the rate changed meanwhile, twice.
static void test_changes_of_the_rate_are_no_waiting(void)
{
    g_autoptr(LinkConfig) slow = link_rig_config("rate 1mbit, spacing 90ms");
    g_autoptr(LinkConfig) fast = link_rig_config("rate 100mbit, spacing 90ms");
    LinkRig rig;

    link_rig_open(&rig, 1, "server", "rate 10mbit, spacing 90ms", "");
    script_add(&rig.script[LINK_FORWARD], 0, 0, 2, 1250);
    link_rig_run(&rig, MS / 2); // half of the first
    link_configure(rig.link, LINK_FORWARD, slow);
    link_rig_run(&rig, MS / 2 + 2 * MS); // and a fifth
    link_configure(rig.link, LINK_FORWARD, fast);
    link_rig_run_to_end(&rig); // 0.03 ms for the rest, then 0.1 ms
    assert_figures(&link_meter(rig.link, LINK_FORWARD)->queue, &(Figures){2, 2530000, 2530000});
    link_rig_close(&rig);
}

// The third of five segments is being sent at 2.5 ms: it began at 2 ms, and those behind it begin
// when it has been sent, half of it at a tenth of the rate.
static void test_a_broken_group_has_waited_as_long(void)
{
    g_autoptr(LinkConfig) slow = link_rig_config("rate 1mbit, spacing 90ms");
    Stream stream = {.type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1184};
    const Histogram *waits;
    LinkRig rig;

    link_rig_open(&rig, 1, "server", "rate 10mbit, spacing 90ms", "");
    stream.pool = rig.pool;
    sink_push(link_entry(rig.link, LINK_FORWARD),
              stream_next(&stream, &(StreamBurst){5 * 1184}, NULL));
    link_rig_run(&rig, 2500000);
    link_configure(rig.link, LINK_FORWARD, slow);
    link_rig_run_to_end(&rig);
    waits = &link_meter(rig.link, LINK_FORWARD)->queue;
    // The first two, let go at 2.5 ms together, count as sent then.
    assert_figures(waits, &(Figures){5, 2 * 1500000 + 2 * MS + 7500000 + 17500000, 17500000});
    link_rig_close(&rig);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/server/waits-and-lengths", test_waits_and_lengths);
    g_test_add_func("/links/server/segments-wait-as-frames", test_segments_wait_as_frames);
    g_test_add_func("/links/server/changes-of-the-rate-are-no-waiting",
                    test_changes_of_the_rate_are_no_waiting);
    g_test_add_func("/links/server/a-broken-group-has-waited-as-long",
                    test_a_broken_group_has_waited_as_long);
    return g_test_run();
}
