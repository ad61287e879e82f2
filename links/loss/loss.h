// SPDX-License-Identifier: Apache-2.0
// The configuration of the loss stage.
#pragma once

#include "links/stage.h"

typedef struct {
    Probability rate;
} LossConfig;

extern const StageClass loss_stage_class;
