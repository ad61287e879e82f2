// SPDX-License-Identifier: Apache-2.0
// The configuration of loss by a pattern, and the pattern.
#pragma once

#include "links/stage.h"

// "..x..xx": a letter a frame, `x` for one that is lost.
typedef struct {
    ParamObject object;
    uint64_t n_frames, n_lost;
    uint8_t *is_lost; // a bit a frame, the lowest of each byte first
} LossPattern;

extern const ParamObjectClass loss_pattern_class;

typedef struct {
    LossPattern *pattern;
    bool once; // and nothing is lost behind it
} LossPatternConfig;

extern const StageClass loss_pattern_stage_class;
