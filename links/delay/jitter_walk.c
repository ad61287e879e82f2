// SPDX-License-Identifier: Apache-2.0
// How it works: each frame has a standard normal score, and the share of the normal distribution
// below it is the draw (a Gaussian copula): however the scores are correlated, each draw by itself
// is evenly spread, so the distribution of delays is the one asked for. Netem's way, a moving
// average of the draws themselves, narrows it. Scores are an autoregressive process,
//
//     score = decay x score before + sqrt(1 - decay^2) x new score,   decay = 2^-(distance / h),
//
// which is standard normal again. By frames, the new scores of numbers that did not arrive are
// drawn as well, so that the process does not depend on who did; by time one step covers the
// distance. Delays are less correlated than their scores (see links/delay/copula.c), so h is longer
// than the half-life asked for, by as much as makes it right for the delays.
//
// 1 - decay is computed apart from decay: where frames are far closer than the half-life it is all
// that counts. All in integers, with tables rounded so that no libm shows in them.
#include "links/delay/jitter_walk.h"

#include <math.h>

#include "links/delay/copula.h"

__extension__ typedef __int128 Int128;

enum { SCORE_BITS = 40, DECAY_BITS = 62, SPREAD_BITS = 46, MAX_HALF_LIVES = 62 };

#define DECAY_ONE (UINT64_C(1) << DECAY_BITS)
#define LN2_2_64 UINT64_C(0xB17217F7D1CF79AC)

static uint64_t walk_times(uint64_t a, uint64_t b_2_64)
{
    return (uint64_t)((Uint128)a * b_2_64 >> 64);
}

// sqrt(variance / 2^62) in units of 2^-46: brought between 1 and 4, then straight between entries.
static uint64_t walk_root(const JitterWalk *walk, uint64_t variance)
{
    const int fraction_bits = 62 - WALK_ROOT_BITS;
    int half_shift = variance == 0 ? 0 : __builtin_clzll(variance) / 2;
    uint64_t normed = variance << 2 * half_shift;
    uint64_t entry, within;

    if (variance == 0)
        return 0;
    entry = (normed >> fraction_bits) - (1 << WALK_ROOT_BITS);
    within = normed & ((UINT64_C(1) << fraction_bits) - 1);
    return (walk->root[entry] +
            (uint64_t)((Uint128)(walk->root[entry + 1] - walk->root[entry]) * within >>
                       fraction_bits)) >>
           half_shift;
}

static WalkStep walk_step(const JitterWalk *walk, int64_t distance)
{
    Uint128 half_lives; // in units of 2^-64
    uint64_t fraction, power, y, y2, y3, gone, decay, rest;
    unsigned n_whole;

    if (distance >= walk->forgotten)
        return (WalkStep){.decay = 0, .spread = UINT64_C(1) << SPREAD_BITS};
    half_lives = ((Uint128)(uint64_t)distance * walk->reciprocal << 1) >> (walk->exponent - 1);
    n_whole = (unsigned)(half_lives >> 64);
    fraction = (uint64_t)half_lives;
    power = walk->power[fraction >> (64 - WALK_POWER_BITS)];

    // 1 - 2^-x for the rest of the fraction, below 1/64: four terms of the exponential series.
    y = walk_times(fraction << WALK_POWER_BITS >> WALK_POWER_BITS, LN2_2_64);
    y2 = walk_times(y, y);
    y3 = walk_times(y2, y);
    gone = walk_times(power, y - y2 / 2 + y3 / 6 - walk_times(y3, y) / 24);
    decay = (power - gone) >> n_whole;
    rest = n_whole == 0 ? DECAY_ONE - power + gone : DECAY_ONE - decay;
    return (WalkStep){
        .decay = decay,
        .spread = walk_root(walk, (uint64_t)((Uint128)rest * (2 * DECAY_ONE - rest) >> DECAY_BITS)),
    };
}

static void walk_take(JitterWalk *walk, WalkStep step, uint64_t random)
{
    Int128 kept = (Int128)walk->score * (Int128)step.decay;
    Int128 added = (Int128)normal_score(&walk->normal, random) * (Int128)step.spread;

    walk->score = (int64_t)((kept + (Int128)(DECAY_ONE / 2)) >> DECAY_BITS) +
                  (int64_t)(added >> (NORMAL_SCORE_BITS + SPREAD_BITS - SCORE_BITS));
}

static void walk_take_frames(JitterWalk *walk, RandomKey key, uint64_t index)
{
    if (index - walk->index > WALK_MAX_STEPS) {
        uint64_t distance = MIN(index - walk->index, (uint64_t)INT64_MAX);

        walk_take(walk, walk_step(walk, (int64_t)distance), random_draw(key, index, 0));
    } else {
        for (uint64_t number = walk->index + 1; number <= index; number++)
            walk_take(walk, walk->one_frame, random_draw(key, number, 0));
    }
}

uint64_t jitter_walk_next(JitterWalk *walk, RandomKey key, uint64_t index, int64_t at_ns)
{
    if (!walk->has_score) {
        // By frames: as if the first had been number 0, or as far back as steps go.
        uint64_t first = walk->by_time ? index : index - MIN(index, WALK_MAX_STEPS);

        walk->has_score = true;
        walk->index = first;
        walk->at_ns = at_ns;
        walk_take(walk, (WalkStep){.spread = UINT64_C(1) << SPREAD_BITS},
                  random_draw(key, first, 0));
    }
    if (index > walk->index) {
        if (walk->by_time)
            walk_take(walk, walk_step(walk, MAX(at_ns - walk->at_ns, 0)),
                      random_draw(key, index, 0));
        else
            walk_take_frames(walk, key, index);
        walk->index = index;
        walk->at_ns = MAX(at_ns, walk->at_ns);
    }
    return (uint64_t)normal_rank(&walk->normal, walk->score >> (SCORE_BITS - NORMAL_SCORE_BITS))
           << 32;
}

void jitter_walk_change(JitterWalk *walk, const JitterTable *table, bool by_time, int64_t half_life)
{
    double halvings = -log2(copula_score_correlation_for_half(table));
    // The only value from libm: rounded.
    double half_life_of_scores = (double)half_life / (round(ldexp(halvings, 20)) * 0x1p-20);
    double mantissa = frexp(half_life_of_scores, &walk->exponent);

    walk->by_time = by_time;
    walk->forgotten = (int64_t)(half_life_of_scores * MAX_HALF_LIVES);
    walk->reciprocal = (uint64_t)ldexp(1 / mantissa, 62);
    walk->one_frame = walk_step(walk, 1);
}

void jitter_walk_init(JitterWalk *walk, const JitterTable *table, bool by_time, int64_t half_life)
{
    *walk = (JitterWalk){.has_score = false};
    normal_table_init(&walk->normal);
    for (int i = 0; i < 1 << WALK_POWER_BITS; i++)
        walk->power[i] = (uint64_t)llround(ldexp(exp2(-ldexp(i, -WALK_POWER_BITS)), 40))
                         << (DECAY_BITS - 40);
    for (int i = 0; i <= 3 << WALK_ROOT_BITS; i++)
        walk->root[i] = (uint64_t)llround(ldexp(sqrt(1 + ldexp(i, -WALK_ROOT_BITS)), SPREAD_BITS));
    jitter_walk_change(walk, table, by_time, half_life);
}
