// SPDX-License-Identifier: Apache-2.0
// scale: value x numerator / denominator without overflow in between: rates, times and bytes.
#pragma once

#include <stdint.h>

__extension__ typedef unsigned __int128 Uint128;

// Rounded down; UINT64_MAX where the result does not fit. `denominator` is not 0.
static inline uint64_t scale(uint64_t value, uint64_t numerator, uint64_t denominator)
{
    Uint128 result = (Uint128)value * numerator / denominator;

    return result < UINT64_MAX ? (uint64_t)result : UINT64_MAX;
}
