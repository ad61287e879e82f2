// SPDX-License-Identifier: Apache-2.0
// Netem: a configuration of Linux's netem as tc(8) reads it (tc-netem(8), iproute2's q_netem.c),
// and as a scenario.
#pragma once

#include "core/random.h"
#include "sim/import/scenario_text.h"
#include "sim/import/words.h"

typedef enum {
    NETEM_LOSS_NONE,
    NETEM_LOSS_RANDOM,
    NETEM_LOSS_STATE,
    NETEM_LOSS_GEMODEL,
} NetemLoss;

enum { NETEM_DEFAULT_LIMIT = 1000 };

typedef struct {
    uint64_t limit_packets; // of all frames inside netem, those under way included

    int64_t delay_ns, jitter_ns;
    bool time_is_bare; // a delay or jitter stood without a unit
    Probability delay_correlation;
    const char *distribution; // "normal", the name of a table; NULL: uniform

    NetemLoss loss;
    Probability loss_rate, loss_correlation;    // NETEM_LOSS_RANDOM
    Probability p13, p31, p32, p23, p14;        // NETEM_LOSS_STATE
    Probability p, r, one_minus_h, one_minus_k; // NETEM_LOSS_GEMODEL
    bool ecn;

    Probability corrupt, corrupt_correlation;
    Probability duplicate, duplicate_correlation;
    Probability reorder, reorder_correlation;
    uint64_t gap; // 1 when there is reorder without one

    uint64_t rate_bps;
    int64_t overhead_bytes; // may be negative
    uint64_t cell_bytes;    // 0: no cells
    int64_t cell_overhead_bytes;

    bool has_slot;
    int64_t slot_min_ns, slot_max_ns; // without a distribution
    const char *slot_distribution;
    int64_t slot_delay_ns, slot_jitter_ns;
    uint64_t slot_packets, slot_bytes; // 0: no limit

    bool has_seed;
    uint64_t seed;
} Netem;

// Parses the options of netem, or a whole tc command with them. What netem itself refuses is an
// error too. The strings in `netem` belong to `words`.
bool netem_parse(Words *words, Netem *netem, GError **error);

// Writes the link, with comments on what netem would do otherwise.
void netem_write(const Netem *netem, ScenarioText *scenario);
