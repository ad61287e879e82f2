// SPDX-License-Identifier: Apache-2.0
// The configuration of the rate stage: a constant rate.
#pragma once

#include "links/stage.h"

typedef struct {
    uint64_t rate_bps; // 0: not limited, the stage is left out
} RateConfig;

extern const StageClass rate_stage_class;
