// SPDX-License-Identifier: Apache-2.0
// Histogram: the distribution of a duration, in fixed memory. One thread adds, any thread may read.
// Log-linear buckets as in HdrHistogram, 64 for each power of two, so a value is known within 1.6
// %; each bucket keeps its mean as well, so where values lie close together they are known exactly.
#pragma once

#include <assert.h>

#include "core/counter.h"

enum {
    HISTOGRAM_SUB_BITS = 6,
    HISTOGRAM_N_SUB = 1 << HISTOGRAM_SUB_BITS,
    HISTOGRAM_N_BUCKETS = (64 - HISTOGRAM_SUB_BITS) * HISTOGRAM_N_SUB,
    HISTOGRAM_N_OWN = 2,
};

typedef struct {
    Counter count;
    Counter excess_ns; // sum of what its values are above its lower bound
} HistogramBucket;

// The first buckets that ever get a value stand in the histogram itself and the others apart. An
// unloaded link's delays fall into one or two: adding them touches this one line of memory.
typedef struct {
    HistogramBucket *buckets; // HISTOGRAM_N_BUCKETS; those that are in `own` stay empty
    Counter count;
    Counter max_ns;
    _Atomic uint16_t own_number[HISTOGRAM_N_OWN]; // plus one, so that 0 is none
    HistogramBucket own[HISTOGRAM_N_OWN];
} Histogram;

static_assert(sizeof(Histogram) == 64, "a histogram's head is one line of memory");

// `buckets` are HISTOGRAM_N_BUCKETS, zeroed, remain the caller's and outlive the histogram; most
// are never touched.
void histogram_init(Histogram *histogram, HistogramBucket *buckets);

// A histogram with its buckets.
Histogram *histogram_new(void);
void histogram_free(Histogram *histogram);

// Values below 0 count as 0.
void histogram_add(Histogram *histogram, int64_t value_ns);

// The same for `n_times` equal values.
void histogram_add_times(Histogram *histogram, int64_t value_ns, uint64_t n_times);

// The sum of all values, added up from the buckets.
uint64_t histogram_sum_ns(const Histogram *histogram);

// The value that `per_ten_thousand` of 10,000 values do not exceed (5000: the median, 9990: p99.9),
// as the mean of the bucket it falls into; 0 when empty.
int64_t histogram_quantile_ns(const Histogram *histogram, unsigned per_ten_thousand);

// Adds all values of `from` to `into`, bucket by bucket.
void histogram_merge(Histogram *into, const Histogram *from);
