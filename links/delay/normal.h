// SPDX-License-Identifier: Apache-2.0
// The standard normal distribution: its quantiles, and as a table of integers for a frame's way.
#pragma once

#include <stdint.h>

// phi(x), and the x below which `probability` (0 < p < 1) of the distribution lies, found by
// Newton's method from `near`.
double normal_density(double x);
double normal_quantile(double probability, double near);

enum {
    NORMAL_SCORE_BITS = 24, // of a score behind the point
    NORMAL_N_OCTAVES = 32,
    NORMAL_CELL_BITS = 6,      // of the cells of an octave
    NORMAL_RANK_STEP_BITS = 7, // steps of 1/128 of a deviation
    NORMAL_RANK_MAX = 8,       // deviations
};

// The half below 0; the other is its mirror.
typedef struct {
    // The quantiles of 2^-33 to 2^-1, with 64 cells of equal width to each power of two.
    int32_t score[(NORMAL_N_OCTAVES << NORMAL_CELL_BITS) + 1];
    uint32_t rank[(NORMAL_RANK_MAX << NORMAL_RANK_STEP_BITS) + 1]; // 2^32 Phi(-i / 128)
} NormalTable;

void normal_table_init(NormalTable *table);

// A standard normal score from 64 random bits; within 6.3 deviations.
static inline int32_t normal_score(const NormalTable *table, uint64_t random)
{
    uint64_t folded = random >> 63 != 0 ? ~random : random;
    uint64_t least = UINT64_C(1) << (63 - NORMAL_N_OCTAVES);
    uint64_t bounded = folded > least ? folded : least;
    unsigned octave = (unsigned)__builtin_clzll(bounded); // 1 or more
    uint64_t fraction = bounded << octave << 1;
    const int32_t *cell = table->score + ((NORMAL_N_OCTAVES - octave) << NORMAL_CELL_BITS) +
                          (fraction >> (64 - NORMAL_CELL_BITS));
    int64_t within = (int64_t)(fraction >> (64 - NORMAL_CELL_BITS - 16) & 0xffff);
    int32_t score = cell[0] + (int32_t)((cell[1] - cell[0]) * within >> 16);

    return folded == random ? score : -score;
}

// Phi(score) in units of 2^-32: evenly spread where scores are standard normal.
static inline uint32_t normal_rank(const NormalTable *table, int64_t score)
{
    const unsigned fraction_bits = NORMAL_SCORE_BITS - NORMAL_RANK_STEP_BITS;
    uint64_t magnitude = (uint64_t)(score < 0 ? -score : score);
    uint64_t step = magnitude >> fraction_bits;
    uint64_t within = magnitude & ((UINT64_C(1) << fraction_bits) - 1);
    uint32_t rank = 0;

    if (step < (NORMAL_RANK_MAX << NORMAL_RANK_STEP_BITS))
        rank = table->rank[step] -
               (uint32_t)((table->rank[step] - table->rank[step + 1]) * within >> fraction_bits);
    return score < 0 ? rank : ~rank;
}
