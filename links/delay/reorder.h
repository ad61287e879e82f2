// SPDX-License-Identifier: Apache-2.0
// The configuration of the reorder stage.
#pragma once

#include "links/stage.h"

typedef struct {
    Probability rate;
    Limit extent; // in time or packets
    int64_t timeout_ns;
} ReorderConfig;

extern const StageClass reorder_stage_class;
