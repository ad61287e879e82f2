// SPDX-License-Identifier: Apache-2.0
// The configuration of the Gilbert-Elliott model of loss, with the letters of tc-netem(8).
#pragma once

#include "links/stage.h"

typedef struct {
    Probability p, r; // r: PARAM_NO_AMOUNT for 1 - p
    Probability loss_bad, loss_good;
    int64_t step_ns;
} LossGilbertElliottConfig;

extern const StageClass loss_gilbert_elliott_stage_class;
