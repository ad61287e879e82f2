// SPDX-License-Identifier: Apache-2.0
// The configuration of a direction's policer.
#pragma once

#include "links/stage.h"

typedef struct {
    uint64_t rate_bps; // 0: none
    uint64_t burst_bytes;
} PolicerConfig;

extern const StageClass policer_stage_class;
