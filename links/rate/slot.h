// SPDX-License-Identifier: Apache-2.0
// The configuration of a direction's slots.
#pragma once

#include "links/stage.h"

typedef struct {
    int64_t min_ns, max_ns; // between slots; max 0: the same as min
    uint64_t packets;       // of a slot; 0: no bound
    uint64_t bytes;
} SlotConfig;

extern const StageClass slot_stage_class;
