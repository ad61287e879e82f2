// SPDX-License-Identifier: Apache-2.0
// Loss by the Gilbert-Elliott model, with the parameters and defaults of netem's `gemodel`. As
// there, a frame is lost by the state that it finds, and the state changes behind it.
#include "links/loss/loss_walk.h"

typedef struct {
    Probability p, r; // r: PARAM_NO_AMOUNT for 1 - p
    Probability loss_bad, loss_good;
    int64_t step_ns;
} LossGilbertElliottConfig;

static const ParamWord loss_gilbert_elliott_r_words[] = {{"1-p", PARAM_NO_AMOUNT}, {NULL, 0}};

static const ParamSpec loss_gilbert_elliott_params[] = {
    {.name = "p",
     .type = PARAM_PROBABILITY,
     .offset = offsetof(LossGilbertElliottConfig, p),
     .required = true,
     .summary = "from the good state to the bad, behind each frame"},
    {.name = "r",
     .type = PARAM_PROBABILITY,
     .offset = offsetof(LossGilbertElliottConfig, r),
     .fallback = "1-p",
     .words = loss_gilbert_elliott_r_words,
     .summary = "from the bad state to the good"},
    {.name = "1-h",
     .type = PARAM_PROBABILITY,
     .offset = offsetof(LossGilbertElliottConfig, loss_bad),
     .fallback = "100%",
     .summary = "share of frames lost in the bad state"},
    {.name = "1-k",
     .type = PARAM_PROBABILITY,
     .offset = offsetof(LossGilbertElliottConfig, loss_good),
     .fallback = "0%",
     .summary = "share of frames lost in the good state"},
    LOSS_WALK_STEP_PARAM(LossGilbertElliottConfig),
    PARAM_END,
};

static const StageKey loss_gilbert_elliott_keys[] = {
    {"loss", loss_gilbert_elliott_params, "frames lost on the wire by a good and a bad state",
     "is lost with a probability of {1-h} in a bad state and of {1-k} in a good one, which turns "
     "bad with {p} and good again with {r}"},
    {NULL, NULL, NULL},
};

static bool loss_gilbert_elliott_is_needed(const void *config)
{
    const LossGilbertElliottConfig *self = config;

    return self->loss_good != 0 || (self->p != 0 && self->loss_bad != 0);
}

static LossModel loss_gilbert_elliott_model(const LossGilbertElliottConfig *config)
{
    Probability r = config->r != PARAM_NO_AMOUNT ? config->r : RANDOM_ALWAYS - config->p;

    return loss_model_gilbert_elliott(config->p, r, config->loss_bad, config->loss_good);
}

static void loss_gilbert_elliott_apply(Stage *stage)
{
    const LossGilbertElliottConfig *config = stage->config;
    LossModel model = loss_gilbert_elliott_model(config);

    loss_walk_apply((LossWalk *)stage, &model, config->step_ns);
}

static Probability loss_gilbert_elliott_mean(const void *config)
{
    LossModel model = loss_gilbert_elliott_model(config);

    return loss_model_mean(&model);
}

const StageClass loss_gilbert_elliott_stage_class = {
    .name = "loss-gilbert-elliott",
    .summary = "random loss by a good and a bad state, as netem's gemodel",
    .position = STAGE_WIRE,
    .selector = "model",
    .variant = "gilbert-elliott",
    .keys = loss_gilbert_elliott_keys,
    .config_bytes = sizeof(LossGilbertElliottConfig),
    .stage_bytes = sizeof(LossWalk),
    .is_needed = loss_gilbert_elliott_is_needed,
    .apply = loss_gilbert_elliott_apply,
    .push = loss_walk_push,
    .mean_loss = loss_gilbert_elliott_mean,
    .loses_in_runs = true,
};
