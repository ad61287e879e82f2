// SPDX-License-Identifier: Apache-2.0
// Keyed randomness: a draw is a function of (seed, link, direction, stage, frame number, draw),
// never of how many draws came before. There is no other randomness in the program.
#pragma once

#include <stdint.h>

typedef struct {
    uint32_t word[2];
} RandomKey;

// The key of one stream. `link` and `stage` are names, `direction` is 0 or 1.
RandomKey random_key(uint64_t seed, const char *link, int direction, const char *stage);

// 64 random bits for frame `index` of the stream; `draw` tells several draws of one frame apart.
uint64_t random_draw(RandomKey key, uint64_t index, uint32_t draw);

// A probability as an integer: 0 never, RANDOM_ALWAYS always, compared with 32 random bits.
typedef uint64_t Probability;
#define RANDOM_ALWAYS (UINT64_C(1) << 32)

// From 0 to 1.
static inline double probability_to_double(Probability probability)
{
    return (double)probability / (double)RANDOM_ALWAYS;
}

static inline int random_hits(RandomKey key, uint64_t index, uint32_t draw, Probability probability)
{
    return (random_draw(key, index, draw) >> 32) < probability;
}
