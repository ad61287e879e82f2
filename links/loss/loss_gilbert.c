// SPDX-License-Identifier: Apache-2.0
// Loss in bursts: the simple Gilbert model, by what is seen of it, the share of frames lost and how
// many in a row.
#include "links/loss/loss_walk.h"

typedef struct {
    Probability rate;
    uint64_t burst_millionths; // of a frame
    int64_t step_ns;
} LossGilbertConfig;

enum { MILLION = 1000000 };

static const ParamSpec loss_gilbert_params[] = {
    {.name = "rate",
     .type = PARAM_PROBABILITY,
     .offset = offsetof(LossGilbertConfig, rate),
     .required = true,
     .summary = "share of frames lost"},
    {.name = "burst",
     .type = PARAM_DECIMAL,
     .offset = offsetof(LossGilbertConfig, burst_millionths),
     .required = true,
     .min = MILLION,
     .max = UINT64_C(1000000) * MILLION,
     .summary = "the mean number of frames, or steps, lost in a row"},
    LOSS_WALK_STEP_PARAM(LossGilbertConfig),
    PARAM_END,
};

static const StageKey loss_gilbert_keys[] = {
    {"loss", loss_gilbert_params, "frames lost on the wire in bursts, by rate and mean burst",
     "is lost with a probability of {rate}, in bursts of {burst} in the mean"},
    {NULL, NULL, NULL},
};

static bool loss_gilbert_is_needed(const void *config)
{
    return ((const LossGilbertConfig *)config)->rate != 0;
}

static double loss_gilbert_burst(const LossGilbertConfig *config)
{
    return (double)config->burst_millionths / MILLION;
}

static bool loss_gilbert_check(const void *config, GError **error)
{
    const LossGilbertConfig *self = config;
    double max_rate, burst = loss_gilbert_burst(self);

    if (self->rate == 0 || self->rate == RANDOM_ALWAYS)
        return true;
    if (burst < 1) {
        g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_FORM,
                    "loss: gilbert needs burst: the mean number of frames lost in a row");
        return false;
    }
    max_rate = loss_model_gilbert_max_rate(burst);
    if ((double)self->rate <= max_rate * (double)RANDOM_ALWAYS + 1)
        return true;
    g_set_error(
        error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE,
        "loss: with bursts of %.6g at least one frame in %.6g arrives: rate must be at most "
        "%.4g%%, or 100%%, or burst longer",
        burst, burst + 1, 100 * max_rate);
    return false;
}

static LossModel loss_gilbert_model(const LossGilbertConfig *config)
{
    return loss_model_gilbert(config->rate, MAX(loss_gilbert_burst(config), 1));
}

static void loss_gilbert_apply(Stage *stage)
{
    const LossGilbertConfig *config = stage->config;
    LossModel model = loss_gilbert_model(config);

    loss_walk_apply((LossWalk *)stage, &model, config->step_ns);
}

static Probability loss_gilbert_mean(const void *config)
{
    return ((const LossGilbertConfig *)config)->rate;
}

const StageClass loss_gilbert_stage_class = {
    .name = "loss-gilbert",
    .summary = "random loss in bursts, by rate and mean burst",
    .position = STAGE_WIRE,
    .selector = "model",
    .variant = "gilbert",
    .keys = loss_gilbert_keys,
    .config_bytes = sizeof(LossGilbertConfig),
    .stage_bytes = sizeof(LossWalk),
    .is_needed = loss_gilbert_is_needed,
    .check = loss_gilbert_check,
    .apply = loss_gilbert_apply,
    .push = loss_walk_push,
    .mean_loss = loss_gilbert_mean,
    .loses_in_runs = true,
};
