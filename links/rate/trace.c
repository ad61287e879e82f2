// SPDX-License-Identifier: Apache-2.0
// The parameter table of traces, and which parameters their columns are.
#include "links/rate/trace.h"

#include <string.h>

#include "links/link_config.h"

static const char *const trace_changes[] = {[TRACE_STEP] = "step", [TRACE_LINEAR] = "linear", NULL};

static const ParamSpec trace_params[] = {
    {.name = "file",
     .type = PARAM_OBJECT,
     .offset = offsetof(TraceConfig, trace),
     .required = true,
     .object_class = &csv_trace_class,
     .words = param_none_words,
     .summary = "a CSV file: time and any of rate, delay, loss and queue in columns"},
    {.name = "change",
     .type = PARAM_CHOICE,
     .offset = offsetof(TraceConfig, change),
     .fallback = "step",
     .choices = trace_changes,
     .summary = "step: a row's values hold up to the next row; linear: they go over into those"},
    {.name = "step",
     .type = PARAM_DURATION,
     .offset = offsetof(TraceConfig, step_ns),
     .fallback = "10ms",
     .min = 100000,
     .max = UINT64_C(3600000000000),
     .summary = "how often a linear change is made"},
    {.name = "loop",
     .type = PARAM_BOOLEAN,
     .offset = offsetof(TraceConfig, is_looped),
     .summary = "whether it begins again at the last row's time; else that row's values stay"},
    PARAM_END,
};

static const StageKey trace_keys[] = {
    {"trace", trace_params, "rate, delay, loss and queue as a file has them over time",
     "meets what {file} says for that time"},
    {NULL, NULL, NULL},
};

static bool trace_is_needed(const void *config)
{
    return ((const TraceConfig *)config)->trace != NULL;
}

static bool trace_changes_by_steps(const void *config)
{
    return ((const TraceConfig *)config)->change == TRACE_STEP;
}

static const IdleParam trace_idle_params[] = {
    {"step", trace_changes_by_steps, "without change: linear, whose steps it is about"},
    {NULL, NULL, NULL},
};

static const TraceConfig *trace_config(const LinkConfig *config)
{
    return link_config_of(config, &trace_stage_class);
}

static bool trace_has_column(const LinkConfig *config, CsvColumn column)
{
    const CsvTrace *trace = trace_config(config)->trace;

    return trace != NULL && trace->values[column] != NULL;
}

bool trace_mean(const LinkConfig *config, CsvColumn column, uint64_t *mean)
{
    const TraceConfig *trace;

    if (!trace_has_column(config, column))
        return false;
    trace = trace_config(config);
    *mean = trace->change == TRACE_LINEAR ? trace->trace->linear_means[column]
                                          : trace->trace->means[column];
    return true;
}

int64_t trace_least_ns(const LinkConfig *config, int64_t least_ns)
{
    const CsvTrace *trace = trace_config(config)->trace;

    if (trace == NULL || trace->values[CSV_DELAY] == NULL)
        return least_ns;
    // Jitter may go below each delay.
    return link_config_jitter_ns(config) != 0 ? 0 : MIN(least_ns, (int64_t)trace->least_delay_ns);
}

static const struct {
    const char *key, *param;
    ParamType type;
} trace_targets[N_CSV_COLUMNS] = {
    [CSV_RATE] = {"rate", "rate", PARAM_RATE},
    [CSV_DELAY] = {"delay", "delay", PARAM_DURATION},
    [CSV_LOSS] = {"loss", "rate", PARAM_PROBABILITY},
    [CSV_QUEUE] = {"queue", "limit", PARAM_LIMIT},
};

const ParamSpec *trace_param(const LinkConfig *config, CsvColumn column, const StageClass **class)
{
    const StageKey *key = link_config_key(config, trace_targets[column].key, class);

    const ParamSpec *param = param_find(key->params, trace_targets[column].param);

    return param != NULL && param->type == trace_targets[column].type ? param : NULL;
}

bool trace_check(const LinkConfig *config, GError **error)
{
    const TraceConfig *trace = trace_config(config);
    const StageClass *class;

    if (trace->trace != NULL && trace->is_looped &&
        trace->trace->time_ns[trace->trace->n_rows - 1] == 0) {
        g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE,
                    "trace: a loop of no length: the last row needs a time above 0");
        return false;
    }
    for (CsvColumn column = 0; column < N_CSV_COLUMNS; column++) {
        if (!trace_has_column(config, column) || trace_param(config, column, &class) != NULL)
            continue;
        g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE,
                    "trace: its column %s sets what the %s in force, %s, does not have",
                    trace_targets[column].key, class->selector, class->variant);
        return false;
    }
    return true;
}

bool trace_check_loss(const LinkConfig *config, GError **error)
{
    const CsvTrace *trace = trace_config(config)->trace;
    g_autoptr(LinkConfig) row_config = NULL;
    const StageClass *class;
    const ParamSpec *param;

    if (!trace_has_column(config, CSV_LOSS))
        return true;
    param = trace_param(config, CSV_LOSS, &class);
    if (param == NULL || class->check == NULL)
        return true;
    row_config = link_config_copy(config);
    for (uint64_t row = 0; row < trace->n_rows; row++) {
        bool is_other = link_config_set_amount(row_config, class, param,
                                               trace->values[CSV_LOSS][row], LIMIT_TIME);

        if (is_other && !class->check(link_config_of(row_config, class), error)) {
            g_prefix_error(error, "trace: %s:%" G_GUINT32_FORMAT ": ", trace->object.source,
                           trace->loss_lines[row]);
            return false;
        }
    }
    return true;
}

const char *trace_shadowed_key(const LinkConfig *config, CsvColumn column)
{
    if (!trace_has_column(config, column) || trace_config(config)->trace->time_ns[0] != 0 ||
        (column == CSV_DELAY && link_config_jitter_ns(config) != 0))
        return NULL;
    return trace_targets[column].key;
}

const StageClass trace_stage_class = {
    .name = "trace",
    .summary = "changes over time, from a file",
    .position = STAGE_GUARD,
    .keys = trace_keys,
    .config_bytes = sizeof(TraceConfig),
    .is_needed = trace_is_needed,
    .idle_params = trace_idle_params,
};
