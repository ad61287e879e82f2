// SPDX-License-Identifier: Apache-2.0
// The configuration of a direction's token bucket.
#pragma once

#include "links/stage.h"

typedef struct {
    uint64_t rate_bps; // 0: unlimited
    uint64_t burst_bytes;
    uint64_t peak_bps; // 0: none
} BucketConfig;

extern const StageClass bucket_stage_class;
