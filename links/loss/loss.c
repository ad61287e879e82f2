// SPDX-License-Identifier: Apache-2.0
// Loss: takes frames on the wire, each on its own with the same probability. The fate of the n-th
// frame of a direction is a function of n.
#include "links/loss/loss.h"

typedef struct {
    Stage stage;
    Probability rate;
} LossStage;

static const ParamSpec loss_params[] = {
    {.name = "rate",
     .type = PARAM_PROBABILITY,
     .offset = offsetof(LossConfig, rate),
     .required = true,
     .summary = "share of frames lost, each on its own"},
    PARAM_END,
};

static const StageKey loss_keys[] = {
    {"loss", loss_params, "frames lost on the wire, after the queue",
     "is lost with a probability of {rate}, each on its own"},
    {NULL, NULL, NULL},
};

static bool loss_is_needed(const void *config)
{
    return ((const LossConfig *)config)->rate != 0;
}

static bool loss_survives(Stage *stage, const Frame *frame, unsigned segment)
{
    return !stage_hits(stage, frame, segment, 0, ((LossStage *)stage)->rate);
}

static void loss_push(Sink *sink, Frame *frame)
{
    stage_sift((Stage *)sink, frame, loss_survives, DROP_LOSS, stage_forward);
}

static void loss_apply(Stage *stage)
{
    ((LossStage *)stage)->rate = ((const LossConfig *)stage->config)->rate;
}

static Probability loss_mean(const void *config)
{
    return ((const LossConfig *)config)->rate;
}

const StageClass loss_stage_class = {
    .name = "loss",
    .summary = "independent random loss",
    .position = STAGE_WIRE,
    .selector = "model",
    .variant = "independent",
    .keys = loss_keys,
    .config_bytes = sizeof(LossConfig),
    .stage_bytes = sizeof(LossStage),
    .is_needed = loss_is_needed,
    .apply = loss_apply,
    .push = loss_push,
    .mean_loss = loss_mean,
};
