// SPDX-License-Identifier: Apache-2.0
// The configuration of the rate stage: a serialiser behind a drop-tail queue.
#pragma once

#include "links/stage.h"

#define RATE_DEFAULT_QUEUE_NS INT64_C(100000000)
enum { RATE_DEFAULT_QUEUE_FRAMES = 16, RATE_FULL_FRAME_BYTES = 1514 };

typedef struct {
    uint64_t rate_bps;       // 0: not limited, the stage is left out
    uint64_t overhead_bytes; // that each frame costs on the wire besides its own length
    Limit queue;             // amount 0: the default, see rate_queue_limit()
} RateConfig;

extern const StageClass rate_stage_class;

// The limit in force: as asked, else 100 ms at the rate but never less than 16 full frames.
Limit rate_queue_limit(const RateConfig *config);
