// SPDX-License-Identifier: Apache-2.0
// Log-linear buckets: values below 64 have a bucket each; above, each power of two is cut into 64.
#include "core/histogram.h"

#include <glib.h>

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

void histogram_init(Histogram *histogram, HistogramBucket *buckets)
{
    *histogram = (Histogram){.buckets = buckets};
}

Histogram *histogram_new(void)
{
    Histogram *histogram = g_new(Histogram, 1);

    histogram_init(histogram, g_new0(HistogramBucket, HISTOGRAM_N_BUCKETS));
    return histogram;
}

void histogram_free(Histogram *histogram)
{
    g_free(histogram->buckets);
    g_free(histogram);
}

// Where the bucket of this number is kept. A number moves nowhere once it has a value, so readers
// on other threads find each value in one place.
static const HistogramBucket *histogram_find(const Histogram *histogram, unsigned number)
{
    for (unsigned n = 0; n < HISTOGRAM_N_OWN; n++)
        if (atomic_load_explicit(&histogram->own_number[n], memory_order_relaxed) == number + 1)
            return &histogram->own[n];
    return &histogram->buckets[number];
}

// The same for the thread that adds: a number without a value takes a free place.
static HistogramBucket *histogram_claim(Histogram *histogram, unsigned number)
{
    for (unsigned n = 0; n < HISTOGRAM_N_OWN; n++) {
        unsigned own = atomic_load_explicit(&histogram->own_number[n], memory_order_relaxed);

        if (own == number + 1)
            return &histogram->own[n];
        if (own == 0) {
            atomic_store_explicit(&histogram->own_number[n], (uint16_t)(number + 1),
                                  memory_order_relaxed);
            return &histogram->own[n];
        }
    }
    return &histogram->buckets[number];
}

static inline void histogram_count(Histogram *histogram, int64_t value_ns, uint64_t n_times)
{
    uint64_t value = value_ns > 0 ? (uint64_t)value_ns : 0;
    unsigned number = histogram_bucket(value);
    HistogramBucket *bucket = histogram_claim(histogram, number);

    counter_add(&histogram->count, n_times);
    if (value > counter_get(&histogram->max_ns))
        counter_set(&histogram->max_ns, value);
    counter_add(&bucket->count, n_times);
    counter_add(&bucket->excess_ns, n_times * (value - histogram_bucket_low(number)));
}

void histogram_add(Histogram *histogram, int64_t value_ns)
{
    histogram_count(histogram, value_ns, 1);
}

void histogram_add_times(Histogram *histogram, int64_t value_ns, uint64_t n_times)
{
    if (n_times > 0)
        histogram_count(histogram, value_ns, n_times);
}

uint64_t histogram_sum_ns(const Histogram *histogram)
{
    uint64_t sum_ns = 0;

    for (unsigned i = 0; i < HISTOGRAM_N_BUCKETS; i++) {
        const HistogramBucket *bucket = histogram_find(histogram, i);

        sum_ns +=
            counter_get(&bucket->count) * histogram_bucket_low(i) + counter_get(&bucket->excess_ns);
    }
    return sum_ns;
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
        const HistogramBucket *bucket = histogram_find(histogram, i);
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
    if (counter_get(&from->max_ns) > counter_get(&into->max_ns))
        counter_set(&into->max_ns, counter_get(&from->max_ns));
    for (unsigned i = 0; i < HISTOGRAM_N_BUCKETS; i++) {
        const HistogramBucket *bucket = histogram_find(from, i);
        HistogramBucket *sum;

        if (counter_get(&bucket->count) == 0)
            continue;
        sum = histogram_claim(into, i);
        counter_add(&sum->count, counter_get(&bucket->count));
        counter_add(&sum->excess_ns, counter_get(&bucket->excess_ns));
    }
}
