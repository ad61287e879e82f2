// SPDX-License-Identifier: Apache-2.0
// Loses one frame of every so many. Frames are counted from 1, so that without an offset the first
// lost is the `every`-th.
#include "links/stage.h"

typedef struct {
    uint64_t every, offset; // in frames
} LossPeriodicConfig;

typedef struct {
    Stage stage;
    uint64_t every, offset;
} LossPeriodicStage;

static const ParamSpec loss_periodic_params[] = {
    {.name = "every",
     .type = PARAM_COUNT,
     .offset = offsetof(LossPeriodicConfig, every),
     .required = true,
     .min = 1,
     .summary = "one frame of so many is lost: the last, where offset does not say otherwise"},
    {.name = "offset",
     .type = PARAM_COUNT,
     .offset = offsetof(LossPeriodicConfig, offset),
     .summary = "how many frames further on: with every 10 and offset 3, the 3rd, the 13th …"},
    PARAM_END,
};

static const StageKey loss_periodic_keys[] = {
    {"loss", loss_periodic_params, "every n-th frame lost on the wire",
     "is lost once in {every} frames[, as number {offset} of them]"},
    {NULL, NULL, NULL},
};

static bool loss_periodic_is_needed(const void *config)
{
    return ((const LossPeriodicConfig *)config)->every != 0;
}

static bool loss_periodic_check(const void *config, GError **error)
{
    const LossPeriodicConfig *self = config;

    if (self->every == 0 && self->offset == 0)
        return true;
    if (self->offset < self->every)
        return true;
    g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE,
                "loss: offset must be below every, which is %" G_GUINT64_FORMAT, self->every);
    return false;
}

static bool loss_periodic_survives(Stage *stage, const Frame *frame, unsigned segment)
{
    const LossPeriodicStage *self = (const LossPeriodicStage *)stage;

    return (frame->index + segment + 1) % self->every != self->offset;
}

static void loss_periodic_push(Sink *sink, Frame *frame)
{
    stage_sift((Stage *)sink, frame, loss_periodic_survives, DROP_LOSS, stage_forward);
}

static void loss_periodic_apply(Stage *stage)
{
    LossPeriodicStage *self = (LossPeriodicStage *)stage;
    const LossPeriodicConfig *config = stage->config;

    self->every = config->every > 0 ? config->every : 1;
    self->offset = config->every > 0 ? config->offset : 1; // which no number leaves
}

static Probability loss_periodic_mean(const void *config)
{
    uint64_t every = ((const LossPeriodicConfig *)config)->every;

    return every > 0 ? MAX((RANDOM_ALWAYS + every / 2) / every, 1) : 0;
}

const StageClass loss_periodic_stage_class = {
    .name = "loss-periodic",
    .summary = "every n-th frame lost",
    .position = STAGE_WIRE,
    .selector = "model",
    .variant = "periodic",
    .keys = loss_periodic_keys,
    .config_bytes = sizeof(LossPeriodicConfig),
    .stage_bytes = sizeof(LossPeriodicStage),
    .is_needed = loss_periodic_is_needed,
    .check = loss_periodic_check,
    .apply = loss_periodic_apply,
    .push = loss_periodic_push,
    .mean_loss = loss_periodic_mean,
    .loses_in_runs = true,
};
