// SPDX-License-Identifier: Apache-2.0
// JitterTable: a distribution of delays as its inverse, to be looked up in integers.
#pragma once

#include <stdint.h>

#include "core/scale.h"
#include "links/delay/quantiles.h"

// The delays at the edges of cells of equal probability.
typedef struct {
    uint32_t n_cells;
    uint32_t within_mask; // 0xffff: evenly between the edges; 0: on the lower edge
    int64_t edge_ns[];    // n_cells + 1, rising, at least 0
} JitterTable;

// `delay_ns` (0 or more) plus `jitter_ns` (more than 0) times the standard form, cut at a delay of
// 0. Where that cuts anything, centre and scale are others: those with which mean and deviation are
// what they would have been without the cut. Where no pair reaches both, the mean is kept and the
// deviation is the greatest that can be had. To be freed with g_free().
JitterTable *jitter_table_new(const Quantiles *quantiles, int64_t delay_ns, int64_t jitter_ns);

// What the delays drawn from it come to.
int64_t jitter_table_mean_ns(const JitterTable *table);
int64_t jitter_table_deviation_ns(const JitterTable *table);

// The delay for 64 random bits: uniform within the cell that the first bits choose.
static inline int64_t jitter_table_at(const JitterTable *table, uint64_t random)
{
    Uint128 product = (Uint128)random * table->n_cells;
    uint32_t cell = (uint32_t)(product >> 64);
    uint32_t within = (uint32_t)((uint64_t)product >> 48) & table->within_mask;
    int64_t low_ns = table->edge_ns[cell];
    uint64_t span_ns = (uint64_t)(table->edge_ns[cell + 1] - low_ns);

    return low_ns + (int64_t)((Uint128)span_ns * within >> 16);
}
