// SPDX-License-Identifier: Apache-2.0
// LossWalk: the stage of all loss models that are chains; they differ in how their parameters make
// a LossModel. The chain steps with each frame or with time.
#pragma once

#include "links/loss/loss_chain.h"
#include "links/stage.h"

typedef struct {
    Stage stage;
    LossChain chain;
    int64_t step_ns; // 0: by frame
} LossWalk;

// The shortest and the longest step in time.
#define LOSS_WALK_MIN_STEP_NS UINT64_C(1000000)
#define LOSS_WALK_MAX_STEP_NS (UINT64_C(3600) * 1000000000)

// The parameter of every such model, in a configuration with the field `step_ns`.
#define LOSS_WALK_STEP_PARAM(Config)                                                               \
    {                                                                                              \
        .name = "step", .type = PARAM_DURATION, .offset = offsetof(Config, step_ns),               \
        .fallback = "frame", .words = loss_walk_step_words, .min = LOSS_WALK_MIN_STEP_NS,          \
        .max = LOSS_WALK_MAX_STEP_NS,                                                              \
        .summary = "how long a state lasts at least; frame: it may change with each frame"         \
    }

extern const ParamWord loss_walk_step_words[];

// For StageClass.apply: goes on from the present state, or begins anew when the step has changed.
void loss_walk_apply(LossWalk *self, const LossModel *model, int64_t step_ns);

// For StageClass.push.
void loss_walk_push(Sink *sink, Frame *frame);
