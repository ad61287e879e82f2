// SPDX-License-Identifier: Apache-2.0
// The configuration of the delay stage.
#pragma once

#include "links/stage.h"

typedef enum { JITTER_UNIFORM, JITTER_NORMAL } JitterDistribution;

typedef struct {
    int64_t delay_ns;  // one way, the mean
    int64_t jitter_ns; // uniform: half the range, normal: the standard deviation; as in netem
    int distribution;  // JitterDistribution
} DelayConfig;

extern const StageClass delay_stage_class;
