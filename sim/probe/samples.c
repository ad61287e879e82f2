// SPDX-License-Identifier: Apache-2.0
#include "sim/probe/samples.h"

void samples_init(Samples *samples)
{
    samples->values_ns = g_array_new(FALSE, FALSE, sizeof(int64_t));
}

void samples_clear(Samples *samples)
{
    g_array_unref(samples->values_ns);
}

void samples_add(Samples *samples, int64_t value_ns)
{
    g_array_append_val(samples->values_ns, value_ns);
}

static gint sample_compare(gconstpointer a, gconstpointer b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

int64_t samples_quantile_ns(Samples *samples, unsigned per_ten_thousand)
{
    uint64_t n = samples->values_ns->len;
    uint64_t rank = (n * per_ten_thousand + 9999) / 10000;

    if (n == 0)
        return 0;
    g_array_sort(samples->values_ns, sample_compare);
    return g_array_index(samples->values_ns, int64_t, MAX(rank, 1) - 1);
}

double samples_mean_ns(const Samples *samples)
{
    double sum = 0;

    for (guint i = 0; i < samples->values_ns->len; i++)
        sum += (double)g_array_index(samples->values_ns, int64_t, i);
    return samples->values_ns->len > 0 ? sum / samples->values_ns->len : 0;
}
