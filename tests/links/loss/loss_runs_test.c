// SPDX-License-Identifier: Apache-2.0
// LossRuns and RunLengths: every burst and gap is counted once, with its length.
#include "links/loss/loss_runs.h"

#include <glib.h>

// A loss period is a burst; the loss distance from one to the next, less one, is a gap.
static void test_bursts_and_gaps_are_told_apart(void)
{
    static const uint64_t lost[] = {2, 3, 6, 7, 8, 20};
    LossRuns runs = {0};
    RunLengths bursts;

    for (unsigned n = 0; n < G_N_ELEMENTS(lost); n++)
        loss_runs_add(&runs, lost[n], 1);
    bursts = loss_runs_bursts(&runs);
    g_assert_cmpuint(counter_get(&bursts.count), ==, 3);
    g_assert_cmpuint(counter_get(&bursts.sum), ==, 6);
    g_assert_cmpuint(counter_get(&bursts.max), ==, 3);
    g_assert_cmpfloat(run_lengths_mean(&bursts), ==, 2);
    for (unsigned length = 1; length <= 3; length++)
        g_assert_cmpuint(counter_get(&bursts.classes[length - 1]), ==, 1);
    g_assert_cmpuint(counter_get(&runs.gaps.count), ==, 2);
    g_assert_cmpuint(counter_get(&runs.gaps.sum), ==, 2 + 11);
    g_assert_cmpuint(counter_get(&runs.gaps.max), ==, 11);
    loss_runs_add(&runs, 21, 1); // the last burst was not over
    bursts = loss_runs_bursts(&runs);
    g_assert_cmpuint(counter_get(&bursts.count), ==, 3);
    g_assert_cmpuint(counter_get(&bursts.sum), ==, 7);
}

static void test_segments_are_frames(void)
{
    LossRuns whole = {0}, apart = {0};
    RunLengths of_whole, of_apart;

    loss_runs_add(&whole, 10, 4);
    loss_runs_add(&whole, 14, 40);
    loss_runs_add(&whole, 60, 2);
    for (uint64_t n = 10; n < 54; n++)
        loss_runs_add(&apart, n, 1);
    loss_runs_add(&apart, 60, 1);
    loss_runs_add(&apart, 61, 1);
    of_whole = loss_runs_bursts(&whole);
    of_apart = loss_runs_bursts(&apart);
    g_assert_cmpmem(&of_whole, sizeof of_whole, &of_apart, sizeof of_apart);
    g_assert_cmpmem(&whole.gaps, sizeof whole.gaps, &apart.gaps, sizeof apart.gaps);
    g_assert_cmpuint(counter_get(&of_whole.max), ==, 44);
}

static void test_frame_zero_and_order(void)
{
    LossRuns runs = {0};
    RunLengths bursts = loss_runs_bursts(&runs);

    g_assert_cmpuint(counter_get(&bursts.count), ==, 0);
    loss_runs_add(&runs, 0, 1);
    bursts = loss_runs_bursts(&runs);
    g_assert_cmpuint(counter_get(&bursts.count), ==, 1);
    loss_runs_add(&runs, 9, 1);
    loss_runs_add(&runs, 5, 1); // taken from the queue behind frame 9
    loss_runs_add(&runs, 6, 1);
    bursts = loss_runs_bursts(&runs);
    g_assert_cmpuint(counter_get(&bursts.count), ==, 3);
    g_assert_cmpuint(counter_get(&runs.gaps.count), ==, 1);
    g_assert_cmpuint(counter_get(&runs.gaps.max), ==, 8);
}

// Classes follow on each other without a hole, are at most a quarter wide, and take their lengths.
static void test_classes_cover_all_lengths(void)
{
    g_assert_cmpuint(run_lengths_class_low(0), ==, 1);
    for (unsigned class = 0; class + 1 < RUN_LENGTHS_N_CLASSES; class ++) {
        uint64_t low = run_lengths_class_low(class), high = run_lengths_class_high(class);
        RunLengths lengths = {0};

        g_assert_cmpuint(high, >=, low);
        g_assert_cmpuint(high + 1, ==, run_lengths_class_low(class + 1));
        g_assert_cmpuint(high - low, <=, low / 4);
        run_lengths_add(&lengths, low);
        run_lengths_add(&lengths, high);
        g_assert_cmpuint(counter_get(&lengths.classes[class]), ==, 2);
        g_assert_cmpuint(run_lengths_percentile(&lengths, 100), ==, high);
    }
    {
        RunLengths lengths = {0};

        run_lengths_add(&lengths, UINT64_MAX);
        g_assert_cmpuint(counter_get(&lengths.classes[RUN_LENGTHS_N_CLASSES - 1]), ==, 1);
    }
}

static void test_percentiles(void)
{
    RunLengths lengths = {0};

    g_assert_cmpuint(run_lengths_percentile(&lengths, 50), ==, 0);
    for (unsigned n = 0; n < 98; n++)
        run_lengths_add(&lengths, 1 + n % 2);
    run_lengths_add(&lengths, 7);
    run_lengths_add(&lengths, 17);
    g_assert_cmpuint(run_lengths_percentile(&lengths, 49), ==, 1);
    g_assert_cmpuint(run_lengths_percentile(&lengths, 50), ==, 2);
    g_assert_cmpuint(run_lengths_percentile(&lengths, 99), ==, 7);
    g_assert_cmpuint(run_lengths_percentile(&lengths, 100), ==, 17); // of the class 17 to 20
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/loss-runs/bursts-and-gaps-are-told-apart",
                    test_bursts_and_gaps_are_told_apart);
    g_test_add_func("/links/loss-runs/segments-are-frames", test_segments_are_frames);
    g_test_add_func("/links/loss-runs/frame-zero-and-order", test_frame_zero_and_order);
    g_test_add_func("/links/loss-runs/classes-cover-all-lengths", test_classes_cover_all_lengths);
    g_test_add_func("/links/loss-runs/percentiles", test_percentiles);
    return g_test_run();
}
