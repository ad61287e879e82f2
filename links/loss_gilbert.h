// SPDX-License-Identifier: Apache-2.0
// The configuration of the simple Gilbert model of loss.
#pragma once

#include "links/stage.h"

typedef struct {
    Probability rate;
    uint64_t burst_millionths; // of a frame
    int64_t step_ns;
} LossGilbertConfig;

extern const StageClass loss_gilbert_stage_class;
