// SPDX-License-Identifier: Apache-2.0
// Reordering: how far out of order frames leave a link direction, by the metrics of RFC 4737; the
// number that a frame got on entering is its sequence number.
#pragma once

#include "core/counter.h"
#include "core/frame.h"

enum { REORDERING_N_RUNS = 1024, REORDERING_N = 3 };

// Frames that came in order, with numbers one after another.
typedef struct {
    uint64_t index; // of its first frame
    uint64_t arrival;
} ReorderingRun;

typedef struct {
    Counter frames;             // that left; copies are none of them
    Counter reordered_frames;   // whose number is below that of one before (section 3)
    Counter extent_sum;         // of those: how many arrivals ago the first one left that has
    Counter extent_max;         //   a higher number (4.2)
    Counter n_reordered_frames; // behind 3 in a row with higher numbers (5, n = 3)

    uint64_t next_index;           // expected; the counting thread's own from here
    uint64_t before[REORDERING_N]; // the numbers that came last
    uint64_t n_runs;
    ReorderingRun runs[REORDERING_N_RUNS]; // the newest, round and round
} Reordering;

// `reordering` is zeroed memory. Counts a frame that leaves. Where more than REORDERING_N_RUNS runs
// have come since a frame was overtaken, its extent is counted from the oldest of these.
void reordering_count(Reordering *reordering, const Frame *frame);
