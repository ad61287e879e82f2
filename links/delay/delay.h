// SPDX-License-Identifier: Apache-2.0
// The configuration of the delay stage.
#pragma once

#include "links/delay/delay_trace.h"
#include "links/delay/dist_file.h"
#include "links/stage.h"

typedef enum {
    JITTER_UNIFORM,
    JITTER_NORMAL,
    JITTER_PARETO,
    JITTER_PARETONORMAL,
    JITTER_EXPONENTIAL,
    JITTER_GAMMA,
    JITTER_TABLE,
} JitterDistribution;

typedef struct {
    int64_t delay_ns;  // one way, the mean
    DelayTrace *trace; // added to it; NULL for none
    bool loop;         // the trace, from its end

    int64_t jitter_ns; // uniform: half the range, else the standard deviation; as in netem
    int distribution;  // JitterDistribution
    uint64_t shape;    // of JITTER_GAMMA
    DistFile *file;    // of JITTER_TABLE
    Limit correlation; // half-life, in time or packets; 0: none
    bool reorder;      // frames leave at the time they drew, whatever came before
} DelayConfig;

extern const StageClass delay_stage_class;
