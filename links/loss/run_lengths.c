// SPDX-License-Identifier: Apache-2.0
// Classes of lengths: 1 to 8, then 9-10, 11-12, 13-14, 15-16, 17-20 and so on.
#include "links/loss/run_lengths.h"

// Lengths are counted from 0 here, so that a power of two begins a class.
static unsigned run_lengths_class(uint64_t length)
{
    uint64_t value = length - 1;
    unsigned n_bits;

    if (value < RUN_LENGTHS_N_EXACT)
        return (unsigned)value;
    n_bits = 63 - (unsigned)__builtin_clzll(value);
    if (n_bits >= RUN_LENGTHS_MAX_BITS)
        return RUN_LENGTHS_N_CLASSES - 1;
    return RUN_LENGTHS_N_EXACT + 4 * (n_bits - 3) + (unsigned)(value >> (n_bits - 2) & 3);
}

uint64_t run_lengths_class_low(unsigned class)
{
    unsigned above = class - RUN_LENGTHS_N_EXACT;

    if (class < RUN_LENGTHS_N_EXACT)
        return class + 1;
    return ((uint64_t)(4 + above % 4) << (above / 4 + 1)) + 1;
}

uint64_t run_lengths_class_high(unsigned class)
{
    return class + 1 < RUN_LENGTHS_N_CLASSES ? run_lengths_class_low(class + 1) - 1 : UINT64_MAX;
}

void run_lengths_add(RunLengths *lengths, uint64_t length)
{
    counter_add(&lengths->count, 1);
    counter_add(&lengths->sum, length);
    if (length > counter_get(&lengths->max))
        counter_set(&lengths->max, length);
    counter_add(&lengths->classes[run_lengths_class(length)], 1);
}

void run_lengths_merge(RunLengths *into, const RunLengths *from)
{
    counter_add(&into->count, counter_get(&from->count));
    counter_add(&into->sum, counter_get(&from->sum));
    if (counter_get(&from->max) > counter_get(&into->max))
        counter_set(&into->max, counter_get(&from->max));
    for (unsigned class = 0; class < RUN_LENGTHS_N_CLASSES; class ++)
        counter_add(&into->classes[class], counter_get(&from->classes[class]));
}

double run_lengths_mean(const RunLengths *lengths)
{
    uint64_t count = counter_get(&lengths->count);

    return count > 0 ? (double)counter_get(&lengths->sum) / (double)count : 0;
}

uint64_t run_lengths_percentile(const RunLengths *lengths, unsigned percent)
{
    uint64_t count = counter_get(&lengths->count), max = counter_get(&lengths->max);
    uint64_t rank = count / 100 * percent + (count % 100 * percent + 99) / 100;
    uint64_t below = 0;

    for (unsigned class = 0; class < RUN_LENGTHS_N_CLASSES; class ++) {
        below += counter_get(&lengths->classes[class]);
        if (below >= rank)
            return run_lengths_class_high(class) < max ? run_lengths_class_high(class) : max;
    }
    return max;
}
