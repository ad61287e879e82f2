// SPDX-License-Identifier: Apache-2.0
// Loss by the four-state model of Salsano et al.: bursts with frames received in them, and losses
// by themselves between bursts. Given by what is seen of it, or by probabilities with the names and
// defaults of netem's `loss state`.
#include "links/loss/loss_goals.h"
#include "links/loss/loss_walk.h"

typedef struct {
    Probability rate; // 0: by probabilities
    uint64_t burst_millionths;
    Probability density;
    uint64_t gap_millionths;
    Probability isolated;

    Probability p13, p31, p32, p23, p14; // p31: PARAM_NO_AMOUNT for 1 - p13
    int64_t step_ns;
} LossFourStateConfig;

enum { MILLION = 1000000 };
#define LOSS_FOUR_STATE_MAX_RUN (UINT64_C(1000000) * MILLION)

static const ParamWord loss_four_state_p31_words[] = {{"1-p13", PARAM_NO_AMOUNT}, {NULL, 0}};

static const ParamSpec loss_four_state_params[] = {
    {.name = "rate",
     .type = PARAM_PROBABILITY,
     .offset = offsetof(LossFourStateConfig, rate),
     .alternative = true,
     .summary = "share of frames lost; with it the next four, without it those behind them"},
    {.name = "burst",
     .type = PARAM_DECIMAL,
     .offset = offsetof(LossFourStateConfig, burst_millionths),
     .min = MILLION,
     .max = LOSS_FOUR_STATE_MAX_RUN,
     .summary = "mean number of frames from the first to the last loss of a burst"},
    {.name = "density",
     .type = PARAM_PROBABILITY,
     .offset = offsetof(LossFourStateConfig, density),
     .fallback = "100%",
     .min = 1,
     .max = RANDOM_ALWAYS,
     .summary = "share of frames lost within bursts"},
    {.name = "gap",
     .type = PARAM_DECIMAL,
     .offset = offsetof(LossFourStateConfig, gap_millionths),
     .fallback = "1",
     .min = MILLION,
     .max = LOSS_FOUR_STATE_MAX_RUN,
     .summary = "mean number of frames received in a row within a burst"},
    {.name = "isolated",
     .type = PARAM_PROBABILITY,
     .offset = offsetof(LossFourStateConfig, isolated),
     .fallback = "0%",
     .summary = "share of frames lost by themselves, of those outside of bursts"},
    {.name = "p13",
     .type = PARAM_PROBABILITY,
     .offset = offsetof(LossFourStateConfig, p13),
     .alternative = true,
     .summary = "from received in a gap to lost in a burst"},
    {.name = "p31",
     .type = PARAM_PROBABILITY,
     .offset = offsetof(LossFourStateConfig, p31),
     .fallback = "1-p13",
     .words = loss_four_state_p31_words,
     .summary = "from lost in a burst to received in a gap"},
    {.name = "p32",
     .type = PARAM_PROBABILITY,
     .offset = offsetof(LossFourStateConfig, p32),
     .fallback = "0%",
     .summary = "from lost in a burst to received in it"},
    {.name = "p23",
     .type = PARAM_PROBABILITY,
     .offset = offsetof(LossFourStateConfig, p23),
     .fallback = "100%",
     .summary = "from received in a burst to lost in it"},
    {.name = "p14",
     .type = PARAM_PROBABILITY,
     .offset = offsetof(LossFourStateConfig, p14),
     .alternative = true,
     .fallback = "0%",
     .summary = "from received in a gap to lost by itself"},
    LOSS_WALK_STEP_PARAM(LossFourStateConfig),
    PARAM_END,
};

static const StageKey loss_four_state_keys[] = {
    {"loss", loss_four_state_params, "frames lost on the wire by the four-state model",
     "is lost[ with a probability of {rate}], in bursts[ of {burst} from first to last] and by "
     "itself"},
    {NULL, NULL, NULL},
};

static bool loss_four_state_is_needed(const void *config)
{
    const LossFourStateConfig *self = config;

    return self->rate != 0 || self->p13 != 0 || self->p14 != 0;
}

static bool loss_four_state_is_by_probabilities(const void *config)
{
    const LossFourStateConfig *self = config;

    return self->rate == 0 && (self->p13 != 0 || self->p14 != 0);
}

#define LOSS_FOUR_STATE_NO_RATE "beside p13 to p14: add rate in their stead, or leave it out"

static const IdleParam loss_four_state_idle_params[] = {
    {"burst", loss_four_state_is_by_probabilities, LOSS_FOUR_STATE_NO_RATE},
    {"density", loss_four_state_is_by_probabilities, LOSS_FOUR_STATE_NO_RATE},
    {"gap", loss_four_state_is_by_probabilities, LOSS_FOUR_STATE_NO_RATE},
    {"isolated", loss_four_state_is_by_probabilities, LOSS_FOUR_STATE_NO_RATE},
    {NULL, NULL, NULL},
};

static LossGoals loss_four_state_goals(const LossFourStateConfig *config)
{
    return (LossGoals){
        .rate = probability_to_double(config->rate),
        .mean_burst = (double)config->burst_millionths / MILLION,
        .density = probability_to_double(config->density),
        .mean_gap = (double)config->gap_millionths / MILLION,
        .isolated = probability_to_double(config->isolated),
    };
}

static LossFourState loss_four_state_given(const LossFourStateConfig *config)
{
    return (LossFourState){
        .p13 = probability_to_double(config->p13),
        .p31 = config->p31 != PARAM_NO_AMOUNT ? probability_to_double(config->p31)
                                              : 1 - probability_to_double(config->p13),
        .p32 = probability_to_double(config->p32),
        .p23 = probability_to_double(config->p23),
        .p14 = probability_to_double(config->p14),
    };
}

static bool loss_four_state_fail(GError **error, const char *reason)
{
    g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE, "loss: %s", reason);
    return false;
}

static bool loss_four_state_check_goals(const LossFourStateConfig *config, GError **error)
{
    const LossGoals goals = loss_four_state_goals(config);
    LossFourState p;

    if (config->p13 != 0 || config->p31 != PARAM_NO_AMOUNT || config->p32 != 0 ||
        config->p23 != RANDOM_ALWAYS || config->p14 != 0)
        return loss_four_state_fail(error, "four-state is given by rate, burst, density, gap and "
                                           "isolated, or by p13 to p14, not by both");
    if (config->burst_millionths == 0)
        return loss_four_state_fail(error, "four-state needs burst: the mean number of frames from "
                                           "the first to the last loss of a burst");
    if (config->rate == RANDOM_ALWAYS || loss_goals_solve(&goals, &p, error))
        return true;
    g_prefix_error(error, "loss: ");
    return false;
}

static bool loss_four_state_check(const void *config, GError **error)
{
    const LossFourStateConfig *self = config;

    if (self->rate != 0)
        return loss_four_state_check_goals(self, error);
    if (self->p13 + self->p14 > RANDOM_ALWAYS)
        return loss_four_state_fail(error, "p13 and p14 leave the same state: together they are at "
                                           "most 100%");
    if (self->p31 != PARAM_NO_AMOUNT ? self->p31 + self->p32 > RANDOM_ALWAYS
                                     : self->p32 > self->p13)
        return loss_four_state_fail(error, "p31 (1-p13 when not given) and p32 leave the same "
                                           "state: together they are at most 100%");
    return true;
}

static LossModel loss_four_state_model(const LossFourStateConfig *config)
{
    const LossGoals goals = loss_four_state_goals(config);
    LossFourState p;

    if (config->rate == 0)
        p = loss_four_state_given(config);
    else if (config->rate == RANDOM_ALWAYS || !loss_goals_solve(&goals, &p, NULL))
        // A ramp or a trace passes rates at which these bursts cannot be: then each by itself.
        return loss_model_gilbert_elliott(0, RANDOM_ALWAYS, config->rate, config->rate);
    return loss_model_four_state(&p);
}

static void loss_four_state_apply(Stage *stage)
{
    const LossFourStateConfig *config = stage->config;
    LossModel model = loss_four_state_model(config);

    loss_walk_apply((LossWalk *)stage, &model, config->step_ns);
}

static Probability loss_four_state_mean(const void *config)
{
    const LossFourStateConfig *self = config;
    LossModel model;

    if (self->rate != 0)
        return self->rate;
    model = loss_four_state_model(self);
    return loss_model_mean(&model);
}

const StageClass loss_four_state_stage_class = {
    .name = "loss-four-state",
    .summary = "random loss in bursts with gaps, and by itself",
    .position = STAGE_WIRE,
    .selector = "model",
    .variant = "four-state",
    .keys = loss_four_state_keys,
    .config_bytes = sizeof(LossFourStateConfig),
    .stage_bytes = sizeof(LossWalk),
    .is_needed = loss_four_state_is_needed,
    .check = loss_four_state_check,
    .idle_params = loss_four_state_idle_params,
    .apply = loss_four_state_apply,
    .push = loss_walk_push,
    .mean_loss = loss_four_state_mean,
    .loses_in_runs = true,
};
