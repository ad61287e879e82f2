// SPDX-License-Identifier: Apache-2.0
// FaultChoice: which of the frames that match a rule it hits, by their number or by chance.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/random.h"

typedef enum {
    FAULT_CHOICE_ALL,
    FAULT_CHOICE_LIST,           // of numbers
    FAULT_CHOICE_EVERY,          // every k-th
    FAULT_CHOICE_SHARE,          // each by itself with a probability
    FAULT_CHOICE_FIRST_PER_FLOW, // told by a FlowMemory
} FaultChoiceKind;

typedef struct {
    uint64_t first, last;
} FaultRange;

typedef struct {
    FaultChoiceKind kind;
    FaultRange *ranges; // of a list: rising, none touching another
    size_t n_ranges;
    uint64_t every, first;
    Probability share;
} FaultChoice;

// "all", "5, 6, 9", "10-20", "100-" (to the end), "every 7" (7, 14 …), "every 7 from 3" (3, 10 …),
// "50%", "first per flow". Numbers begin with 1. The error says what would be right.
bool fault_choice_parse(FaultChoice *choice, const char *text, GError **error);
void fault_choice_clear(FaultChoice *choice);

// Whether the frame of that number among those that match, which is not before 1, is chosen by its
// number: for lists and every k-th.
bool fault_choice_has(const FaultChoice *choice, uint64_t number);
