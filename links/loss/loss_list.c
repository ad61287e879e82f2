// SPDX-License-Identifier: Apache-2.0
// Loses the frames that a list names, found by bisection: a list may be long.
#include "links/loss/loss_list.h"

#include <string.h>

#include "core/quote.h"

typedef struct {
    Stage stage;
    const LossList *indices; // of the configuration
} LossListStage;

static void loss_list_free(ParamObject *object)
{
    g_free(((LossList *)object)->ranges);
    g_free(object);
}

static int loss_range_compare(gconstpointer a, gconstpointer b)
{
    uint64_t a_first = ((const LossRange *)a)->first, b_first = ((const LossRange *)b)->first;

    return a_first < b_first ? -1 : a_first > b_first;
}

// "9" or "20-30". Cuts `text` at the hyphen.
static bool loss_range_parse(char *text, LossRange *range, GError **error)
{
    g_autofree char *quote = quote_new(text);
    char *hyphen = strchr(text, '-');
    const char *last = hyphen != NULL ? g_strchug(hyphen + 1) : text;

    if (hyphen != NULL)
        *hyphen = '\0';
    if (!quantity_parse_count(g_strchomp(text), &range->first, NULL) ||
        !quantity_parse_count(last, &range->last, NULL)) {
        g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_FORM,
                    "%s is no number of a frame: write something like 5, 6, 20-30", quote);
        return false;
    }
    if (range->first >= 1 && range->last >= range->first)
        return true;
    g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE,
                range->first == 0 ? "%s: frames are counted from 1"
                                  : "%s ends before it begins: write the lower number first",
                quote);
    return false;
}

// Sorts ranges and joins those that touch.
static void loss_list_arrange(LossList *list)
{
    size_t n_joined = 0;

    qsort(list->ranges, list->n_ranges, sizeof(LossRange), loss_range_compare);
    for (size_t n = 0; n < list->n_ranges; n++) {
        LossRange *last = n_joined > 0 ? &list->ranges[n_joined - 1] : NULL;

        if (last != NULL && list->ranges[n].first - 1 <= last->last)
            last->last = MAX(last->last, list->ranges[n].last);
        else
            list->ranges[n_joined++] = list->ranges[n];
    }
    list->n_ranges = n_joined;
}

static ParamObject *loss_list_parse(const char *name, const char *text, size_t n_bytes,
                                    GError **error)
{
    g_auto(GStrv) words = g_strsplit(text, ",", -1);
    LossList *list = g_new0(LossList, 1);

    (void)name;
    (void)n_bytes;
    list->ranges = g_new(LossRange, g_strv_length(words) + 1);
    for (char **word = words; *word != NULL; word++) {
        if (!loss_range_parse(g_strstrip(*word), &list->ranges[list->n_ranges++], error)) {
            loss_list_free(&list->object);
            return NULL;
        }
    }
    if (list->n_ranges == 0) {
        g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_FORM,
                    "the list is empty: write something like 5, 6, 20-30");
        loss_list_free(&list->object);
        return NULL;
    }
    loss_list_arrange(list);
    return &list->object;
}

const ParamObjectClass loss_list_class = {
    .noun = "a list of frames such as 5, 6, 20-30",
    .parse = loss_list_parse,
    .free = loss_list_free,
};

static const ParamSpec loss_list_params[] = {
    {.name = "indices",
     .type = PARAM_OBJECT,
     .offset = offsetof(LossListConfig, indices),
     .required = true,
     .object_class = &loss_list_class,
     .summary = "the frames lost, counted from 1: numbers and ranges, with commas between"},
    PARAM_END,
};

static const StageKey loss_list_keys[] = {
    {"loss", loss_list_params, "certain frames lost on the wire, by their numbers",
     "is lost when its number is one of {indices}"},
    {NULL, NULL, NULL},
};

static bool loss_list_is_needed(const void *config)
{
    const LossList *indices = ((const LossListConfig *)config)->indices;

    return indices != NULL && indices->n_ranges > 0;
}

static bool loss_list_survives(Stage *stage, const Frame *frame, unsigned segment)
{
    const LossList *indices = ((const LossListStage *)stage)->indices;
    uint64_t number = frame->index + segment + 1;
    size_t low = 0, high = indices != NULL ? indices->n_ranges : 0;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (number > indices->ranges[middle].last)
            low = middle + 1;
        else if (number < indices->ranges[middle].first)
            high = middle;
        else
            return false;
    }
    return true;
}

static void loss_list_push(Sink *sink, Frame *frame)
{
    stage_sift((Stage *)sink, frame, loss_list_survives, DROP_LOSS, stage_forward);
}

static void loss_list_apply(Stage *stage)
{
    ((LossListStage *)stage)->indices = ((const LossListConfig *)stage->config)->indices;
}

// Of an endless run of frames, the share of a list that ends.
static Probability loss_list_mean(const void *config)
{
    (void)config;
    return 0;
}

const StageClass loss_list_stage_class = {
    .name = "loss-list",
    .summary = "certain frames lost, by their numbers",
    .position = STAGE_WIRE,
    .selector = "model",
    .variant = "list",
    .keys = loss_list_keys,
    .config_bytes = sizeof(LossListConfig),
    .stage_bytes = sizeof(LossListStage),
    .is_needed = loss_list_is_needed,
    .apply = loss_list_apply,
    .push = loss_list_push,
    .mean_loss = loss_list_mean,
    .loses_in_runs = true,
};
