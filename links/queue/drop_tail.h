// SPDX-License-Identifier: Apache-2.0
// The configuration of the drop-tail queue.
#pragma once

#include "links/queue/queue.h"

typedef struct {
    Limit limit; // amount 0: the default, see queue_limit_in_force()
} DropTailConfig;

extern const StageClass drop_tail_stage_class;
