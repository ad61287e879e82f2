// SPDX-License-Identifier: Apache-2.0
// Amount: a number with a unit of another tool, such as the "1.5Mbps" of ns-3, in base units.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/random.h"

// One unit is factor / divisor base units.
typedef struct {
    const char *name; // "" for a number without a unit
    uint64_t factor, divisor;
} AmountUnit;

// Parses digits, at most one point, and a unit of the list (ended by a NULL name). What is finer
// than a base unit is cut off, as those tools do. False when it is none of that, or does not fit
// into 63 bits.
bool amount_parse(const char *text, const AmountUnit *units, bool any_case, uint64_t *amount);

// "1", "1%", "0.5%": a percentage, its sign optional. False also for more than 100.
bool amount_parse_percent(const char *text, Probability *probability);

// Whether `text` is a whole number without a sign or unit, up to `max`.
bool amount_parse_count(const char *text, uint64_t max, uint64_t *count);
