// SPDX-License-Identifier: Apache-2.0
// How it works: a frame is reordered when its number is below the next expected one. The first
// arrival with a higher number was in order itself, or one before would have been higher still; so
// only those in order are kept, and of a run of consecutive numbers only the first: a frame that
// comes late belongs in a gap between two runs, and the run behind the gap is the one that overtook
// it. In order a frame costs a comparison.
#include "links/delay/reordering.h"

static ReorderingRun *reordering_run(Reordering *reordering, uint64_t number)
{
    return &reordering->runs[number % REORDERING_N_RUNS];
}

static void reordering_shift(Reordering *reordering, uint64_t index)
{
    for (unsigned i = 0; i + 1 < REORDERING_N; i++)
        reordering->before[i] = reordering->before[i + 1];
    reordering->before[REORDERING_N - 1] = index;
}

static void reordering_count_in_order(Reordering *reordering, const Frame *frame, uint64_t arrival)
{
    unsigned n_segments = frame->n_segments;

    if (reordering->n_runs == 0 || frame->index != reordering->next_index)
        *reordering_run(reordering, reordering->n_runs++) = (ReorderingRun){frame->index, arrival};
    reordering->next_index = frame->index + n_segments;
    for (unsigned i = n_segments < REORDERING_N ? 0 : n_segments - REORDERING_N; i < n_segments;
         i++)
        reordering_shift(reordering, frame->index + i);
}

// The arrival that was the first of a number above `index`, as far as is still known. Sought from
// the newest run, in steps that double: most frames are late by little.
static uint64_t reordering_first_above(Reordering *reordering, uint64_t index)
{
    uint64_t low =
        reordering->n_runs < REORDERING_N_RUNS ? 0 : reordering->n_runs - REORDERING_N_RUNS;
    uint64_t high = reordering->n_runs - 1, step = 1;

    for (; high - low >= step && reordering_run(reordering, high - step)->index > index; step *= 2)
        high -= step;
    if (high - low >= step)
        low = high - step + 1;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (reordering_run(reordering, middle)->index > index)
            high = middle;
        else
            low = middle + 1;
    }
    return reordering_run(reordering, low)->arrival;
}

static void reordering_count_late(Reordering *reordering, uint64_t index, uint64_t arrival)
{
    uint64_t extent = arrival - reordering_first_above(reordering, index);
    bool is_n_reordered = arrival >= REORDERING_N;

    for (unsigned i = 0; i < REORDERING_N; i++)
        is_n_reordered &= reordering->before[i] > index;
    counter_add(&reordering->reordered_frames, 1);
    counter_add(&reordering->extent_sum, extent);
    if (extent > counter_get(&reordering->extent_max))
        counter_set(&reordering->extent_max, extent);
    if (is_n_reordered)
        counter_add(&reordering->n_reordered_frames, 1);
    reordering_shift(reordering, index);
}

void reordering_count(Reordering *reordering, const Frame *frame)
{
    uint64_t arrival = counter_get(&reordering->frames);

    if (frame->copy != 0)
        return;
    if (frame->index >= reordering->next_index)
        reordering_count_in_order(reordering, frame, arrival);
    else
        for (unsigned i = 0; i < frame->n_segments; i++)
            reordering_count_late(reordering, frame->index + i, arrival + i);
    counter_add(&reordering->frames, frame->n_segments);
}
