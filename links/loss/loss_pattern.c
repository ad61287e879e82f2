// SPDX-License-Identifier: Apache-2.0
// Loses the frames that a pattern marks, over and over or once. The first letter is the first frame
// of the direction.
#include "links/loss/loss_pattern.h"

typedef struct {
    Stage stage;
    LossPattern *pattern; // of the configuration
    bool once;
} LossPatternStage;

static void loss_pattern_free(ParamObject *object)
{
    g_free(((LossPattern *)object)->is_lost);
    g_free(object);
}

static ParamObject *loss_pattern_parse(const char *name, const char *text, size_t n_bytes,
                                       GError **error)
{
    LossPattern *pattern = g_new0(LossPattern, 1);

    (void)name;
    pattern->is_lost = g_new0(uint8_t, n_bytes / 8 + 1);
    for (size_t n = 0; n < n_bytes; n++) {
        if (text[n] == ' ')
            continue;
        if (text[n] != '.' && text[n] != 'x') {
            g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_FORM,
                        "letter %zu of the pattern is neither . for a frame that arrives nor x for "
                        "one that is lost",
                        n + 1);
            loss_pattern_free(&pattern->object);
            return NULL;
        }
        if (text[n] == 'x') {
            pattern->is_lost[pattern->n_frames / 8] |= (uint8_t)(1 << pattern->n_frames % 8);
            pattern->n_lost++;
        }
        pattern->n_frames++;
    }
    if (pattern->n_frames > 0)
        return &pattern->object;
    g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_FORM,
                "the pattern is empty: write something like ..x..xx");
    loss_pattern_free(&pattern->object);
    return NULL;
}

const ParamObjectClass loss_pattern_class = {
    .noun = "a pattern such as ..x..xx",
    .parse = loss_pattern_parse,
    .free = loss_pattern_free,
};

static const ParamSpec loss_pattern_params[] = {
    {.name = "pattern",
     .type = PARAM_OBJECT,
     .offset = offsetof(LossPatternConfig, pattern),
     .required = true,
     .object_class = &loss_pattern_class,
     .summary = "a letter for each frame: x is lost, . is not; blanks do not count"},
    {.name = "once",
     .type = PARAM_BOOLEAN,
     .offset = offsetof(LossPatternConfig, once),
     .fallback = "no",
     .summary = "whether it is gone through once only, and nothing is lost behind it"},
    PARAM_END,
};

static const StageKey loss_pattern_keys[] = {
    {"loss", loss_pattern_params, "frames lost on the wire by a pattern",
     "is lost where the pattern {pattern} has an x"},
    {NULL, NULL, NULL},
};

static bool loss_pattern_is_needed(const void *config)
{
    const LossPattern *pattern = ((const LossPatternConfig *)config)->pattern;

    return pattern != NULL && pattern->n_lost > 0;
}

static bool loss_pattern_survives(Stage *stage, const Frame *frame, unsigned segment)
{
    const LossPatternStage *self = (const LossPatternStage *)stage;
    const LossPattern *pattern = self->pattern;
    uint64_t number = frame->index + segment;

    if (pattern == NULL || (self->once && number >= pattern->n_frames))
        return true;
    number %= pattern->n_frames;
    return (pattern->is_lost[number / 8] >> number % 8 & 1) == 0;
}

static void loss_pattern_push(Sink *sink, Frame *frame)
{
    stage_sift((Stage *)sink, frame, loss_pattern_survives, DROP_LOSS, stage_forward);
}

static void loss_pattern_apply(Stage *stage)
{
    LossPatternStage *self = (LossPatternStage *)stage;
    const LossPatternConfig *config = stage->config;

    self->pattern = config->pattern;
    self->once = config->once;
}

static Probability loss_pattern_mean(const void *config)
{
    const LossPatternConfig *self = config;

    if (self->pattern == NULL || self->once)
        return 0;
    return (self->pattern->n_lost * RANDOM_ALWAYS + self->pattern->n_frames / 2) /
           self->pattern->n_frames;
}

const StageClass loss_pattern_stage_class = {
    .name = "loss-pattern",
    .summary = "frames lost by a pattern",
    .position = STAGE_WIRE,
    .selector = "model",
    .variant = "pattern",
    .keys = loss_pattern_keys,
    .config_bytes = sizeof(LossPatternConfig),
    .stage_bytes = sizeof(LossPatternStage),
    .is_needed = loss_pattern_is_needed,
    .apply = loss_pattern_apply,
    .push = loss_pattern_push,
    .mean_loss = loss_pattern_mean,
    .loses_in_runs = true,
};
