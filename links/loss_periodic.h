// SPDX-License-Identifier: Apache-2.0
// The configuration of periodic loss.
#pragma once

#include "links/stage.h"

typedef struct {
    uint64_t every, offset; // in frames
} LossPeriodicConfig;

extern const StageClass loss_periodic_stage_class;
