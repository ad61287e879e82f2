// SPDX-License-Identifier: Apache-2.0
// Log-linear buckets: values below 64 have a bucket each; above, each power of two is cut into 64.
#include "core/histogram.h"

static unsigned histogram_bucket(uint64_t value)
{
    unsigned shift;

    if (value < HISTOGRAM_N_SUB)
        return (unsigned)value;
    shift = 63 - (unsigned)__builtin_clzll(value) - HISTOGRAM_SUB_BITS;
    return (shift + 1) * HISTOGRAM_N_SUB + (unsigned)(value >> shift) - HISTOGRAM_N_SUB;
}

// The least value of a bucket.
static uint64_t histogram_bucket_low(unsigned bucket)
{
    unsigned shift = bucket / HISTOGRAM_N_SUB;

    if (shift <= 1)
        return bucket;
    return (uint64_t)(bucket % HISTOGRAM_N_SUB + HISTOGRAM_N_SUB) << (shift - 1);
}

void histogram_add(Histogram *histogram, int64_t value_ns)
{
    uint64_t value = value_ns > 0 ? (uint64_t)value_ns : 0;
    unsigned bucket = histogram_bucket(value);

    counter_add(&histogram->count, 1);
    counter_add(&histogram->sum_ns, value);
    if (value > counter_get(&histogram->max_ns))
        counter_set(&histogram->max_ns, value);
    counter_add(&histogram->bucket[bucket].count, 1);
    counter_add(&histogram->bucket[bucket].excess_ns, value - histogram_bucket_low(bucket));
}

int64_t histogram_quantile_ns(const Histogram *histogram, unsigned per_ten_thousand)
{
    uint64_t count = counter_get(&histogram->count);
    uint64_t rank =
        (count / 10000) * per_ten_thousand + ((count % 10000) * per_ten_thousand + 9999) / 10000;
    uint64_t below = 0;

    if (count == 0)
        return 0;
    for (unsigned i = 0; i < HISTOGRAM_N_BUCKETS; i++) {
        const HistogramBucket *bucket = &histogram->bucket[i];
        uint64_t n_values = counter_get(&bucket->count);

        below += n_values;
        if (n_values > 0 && below >= rank)
            return (int64_t)(histogram_bucket_low(i) + counter_get(&bucket->excess_ns) / n_values);
    }
    return (int64_t)counter_get(&histogram->max_ns);
}

void histogram_merge(Histogram *into, const Histogram *from)
{
    counter_add(&into->count, counter_get(&from->count));
    counter_add(&into->sum_ns, counter_get(&from->sum_ns));
    if (counter_get(&from->max_ns) > counter_get(&into->max_ns))
        counter_set(&into->max_ns, counter_get(&from->max_ns));
    for (unsigned i = 0; i < HISTOGRAM_N_BUCKETS; i++) {
        counter_add(&into->bucket[i].count, counter_get(&from->bucket[i].count));
        counter_add(&into->bucket[i].excess_ns, counter_get(&from->bucket[i].excess_ns));
    }
}
