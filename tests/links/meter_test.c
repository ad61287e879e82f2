// SPDX-License-Identifier: Apache-2.0
// The meter: rates from the first entry to the last departure, the busiest second, lateness.
#include "links/meter.h"

#include <glib.h>

#define SECOND_NS INT64_C(1000000000)

static Meter *meter_new(void)
{
    Meter *meter = g_new0(Meter, 1);

    meter_init(meter, g_new0(MeterRoom, 1));
    return meter;
}

static void meter_free(Meter *meter)
{
    g_free(meter->room);
    g_free(meter);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Meter, meter_free)

// A frame of `length_bytes` that entered, was sent, and was to leave at these times, left when
// `departed_ns` says.
static void meter_add(Meter *meter, uint32_t length_bytes, int64_t entered_ns, int64_t wired_ns,
                      int64_t due_ns, int64_t departed_ns)
{
    Frame frame = {.length_bytes = length_bytes,
                   .entered_ns = entered_ns,
                   .wired_ns = wired_ns,
                   .due_ns = due_ns,
                   .n_segments = 1};

    meter_depart(meter, &frame, departed_ns);
}

// A frame that leaves on time, `delay_ns` after it entered an idle link.
static void meter_add_punctual(Meter *meter, uint32_t length_bytes, int64_t entered_ns,
                               int64_t delay_ns)
{
    meter_add(meter, length_bytes, entered_ns, entered_ns, entered_ns + delay_ns,
              entered_ns + delay_ns);
}

static void test_nothing_measured_is_zero(void)
{
    g_autoptr(Meter) meter = meter_new();

    g_assert_cmpuint(meter_mean_rate_bps(meter), ==, 0);
    g_assert_cmpuint(meter_peak_rate_bps(meter), ==, 0);
    g_assert_cmpuint(counter_get(&meter->late_frames), ==, 0);
    g_assert_cmpint(histogram_quantile_ns(&meter->delay, 5000), ==, 0);
}

// A frame that entered and left at one instant has no rate, rather than an infinite one.
static void test_no_time_no_rate(void)
{
    g_autoptr(Meter) meter = meter_new();

    meter_add_punctual(meter, 1514, 0, 0);
    g_assert_cmpuint(counter_get(&meter->bytes), ==, 1514);
    g_assert_cmpuint(meter_mean_rate_bps(meter), ==, 0);
    g_assert_cmpuint(meter_peak_rate_bps(meter), ==, 0);
}

static void test_mean_rate_is_from_first_entry_to_last_departure(void)
{
    static const int64_t starts_ns[] = {0, 1, 5 * SECOND_NS};

    for (unsigned n = 0; n < G_N_ELEMENTS(starts_ns); n++) {
        g_autoptr(Meter) meter = meter_new();

        for (int i = 0; i < 10; i++) // the last leaves 10 ms after the first came
            meter_add_punctual(meter, 1250, starts_ns[n] + i * 1000000, 1000000);
        g_assert_cmpuint(counter_get(&meter->bytes), ==, 12500);
        g_assert_cmpuint(meter_mean_rate_bps(meter), ==, 10000000);
    }
}

static void test_slower_than_a_frame_a_second(void)
{
    g_autoptr(Meter) meter = meter_new();

    for (int n = 0; n < 5; n++)
        meter_add_punctual(meter, 1500, n * 10 * SECOND_NS, 10 * SECOND_NS);
    g_assert_cmpuint(meter_mean_rate_bps(meter), ==, 1200);
    g_assert_cmpuint(meter_peak_rate_bps(meter), ==, 12000); // one frame in its second
}

static void test_100_gbit_for_an_hour(void)
{
    g_autoptr(Meter) meter = meter_new();

    meter_add_punctual(meter, 1000, 0, 1);
    counter_add(&meter->bytes, UINT64_C(45000000000000) - 1000);
    counter_set(&meter->last_departed_ns, UINT64_C(3600000000000));
    g_assert_cmpuint(meter_mean_rate_bps(meter), ==, UINT64_C(100000000000));
}

static void test_peak_is_the_busiest_second(void)
{
    g_autoptr(Meter) meter = meter_new();

    for (int n = 0; n < 10; n++) // 80 kbit
        meter_add_punctual(meter, 1000, n * SECOND_NS / 10, 0);
    for (int n = 0; n < 100; n++) // 800 kbit
        meter_add_punctual(meter, 1000, SECOND_NS + n * SECOND_NS / 100, 0);
    for (int n = 0; n < 20; n++) // after a pause, 160 kbit
        meter_add_punctual(meter, 1000, 7 * SECOND_NS + n * SECOND_NS / 20, 0);
    g_assert_cmpuint(meter_peak_rate_bps(meter), ==, 800000);
    g_assert_cmpuint(counter_get(&meter->busiest_second_bytes), ==, 100000);
}

static void test_peak_of_less_than_a_second_is_the_mean(void)
{
    g_autoptr(Meter) meter = meter_new();

    meter_add_punctual(meter, 1250, 0, 0);
    meter_add_punctual(meter, 1250, SECOND_NS / 2, 0);
    g_assert_cmpuint(meter_mean_rate_bps(meter), ==, 40000);
    g_assert_cmpuint(meter_peak_rate_bps(meter), ==, 40000);
}

static void test_delay_and_queue_are_told_apart(void)
{
    g_autoptr(Meter) meter = meter_new();

    // Entered at 1 us, sent at 3 us, due at 10 us, left at 10.5 us.
    meter_add(meter, 60, 1000, 3000, 10000, 10500);
    g_assert_cmpuint(histogram_sum_ns(&meter->queue), ==, 2000);
    g_assert_cmpuint(histogram_sum_ns(&meter->delay), ==, 7500);
    g_assert_cmpuint(histogram_sum_ns(&meter->lateness), ==, 500);
    g_assert_cmpuint(counter_get(&meter->lateness.count), ==, 1);
}

static void test_late_is_beyond_the_bound(void)
{
    g_autoptr(Meter) meter = meter_new();

    meter->late_ns = 1000;
    meter_add(meter, 60, 0, 0, 5000, 5000);
    meter_add(meter, 60, 0, 0, 5000, 6000); // exactly the bound is not beyond it
    g_assert_cmpuint(counter_get(&meter->late_frames), ==, 0);
    meter_add(meter, 60, 0, 0, 5000, 6001);
    g_assert_cmpuint(counter_get(&meter->late_frames), ==, 1);
    g_assert_cmpuint(counter_get(&meter->lateness.count), ==, 3);
    g_assert_cmpuint(counter_get(&meter->lateness.max_ns), ==, 1001);
}

static void test_none_is_late_without_a_bound(void)
{
    g_autoptr(Meter) meter = meter_new();

    meter_add(meter, 60, 0, 0, 0, 3600 * SECOND_NS);
    g_assert_cmpuint(counter_get(&meter->late_frames), ==, 0);
    g_assert_cmpuint(counter_get(&meter->lateness.max_ns), ==, 3600 * SECOND_NS);
}

// Three of 154 bytes and one of 104, each 1 us after the one before, left together with the last.
static const Frame together = {.length_bytes = 54 + 3 * 100 + 50,
                               .n_segments = 4,
                               .gso_size_bytes = 100,
                               .gso_header_bytes = 54,
                               .entered_ns = 500,
                               .wired_ns = 5000,
                               .due_ns = 15000,
                               .wired_span_ns = 3000,
                               .due_span_ns = 3000};

static void test_segments_have_instants_of_their_own(void)
{
    g_autoptr(Meter) meter = meter_new();

    meter_depart(meter, &together, 15200);
    g_assert_cmpuint(counter_get(&meter->queue.count), ==, 4);
    g_assert_cmpuint(histogram_sum_ns(&meter->queue), ==, 1500 + 2500 + 3500 + 4500);
    g_assert_cmpuint(counter_get(&meter->delay.count), ==, 4);
    g_assert_cmpuint(histogram_sum_ns(&meter->delay), ==, 13200 + 12200 + 11200 + 10200);
    g_assert_cmpuint(counter_get(&meter->lateness.count), ==, 4);
    g_assert_cmpuint(histogram_sum_ns(&meter->lateness), ==, 3200 + 2200 + 1200 + 200);
    g_assert_cmpuint(counter_get(&meter->lateness.max_ns), ==, 3200);
    g_assert_cmpuint(counter_get(&meter->bytes), ==, 3 * 154 + 104);
}

// Cut off in front of others for which it had waited.
static void test_what_was_waited_for_stays_lateness(void)
{
    g_autoptr(Meter) meter = meter_new();
    Frame front = together, first = together;

    front.due_lag_ns = first.due_lag_ns = 700;
    first.n_segments = 1;
    first.due_span_ns = 0;
    meter_depart(meter, &front, 15200);
    g_assert_cmpuint(histogram_sum_ns(&meter->lateness), ==, 3900 + 2900 + 1900 + 900);
    meter_depart(meter, &first, 15200);
    g_assert_cmpuint(histogram_sum_ns(&meter->lateness), ==, 3900 + 2900 + 1900 + 900 + 900);
}

// The first of a group waits for the last, as it was asked to: late is what comes on top of that.
static void test_waiting_for_others_is_not_late(void)
{
    static const struct {
        int64_t late_ns;
        uint64_t n_late;
    } cases[] = {{3200, 0}, {1000, 0}, {200, 0}, {199, 4}};

    for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
        g_autoptr(Meter) meter = meter_new();

        meter->late_ns = cases[n].late_ns;
        meter_depart(meter, &together, 15200);
        g_assert_cmpuint(counter_get(&meter->late_frames), ==, cases[n].n_late);
    }
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/meter/nothing-measured-is-zero", test_nothing_measured_is_zero);
    g_test_add_func("/links/meter/no-time-no-rate", test_no_time_no_rate);
    g_test_add_func("/links/meter/mean-rate-is-from-first-entry-to-last-departure",
                    test_mean_rate_is_from_first_entry_to_last_departure);
    g_test_add_func("/links/meter/slower-than-a-frame-a-second", test_slower_than_a_frame_a_second);
    g_test_add_func("/links/meter/100-gbit-for-an-hour", test_100_gbit_for_an_hour);
    g_test_add_func("/links/meter/peak-is-the-busiest-second", test_peak_is_the_busiest_second);
    g_test_add_func("/links/meter/peak-of-less-than-a-second-is-the-mean",
                    test_peak_of_less_than_a_second_is_the_mean);
    g_test_add_func("/links/meter/delay-and-queue-are-told-apart",
                    test_delay_and_queue_are_told_apart);
    g_test_add_func("/links/meter/late-is-beyond-the-bound", test_late_is_beyond_the_bound);
    g_test_add_func("/links/meter/none-is-late-without-a-bound", test_none_is_late_without_a_bound);
    g_test_add_func("/links/meter/segments-have-instants-of-their-own",
                    test_segments_have_instants_of_their_own);
    g_test_add_func("/links/meter/what-was-waited-for-stays-lateness",
                    test_what_was_waited_for_stays_lateness);
    g_test_add_func("/links/meter/waiting-for-others-is-not-late",
                    test_waiting_for_others_is_not_late);
    return g_test_run();
}
