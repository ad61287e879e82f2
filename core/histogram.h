// SPDX-License-Identifier: Apache-2.0
// Histogram: the distribution of a duration, in fixed memory. One thread adds, any thread may read.
// Log-linear buckets as in HdrHistogram, 64 for each power of two, so a value is known within 1.6
// %; each bucket keeps its mean as well, so where values lie close together they are known exactly.
#pragma once

#include "core/counter.h"

enum {
    HISTOGRAM_SUB_BITS = 6,
    HISTOGRAM_N_SUB = 1 << HISTOGRAM_SUB_BITS,
    HISTOGRAM_N_BUCKETS = (64 - HISTOGRAM_SUB_BITS) * HISTOGRAM_N_SUB,
};

typedef struct {
    Counter count;
    Counter excess_ns; // sum of what its values are above its lower bound
} HistogramBucket;

typedef struct {
    Counter count;
    Counter sum_ns;
    Counter max_ns;
    HistogramBucket bucket[HISTOGRAM_N_BUCKETS];
} Histogram;

// Values below 0 count as 0.
void histogram_add(Histogram *histogram, int64_t value_ns);

// The value that `per_ten_thousand` of 10,000 values do not exceed (5000: the median, 9990: p99.9),
// as the mean of the bucket it falls into; 0 when empty.
int64_t histogram_quantile_ns(const Histogram *histogram, unsigned per_ten_thousand);

// Adds all values of `from` to `into`, bucket by bucket.
void histogram_merge(Histogram *into, const Histogram *from);
