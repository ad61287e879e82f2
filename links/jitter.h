// SPDX-License-Identifier: Apache-2.0
// JitterTable: a distribution of delays as its inverse, to be looked up in integers.
#pragma once

#include <stdint.h>

#include "links/delay.h"

enum { JITTER_CELL_BITS = 10, JITTER_N_CELLS = 1 << JITTER_CELL_BITS };

// The delays at the edges of cells of equal probability.
typedef struct {
    int64_t edge_ns[JITTER_N_CELLS + 1];
} JitterTable;

// Fills `table` so that its mean is `config->delay_ns` (to the nanosecond), even where the
// distribution had to be cut at a delay of zero.
void jitter_table_init(JitterTable *table, const DelayConfig *config);

// The delay for 64 random bits: uniform within the cell that the first bits choose.
static inline int64_t jitter_table_at(const JitterTable *table, uint64_t random)
{
    unsigned cell = (unsigned)(random >> (64 - JITTER_CELL_BITS));
    int64_t within = (int64_t)(random >> (64 - JITTER_CELL_BITS - 16) & 0xffff);
    int64_t low_ns = table->edge_ns[cell];

    return low_ns + ((table->edge_ns[cell + 1] - low_ns) * within >> 16);
}
