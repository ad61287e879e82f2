// SPDX-License-Identifier: Apache-2.0
// Dice: numbers for tests that choose their cases at random, the same on every run.
#pragma once

#include <stdint.h>

#include "core/random.h"

typedef struct {
    RandomKey key;
    uint64_t n_thrown;
} Dice;

static inline Dice dice_new(uint64_t seed)
{
    return (Dice){.key = random_key(seed, "", 0, "dice")};
}

// From 0 to `n_faces` - 1.
static inline uint32_t dice_throw(Dice *dice, uint32_t n_faces)
{
    return (uint32_t)((random_draw(dice->key, dice->n_thrown++, 0) >> 32) * n_faces >> 32);
}
