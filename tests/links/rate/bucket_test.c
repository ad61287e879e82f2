// SPDX-License-Identifier: Apache-2.0
// The token bucket: instants against the curve that a bucket allows, its credit, debt, peak and
// changes, and its rate in the long run.
#include "links/rate/bucket.h"

#include "tests/support/dice.h"
#include "tests/support/link_rig.h"
#include "tests/support/stream.h"

#define MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

typedef struct {
    uint64_t rate_bps, burst_bytes;
} Curve;

// How long after its first departure a row of frames may end at the earliest, by a bucket that was
// full then: sum - burst at the rate, rounded up.
static int64_t curve_ns(const Curve *curve, uint64_t sum_bytes)
{
    __extension__ typedef unsigned __int128 Wide;
    Wide excess_bits;

    if (curve->rate_bps == 0 || sum_bytes <= curve->burst_bytes)
        return 0;
    excess_bits = (Wide)(sum_bytes - curve->burst_bytes) * 8;
    return (int64_t)((excess_bits * NS_PER_S + curve->rate_bps - 1) / curve->rate_bps);
}

// The definition of a bucket by what may leave: no row of frames, from any departure on, exceeds
// burst + rate x time; each leaves as soon as that allows.
static void assert_greedy(const Probe *probe, const int64_t *came_ns, const uint32_t *bytes,
                          unsigned n_frames, const Curve curves[2])
{
    int64_t left_ns[1000];

    g_assert_cmpuint(probe_count(probe), ==, n_frames);
    for (unsigned i = 0; i < n_frames; i++) {
        uint64_t sum_bytes = bytes[i];

        left_ns[i] = i > 0 ? MAX(came_ns[i], left_ns[i - 1]) : came_ns[i];
        for (unsigned j = i; j-- > 0;) {
            sum_bytes += bytes[j];
            for (int k = 0; k < 2; k++)
                left_ns[i] = MAX(left_ns[i], left_ns[j] + curve_ns(&curves[k], sum_bytes));
        }
        g_assert_cmpint(probe_record(probe, i)->at_ns, ==, left_ns[i]);
    }
}

static void assert_golden(const char *config, const Curve curves[2], uint64_t seed)
{
    enum { N_FRAMES = 600 };
    int64_t came_ns[N_FRAMES], at_ns = 0;
    uint32_t bytes[N_FRAMES];
    Dice dice = dice_new(seed);
    LinkRig rig;

    link_rig_open(&rig, 1, "bucket", config, "");
    for (unsigned n = 0; n < N_FRAMES; n++) {
        // Bursts and pauses, at about the rate in the mean.
        if (dice_throw(&dice, 4) == 0)
            at_ns += dice_throw(&dice, 8000) * 1001;
        came_ns[n] = at_ns;
        bytes[n] = 60 + dice_throw(&dice, 1454);
        script_add(&rig.script[LINK_FORWARD], at_ns, 0, 1, bytes[n]);
    }
    link_rig_run_to_end(&rig);
    assert_greedy(&rig.probe[LINK_FORWARD], came_ns, bytes, N_FRAMES, curves);
    link_rig_close(&rig);
}

static void test_leaves_as_the_curve_allows(void)
{
    assert_golden("rate.model bucket, rate.rate 7mbit, rate.burst 5000B, queue 1000 packets",
                  (const Curve[]){{7000000, 5000}, {0, 0}}, 1);
    assert_golden("rate.model bucket, rate.rate 333333bit, rate.burst 1514B, queue 1000 packets",
                  (const Curve[]){{333333, 1514}, {0, 0}}, 2);
    assert_golden("rate.model bucket, rate.rate 7mbit, rate.burst 50kB, queue 1000 packets",
                  (const Curve[]){{7000000, 50000}, {0, 0}}, 3);
    assert_golden("rate.model bucket, rate.rate 7mbit, rate.burst 20kB, rate.peak 31mbit, "
                  "queue 1000 packets",
                  (const Curve[]){{7000000, 20000}, {31000000, 1514}}, 4);
}

// 1250 bytes of credit come each ms; in the long run nothing is rounded away.
static void test_rate_does_not_drift(void)
{
    enum { N_FRAMES = 100000 };
    LinkRig rig;

    link_rig_open(&rig, 1, "bucket",
                  "rate.model bucket, rate.rate 2999999bit, queue 100000 packets", "");
    script_add(&rig.script[LINK_FORWARD], 0, 0, N_FRAMES, 1514);
    link_rig_run_to_end(&rig);
    g_assert_cmpint(probe_record(&rig.probe[LINK_FORWARD], N_FRAMES - 1)->at_ns, ==,
                    curve_ns(&(Curve){2999999, 15140}, N_FRAMES * UINT64_C(1514)));
    link_rig_close(&rig);
}

// What has credit leaves at once and never waits: a queue of one packet does not matter to it.
static void test_credit_needs_no_queue(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "bucket",
                  "rate.model bucket, rate.rate 1mbit, rate.burst 12112B, queue 1 packet", "");
    script_add(&rig.script[LINK_FORWARD], 5, 0, 20, 1514);
    link_rig_run_to_end(&rig);
    g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), ==, 10); // 8, one in turn, one waiting
    for (unsigned n = 0; n < 8; n++)
        g_assert_cmpint(probe_record(&rig.probe[LINK_FORWARD], n)->at_ns, ==, 5);
    g_assert_cmpint(probe_record(&rig.probe[LINK_FORWARD], 8)->at_ns, ==, 5 + 12112000);
    link_rig_close(&rig);
}

// 4000 bytes leave a bucket of 2000 in debt for as much again; it is full after 32 ms at 1 Mbit/s.
static void test_longer_than_the_burst_leaves_in_debt(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "bucket", "rate.model bucket, rate.rate 1mbit, rate.burst 2000B", "");
    script_add(&rig.script[LINK_FORWARD], 0, 0, 3, 4000);
    link_rig_run_to_end(&rig);
    probe_assert_times(&rig.probe[LINK_FORWARD], (const int64_t[]){0, 32 * MS, 64 * MS}, 3);
    link_rig_close(&rig);
}

static void rig_configure(LinkRig *rig, int64_t at_ns, const char *text)
{
    g_autoptr(LinkConfig) config = link_rig_config(text);

    link_rig_run(rig, at_ns);
    link_configure(rig->link, LINK_FORWARD, config);
    link_rig_run(rig, at_ns);
}

// The first empties the bucket; the second has got 500 bytes of credit in 4 ms, and needs 1500
// more, 1 ms of the new rate.
static void test_a_new_rate_holds_for_who_waits(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "bucket", "rate.model bucket, rate.rate 1mbit, rate.burst 2000B", "");
    script_add(&rig.script[LINK_FORWARD], 0, 0, 2, 2000);
    rig_configure(&rig, 4 * MS, "rate.model bucket, rate.rate 12mbit, rate.burst 2000B");
    link_rig_run_to_end(&rig);
    probe_assert_times(&rig.probe[LINK_FORWARD], (const int64_t[]){0, 5 * MS}, 2);
    link_rig_close(&rig);
}

// A longer burst gives no credit, a shorter one takes what does not fit.
static void test_a_new_burst_keeps_the_credit(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "bucket", "rate.model bucket, rate.rate 1mbit, rate.burst 2000B", "");
    rig_configure(&rig, 0, "rate.model bucket, rate.rate 1mbit, rate.burst 4000B");
    script_add(&rig.script[LINK_FORWARD], 0, 0, 2, 2000);
    link_rig_run(&rig, 100 * MS); // and full again
    rig_configure(&rig, 100 * MS, "rate.model bucket, rate.rate 1mbit, rate.burst 2000B");
    script_add(&rig.script[LINK_FORWARD], 100 * MS, 0, 2, 2000);
    link_rig_run_to_end(&rig);
    probe_assert_times(&rig.probe[LINK_FORWARD], (const int64_t[]){0, 16 * MS, 100 * MS, 116 * MS},
                       4);
    link_rig_close(&rig);
}

// Five segments of 1514 bytes, 4.844 ms each at 2.5 Mbit/s, leave as one group. At 15 ms three are
// gone, and the others get ten times the rate.
static void test_a_new_rate_breaks_a_group(void)
{
    LinkRig rig;
    Stream stream = {.type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1448};
    const Probe *probe = &rig.probe[LINK_FORWARD];
    const int64_t slot_ns = 4844800, tenth_ns = slot_ns / 10;
    int64_t left_ns = 4 * slot_ns - 15 * MS; // of the fourth, at the old rate

    link_rig_open(&rig, 1, "bucket",
                  "rate.model bucket, rate.rate 2500kbit, rate.burst 1514B, spacing 100ms", "");
    stream.pool = rig.pool;
    script_add(&rig.script[LINK_FORWARD], 0, 0, 1, 1514); // takes the credit
    link_rig_run(&rig, 0);
    sink_push(link_entry(rig.link, LINK_FORWARD),
              stream_next(&stream, &(StreamBurst){5 * 1448}, NULL));
    rig_configure(&rig, 15 * MS,
                  "rate.model bucket, rate.rate 25mbit, rate.burst 1514B, spacing 100ms");
    g_assert_cmpuint(link_held_frames(rig.link, LINK_FORWARD), ==, 2);
    link_rig_run_to_end(&rig);
    g_assert_cmpuint(probe_count(probe), ==, 4);
    g_assert_cmpuint(probe_record(probe, 1)->n_segments, ==, 3);
    g_assert_cmpint(probe_record(probe, 1)->at_ns, ==, 15 * MS);
    g_assert_cmpint(probe_record(probe, 2)->at_ns, ==, 15 * MS + left_ns / 10);
    g_assert_cmpint(probe_record(probe, 3)->at_ns, ==, 15 * MS + left_ns / 10 + tenth_ns);
    link_rig_close(&rig);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/bucket/leaves-as-the-curve-allows", test_leaves_as_the_curve_allows);
    g_test_add_func("/links/bucket/rate-does-not-drift", test_rate_does_not_drift);
    g_test_add_func("/links/bucket/credit-needs-no-queue", test_credit_needs_no_queue);
    g_test_add_func("/links/bucket/longer-than-the-burst-leaves-in-debt",
                    test_longer_than_the_burst_leaves_in_debt);
    g_test_add_func("/links/bucket/a-new-rate-holds-for-who-waits",
                    test_a_new_rate_holds_for_who_waits);
    g_test_add_func("/links/bucket/a-new-burst-keeps-the-credit",
                    test_a_new_burst_keeps_the_credit);
    g_test_add_func("/links/bucket/a-new-rate-breaks-a-group", test_a_new_rate_breaks_a_group);
    return g_test_run();
}
