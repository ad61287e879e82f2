// SPDX-License-Identifier: Apache-2.0
// The configuration of a direction whose rate is a trace of delivery opportunities.
#pragma once

#include "links/rate/delivery_trace.h"
#include "links/stage.h"

typedef struct {
    DeliveryTrace *trace; // NULL: unlimited
    bool is_looped;
} DeliveryConfig;

extern const StageClass delivery_stage_class;
