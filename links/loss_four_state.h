// SPDX-License-Identifier: Apache-2.0
// The configuration of the four-state model of loss: by goals or by probabilities.
#pragma once

#include "links/stage.h"

typedef struct {
    Probability rate; // 0: by probabilities
    uint64_t burst_millionths;
    Probability density;
    uint64_t gap_millionths;
    Probability isolated;

    Probability p13, p31, p32, p23, p14; // p31: PARAM_NO_AMOUNT for 1 - p13
    int64_t step_ns;
} LossFourStateConfig;

extern const StageClass loss_four_state_stage_class;
