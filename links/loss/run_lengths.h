// SPDX-License-Identifier: Apache-2.0
// RunLengths: a distribution of lengths counted in frames, in little memory: lengths up to 8 each
// by itself, above in four classes for each power of two. One thread adds, any thread may read.
#pragma once

#include "core/counter.h"

enum {
    RUN_LENGTHS_N_EXACT = 8,
    RUN_LENGTHS_MAX_BITS = 32, // what is longer falls into the last class
    RUN_LENGTHS_N_CLASSES = RUN_LENGTHS_N_EXACT + 4 * (RUN_LENGTHS_MAX_BITS - 3),
};

typedef struct {
    Counter count, sum, max;
    Counter classes[RUN_LENGTHS_N_CLASSES];
} RunLengths;

// `length` is 1 or more.
void run_lengths_add(RunLengths *lengths, uint64_t length);

// Adds all lengths of `from` to `into`.
void run_lengths_merge(RunLengths *into, const RunLengths *from);

// The least and the greatest length of a class.
uint64_t run_lengths_class_low(unsigned class);
uint64_t run_lengths_class_high(unsigned class);

// The mean; 0 when empty.
double run_lengths_mean(const RunLengths *lengths);

// The length that `percent` of 100 do not exceed: the highest of its class, but no more than the
// longest. 0 when empty.
uint64_t run_lengths_percentile(const RunLengths *lengths, unsigned percent);
