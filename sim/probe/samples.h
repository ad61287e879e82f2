// SPDX-License-Identifier: Apache-2.0
// Samples: some measured durations, all kept, so that percentiles are exact.
#pragma once

#include <glib.h>
#include <stdint.h>

typedef struct {
    GArray *values_ns; // of int64_t
} Samples;

void samples_init(Samples *samples);
void samples_clear(Samples *samples);
void samples_add(Samples *samples, int64_t value_ns);

// Sorts them; 0 for none. The quantile is that of the nearest rank: the least value that at least
// `per_ten_thousand` of 10,000 do not exceed; 0 is the least and 10000 the greatest of all.
int64_t samples_quantile_ns(Samples *samples, unsigned per_ten_thousand);
double samples_mean_ns(const Samples *samples);
