// SPDX-License-Identifier: Apache-2.0
// Super-frames and the frames they stand for meet the same fates: over TwinLinks of random stages,
// in queues that judge packets, and as losses go by time.
#include <string.h>

#include "tests/support/dice.h"
#include "tests/support/twin_links.h"

enum { N_BURSTS = 200, N_CONFIGS = 25 };

// Returns how many segments a discipline has marked or dropped to keep the queue short.
static uint64_t assert_equivalent(const char *text, int64_t gap_ns, int64_t tolerance_ns,
                                  uint64_t seed)
{
    const LinkCounters *counters;
    TwinLinks twins;
    uint64_t n_judged;

    g_test_message("%s, a burst each %" G_GINT64_FORMAT " ns at most", text, gap_ns);
    twin_links_open(&twins, text);
    twin_links_load(&twins, N_BURSTS, gap_ns, NULL, seed);
    twin_links_assert_same(&twins, tolerance_ns);
    counters = link_counters(twins.wholes.link, LINK_FORWARD);
    n_judged =
        counter_get(&counters->marked_frames) + counter_get(&counters->drops.frames[DROP_AQM]);
    twin_links_close(&twins);
    return n_judged;
}

// What a segment waits for others to leave together is told as its lateness, nanosecond for
// nanosecond, also when some that it waited for are lost. Segments are of equal length: between the
// ends of a group their instants are interpolated.
static void assert_waiting_is_lateness(const char *text)
{
    Stream stream = {.type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1184};
    const Histogram *late_wholes, *late_segments;
    TwinLinks twins;

    twin_links_open(&twins, text);
    stream.pool = twins.pool;
    for (int i = 0; i < N_BURSTS; i++) {
        engine_run_until(twins.engine, i * INT64_C(10000000));
        twin_links_push(&twins, &stream, &(StreamBurst){40 * 1184});
    }
    twin_links_run_to_end(&twins);
    twin_links_assert_same(&twins, 1000000);
    late_wholes = &link_meter(twins.wholes.link, LINK_FORWARD)->lateness;
    late_segments = &link_meter(twins.segments.link, LINK_FORWARD)->lateness;
    g_assert_cmpuint(counter_get(&late_wholes->count), ==, twins.wholes.arrivals->len);
    g_assert_cmpint(twin_links_waited_ns(&twins), >, 0);
    g_assert_cmpuint(histogram_sum_ns(late_wholes), ==, twin_links_waited_ns(&twins));
    g_assert_cmpuint(histogram_sum_ns(late_segments), ==, 0);
    twin_links_close(&twins);
}

// A segment of 1250 bytes takes 100 us.
static void test_waiting_is_lateness(void)
{
    assert_waiting_is_lateness("rate 100mbit, spacing 1ms");
    assert_waiting_is_lateness("rate 100mbit, spacing 1ms, delay 3ms");
    assert_waiting_is_lateness("rate 100mbit, spacing 1ms, loss 30%");
    assert_waiting_is_lateness("rate 100mbit, spacing 1ms, loss 30%, delay 3ms");
    // A group may lie across the steps of a chain that goes by time.
    assert_waiting_is_lateness("rate 100mbit, spacing 1ms, loss.model gilbert-elliott, loss.p 30%, "
                               "loss.r 40%, loss.1-h 70%, loss.step 1ms");
}

static const char *const rates[] = {"1mbit", "10mbit", "333mbit", "1gbit", "10gbit", "100gbit"};
static const int64_t rates_bps[] = {1000000,    10000000,    333000000,
                                    1000000000, 10000000000, 100000000000};
static const char *const queues[] = {"1 packets", "17 packets", "200 packets", "3kB",
                                     "100kB",     "1ms",        "30ms"};
static const char *const losses[] = {
    "loss 0%",
    "loss 0.1%",
    "loss 5%",
    "loss 50%",
    "loss 99%",
    "loss.model gilbert, loss 20%, loss.burst 5",
    "loss.model gilbert-elliott, loss.p 5%, loss.r 30%, loss.1-h 60%, loss.1-k 1%",
    "loss.model four-state, loss 10%, loss.burst 9, loss.density 50%, loss.gap 2, loss.isolated 2%",
    "loss.model periodic, loss.every 7, loss.offset 3",
    "loss.model pattern, loss.pattern ..x..xx",
    "loss.model list, loss.indices 5,6,20-90,1000-2000",
};
static const char *const jitters[] = {
    "",
    ", jitter 300us",
    ", jitter 2ms, jitter.distribution normal",
    ", jitter 2ms, jitter.distribution exponential, jitter.correlation 20 packets",
};

static const char *const wires[] = {
    "",
    ", corrupt 2%",
    ", corrupt.ber 1e-6, corrupt.then deliver",
    ", corrupt.ber 1e-5, corrupt.then repair, corrupt.where payload",
    ", duplicate 5%, duplicate.copies 2",
};

// The last, by time, only where nothing leaves later than it would alone: it lets go by the clock
// what others pass.
static const char *const reorders[] = {
    "",
    "",
    ", reorder 1%",
    ", reorder 30%, reorder.extent 17 packets",
    ", reorder 5%, reorder.extent 2ms",
};

// A random configuration; `*gap_ns` loads its rate about once.
static char *random_config(Dice *dice, const char *spacing, int64_t *gap_ns)
{
    uint32_t rate = dice_throw(dice, G_N_ELEMENTS(rates));
    g_autofree char *queue =
        g_strdup_printf(", queue %s", queues[dice_throw(dice, G_N_ELEMENTS(queues))]);
    bool has_rate = dice_throw(dice, 5) > 0;
    uint32_t n_reorders = G_N_ELEMENTS(reorders) - (strcmp(spacing, "0ns") != 0);

    *gap_ns = (int64_t)TWIN_BURST_MAX_BYTES * 8 * 1000000000 / rates_bps[rate];
    return g_strdup_printf(
        "%s%s%s%s%s, delay %uus%s%s%s, spacing %s", has_rate ? "rate " : "",
        has_rate ? rates[rate] : "", has_rate && dice_throw(dice, 2) == 0 ? queue : "",
        has_rate ? ", overhead 24B, " : "", losses[dice_throw(dice, G_N_ELEMENTS(losses))],
        1 + dice_throw(dice, 4999), jitters[dice_throw(dice, G_N_ELEMENTS(jitters))],
        wires[dice_throw(dice, G_N_ELEMENTS(wires))], reorders[dice_throw(dice, n_reorders)],
        spacing);
}

static void assert_random_stages(const char *spacing, int64_t tolerance_ns)
{
    Dice dice = dice_new(20);

    for (int i = 0; i < N_CONFIGS; i++) {
        int64_t gap_ns;
        g_autofree char *text = random_config(&dice, spacing, &gap_ns);

        assert_equivalent(text, gap_ns, tolerance_ns, (uint64_t)i);
    }
}

static void test_same_fates_and_instants(void)
{
    assert_random_stages("0ns", 0);
}

// A group leaves with its last segment, once behind the rate and once behind the jitter.
static void test_same_fates_within_the_spacing(void)
{
    assert_random_stages("50us", 2 * 50000);
}

static void test_same_fates_in_large_groups(void)
{
    assert_random_stages("5ms", 2 * 5000000);
}

// Bursts that all of them have to act on. Those that drop what waits, and flows that overtake each
// other, treat a group under way as sent: they are the same without groups.
static const char *const disciplines[][2] = {
    {"drop-head", "0ns"},
    {"codel, queue.target 1ms, queue.interval 5ms", "5us"},
    {"codel, queue.target 1ms, queue.interval 5ms, queue.ecn yes", "50us"},
    {"codel", "5ms"},
    {"cobalt, queue.target 1ms, queue.interval 5ms", "5us"},
    {"cobalt, queue.interval 20ms, queue.ecn no", "0ns"},
    {"fq-codel, queue.target 1ms, queue.interval 5ms", "0ns"},
    {"fq-codel, queue.flows 1, queue.ecn no, queue.target 1ms, queue.interval 5ms", "0ns"},
    {"fq-codel, queue.quantum 300B", "0ns"},
    {"classes, queue.classes udp:weight 1,default:weight 2", "0ns"},
    {"classes, queue.classes tcp:strict,default:weight 2 limit 20 packets", "0ns"},
    {"classes, queue.classes default:weight 1", "50us"},
};

static void test_same_fates_in_queues(void)
{
    static const char *const limits[] = {"1 packets", "17 packets", "200 packets", "100kB", "30ms"};

    for (unsigned i = 0; i < G_N_ELEMENTS(disciplines); i++) {
        for (unsigned n = 0; n < G_N_ELEMENTS(limits); n++) {
            int64_t tolerance_ns;
            g_autofree char *text =
                g_strdup_printf("rate 333mbit, queue.discipline %s, queue.limit %s, spacing %s",
                                disciplines[i][0], limits[n], disciplines[i][1]);

            quantity_parse_duration_ns(disciplines[i][1], &tolerance_ns, NULL);
            assert_equivalent(text, 1600000, tolerance_ns, n);
        }
    }
}

// The chain steps with time, so each segment meets the state of its own instant.
static void test_same_fates_by_time(void)
{
    static const char *const loss =
        "loss.model gilbert, loss 30%, loss.burst 3, loss.step 1ms, delay 1ms";
    g_autofree char *at_rate = g_strdup_printf("rate 10mbit, queue 1s, spacing 0ns, %s", loss);

    assert_equivalent(at_rate, 20000000, 0, 1);
    assert_equivalent(loss, 20000000, 0, 2);
}

// Disciplines that judge packets, at a rate, loaded a bit above it: each segment meets the fate
// that it would have met by itself, and where it is marked, only it is.
static const char *const judging[] = {
    "red, queue.ecn yes",
    "red, queue.min 3 packets, queue.max 20 packets, queue.adaptive no, queue.gentle no",
    "pie, queue.ecn yes",
    "pie, queue.limit 40 packets, queue.burst 0ns, queue.target 2ms",
    "fq-pie, queue.ecn yes",
    "fq-pie, queue.limit 100kB, queue.burst 0ns, queue.target 2ms, queue.quantum 300B",
    "dualpi2",
    "dualpi2, queue.any-ect yes, queue.limit 80ms",
    "dualpi2, queue.scheduler time-shifted, queue.overload overflow, queue.coupling 9",
};

static void assert_judged(const char *spacing, int64_t tolerance_ns)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(judging); i++) {
        uint64_t n_judged = 0;

        for (unsigned rate = 0; rate < G_N_ELEMENTS(rates) - 2; rate++) {
            int64_t gap_ns = (int64_t)TWIN_BURST_MAX_BYTES * 8 * 700000000 / rates_bps[rate];
            g_autofree char *text = g_strdup_printf("rate %s, queue.discipline %s, delay 1ms, "
                                                    "spacing %s",
                                                    rates[rate], judging[i], spacing);

            n_judged += assert_equivalent(text, gap_ns, tolerance_ns, i);
        }
        g_test_message("%" G_GUINT64_FORMAT " marked or dropped", n_judged);
        g_assert_cmpuint(n_judged, >, 100);
    }
}

static void test_disciplines_judge_segments(void)
{
    assert_judged("0ns", 0);
}

static void test_disciplines_judge_segments_within_the_spacing(void)
{
    assert_judged("50us", 50000);
}

static void test_disciplines_judge_segments_in_large_groups(void)
{
    assert_judged("5ms", 5000000);
}

// Each at its own time, also past those before it.
static void test_same_fates_under_jitter_that_reorders(void)
{
    assert_equivalent("delay 5ms, jitter 2ms, jitter.reorder yes, spacing 0ns", 1000000, 0, 1);
    assert_equivalent("rate 1gbit, loss 5%, delay 5ms, jitter 1ms, jitter.distribution "
                      "exponential, jitter.reorder yes, spacing 0ns",
                      520000, 0, 2);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/segments/same-fates-and-instants", test_same_fates_and_instants);
    g_test_add_func("/links/segments/same-fates-within-the-spacing",
                    test_same_fates_within_the_spacing);
    g_test_add_func("/links/segments/same-fates-in-large-groups", test_same_fates_in_large_groups);
    g_test_add_func("/links/segments/same-fates-in-queues", test_same_fates_in_queues);
    g_test_add_func("/links/segments/same-fates-by-time", test_same_fates_by_time);
    g_test_add_func("/links/segments/disciplines-judge-segments", test_disciplines_judge_segments);
    g_test_add_func("/links/segments/disciplines-judge-segments-within-the-spacing",
                    test_disciplines_judge_segments_within_the_spacing);
    g_test_add_func("/links/segments/disciplines-judge-segments-in-large-groups",
                    test_disciplines_judge_segments_in_large_groups);
    g_test_add_func("/links/segments/same-fates-under-jitter-that-reorders",
                    test_same_fates_under_jitter_that_reorders);
    g_test_add_func("/links/segments/waiting-is-lateness", test_waiting_is_lateness);
    return g_test_run();
}
