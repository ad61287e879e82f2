// SPDX-License-Identifier: Apache-2.0
// JitterWalk: draws that are correlated from frame to frame, each by itself evenly spread.
#pragma once

#include <stdbool.h>

#include "core/random.h"
#include "links/delay/jitter.h"
#include "links/delay/normal.h"

enum { WALK_POWER_BITS = 6, WALK_ROOT_BITS = 6, WALK_MAX_STEPS = 1024 };

// What becomes of a score over a distance: score x decay + another score x spread.
typedef struct {
    uint64_t decay;  // in units of 2^-62
    uint64_t spread; // in units of 2^-46
} WalkStep;

typedef struct {
    bool by_time;        // else by frames
    int64_t forgotten;   // frames or nanoseconds after which nothing is left
    uint64_t reciprocal; // of the scores' half-life, in units of 2^-(62 + exponent)
    int exponent;        // 1 or more
    WalkStep one_frame;

    bool has_score;
    int64_t score; // of the frame that came last, in units of 2^-40
    uint64_t index;
    int64_t at_ns;

    NormalTable normal;
    uint64_t power[1 << WALK_POWER_BITS];     // 2^-(i / 64), in units of 2^-62
    uint64_t root[(3 << WALK_ROOT_BITS) + 1]; // sqrt(1 + i / 64), in units of 2^-46
} JitterWalk;

// Afterwards the delays that `table` gives for its draws have a correlation of 1/2 at a distance of
// `half_life` (1 or more) frames, or nanoseconds with `by_time`.
void jitter_walk_init(JitterWalk *walk, const JitterTable *table, bool by_time, int64_t half_life);

// Likewise for one that is in use: it goes on from where it is.
void jitter_walk_change(JitterWalk *walk, const JitterTable *table, bool by_time,
                        int64_t half_life);

// The 64 bits with which the delay of frame `index`, which came at `at_ns`, is to be looked up.
// Where it goes by frames they depend on the number only: also when frames before it were lost, but
// for more than WALK_MAX_STEPS in a row. A frame whose number has been passed (a copy) gets those
// of the last.
uint64_t jitter_walk_next(JitterWalk *walk, RandomKey key, uint64_t index, int64_t at_ns);
