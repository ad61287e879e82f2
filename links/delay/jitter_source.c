// SPDX-License-Identifier: Apache-2.0
// Makes tables of a configuration, and draws from them.
#include "links/delay/jitter_source.h"

#include <math.h>

static Quantiles *jitter_quantiles_new(const DelayConfig *config)
{
    switch ((JitterDistribution)config->distribution) {
    case JITTER_UNIFORM:
        return quantiles_new_uniform();
    case JITTER_NORMAL:
        return quantiles_new_normal();
    case JITTER_PARETO:
        return quantiles_new_pareto();
    case JITTER_PARETONORMAL:
        return quantiles_new_paretonormal();
    case JITTER_EXPONENTIAL:
        return quantiles_new_exponential();
    case JITTER_GAMMA:
        return quantiles_new_gamma((double)config->shape);
    case JITTER_TABLE:
        return quantiles_copy(config->file->quantiles);
    }
    g_assert_not_reached();
}

static bool jitter_is_configured(const DelayConfig *config)
{
    return config->jitter_ns != 0 && config->delay_ns != 0;
}

static bool jitter_is_same_distribution(const DelayConfig *a, const DelayConfig *b)
{
    return a->distribution == b->distribution && a->shape == b->shape && a->file == b->file;
}

static bool jitter_is_same(const DelayConfig *a, const DelayConfig *b)
{
    return a->delay_ns == b->delay_ns && a->trace == b->trace && a->loop == b->loop &&
           a->jitter_ns == b->jitter_ns && a->correlation.unit == b->correlation.unit &&
           a->correlation.amount == b->correlation.amount && jitter_is_same_distribution(a, b);
}

static void jitter_source_apply_distribution(JitterSource *source, const DelayConfig *config)
{
    if (source->quantiles == NULL || !jitter_is_same_distribution(&source->applied, config)) {
        g_free(source->quantiles);
        source->quantiles = jitter_quantiles_new(config);
    }
    source->table = jitter_table_new(source->quantiles, config->delay_ns, config->jitter_ns);
}

static void jitter_source_apply_correlation(JitterSource *source, const DelayConfig *config)
{
    bool by_time = config->correlation.unit == LIMIT_TIME;
    int64_t half_life = (int64_t)config->correlation.amount;

    if (source->walk != NULL) {
        jitter_walk_change(source->walk, source->table, by_time, half_life);
    } else {
        source->walk = g_new(JitterWalk, 1);
        jitter_walk_init(source->walk, source->table, by_time, half_life);
    }
}

void jitter_source_apply(JitterSource *source, const DelayConfig *config)
{
    if (jitter_is_same(&source->applied, config))
        return;
    source->trace = config->trace;
    source->delay_ns = config->delay_ns;
    source->loop = config->loop;
    g_clear_pointer(&source->table, g_free);
    if (jitter_is_configured(config))
        jitter_source_apply_distribution(source, config);
    if (source->table != NULL && config->correlation.amount != 0)
        jitter_source_apply_correlation(source, config);
    else
        g_clear_pointer(&source->walk, g_free);
    source->applied = *config;
}

void jitter_source_clear(JitterSource *source)
{
    g_clear_pointer(&source->table, g_free);
    g_clear_pointer(&source->walk, g_free);
    g_clear_pointer(&source->quantiles, g_free);
}

// When a segment itself was sent, of a frame whose last was at wired_ns.
static int64_t segment_wired_ns(const Frame *frame, unsigned number)
{
    unsigned n_behind = frame->n_segments - 1U - number;

    return n_behind == 0 ? frame->wired_ns
                         : frame->wired_ns -
                               (int64_t)frame->wired_span_ns * n_behind / (frame->n_segments - 1);
}

int64_t jitter_source_next_ns(JitterSource *source, const Stage *stage, const Frame *frame,
                              unsigned number)
{
    uint64_t draw;

    if (source->trace != NULL)
        return source->delay_ns +
               delay_trace_at(source->trace, frame->index + number, source->loop);
    if (source->walk != NULL)
        draw = jitter_walk_next(source->walk, stage->key, frame->index + number,
                                segment_wired_ns(frame, number));
    else
        draw = stage_draw(stage, frame, number, 0);
    return jitter_table_at(source->table, draw);
}

int64_t jitter_source_least_ns(const JitterSource *source)
{
    return source->trace != NULL ? source->delay_ns + source->trace->least_ns
                                 : source->table->edge_ns[0];
}

int64_t delay_config_mean_ns(const DelayConfig *config)
{
    return config->delay_ns + (config->trace != NULL ? llround(config->trace->mean_ns) : 0);
}

int64_t delay_config_jitter_ns(const DelayConfig *config)
{
    return config->trace != NULL ? llround(config->trace->deviation_ns) : config->jitter_ns;
}

// The share of draws that give no delay at all.
static double jitter_table_share_of_zero(const JitterTable *table)
{
    uint32_t n_cells = 0;

    while (n_cells < table->n_cells &&
           table->edge_ns[table->within_mask != 0 ? n_cells + 1 : n_cells] == 0)
        n_cells++;
    return (double)n_cells / table->n_cells;
}

static bool is_off(double is_ns, double asked_ns)
{
    return fabs(is_ns - asked_ns) > MAX(1, 0.01 * asked_ns);
}

char *delay_config_doubt(const DelayConfig *config)
{
    g_autofree Quantiles *quantiles = NULL;
    g_autofree JitterTable *table = NULL;
    g_autofree char *mean = NULL, *deviation = NULL, *asked_mean = NULL, *asked_deviation = NULL;
    double asked_mean_ns, asked_deviation_ns, share;

    if (!jitter_is_configured(config))
        return NULL;
    quantiles = jitter_quantiles_new(config);
    table = jitter_table_new(quantiles, config->delay_ns, config->jitter_ns);
    asked_mean_ns = (double)config->delay_ns;
    asked_deviation_ns = (double)config->jitter_ns;
    if (config->distribution == JITTER_UNIFORM)
        asked_deviation_ns /= sqrt(3);
    share = jitter_table_share_of_zero(table);
    mean = quantity_format_duration(jitter_table_mean_ns(table));
    deviation = quantity_format_duration(jitter_table_deviation_ns(table));
    asked_mean = quantity_format_duration(config->delay_ns);
    asked_deviation = quantity_format_duration(llround(asked_deviation_ns));
    if (is_off((double)jitter_table_mean_ns(table), asked_mean_ns) ||
        is_off((double)jitter_table_deviation_ns(table), asked_deviation_ns))
        return g_strdup_printf("the delays come to a mean of %s and a deviation of %s, where %s "
                               "and %s were asked for",
                               mean, deviation, asked_mean, asked_deviation);
    if (share >= 0.01)
        return g_strdup_printf("no delay is below zero, so %.0f%% of the frames have none, and the "
                               "others more: mean (%s) and deviation (%s) are as asked",
                               100 * share, mean, asked_deviation);
    return NULL;
}
