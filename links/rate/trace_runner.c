// SPDX-License-Identifier: Apache-2.0
// One event, at the next row or the next step on the way to it.
#include "links/rate/trace_runner.h"

#include <string.h>

#include "core/scale.h"
#include "links/rate/trace.h"

struct TraceRunner {
    Event event;
    Engine *engine;
    Link *link;
    LinkDirection direction;
    TraceConfig config; // as it is being played; a reference to its trace is held
    int64_t origin_ns;  // where the trace's time 0 is
    uint64_t next_row;
};

static uint64_t runner_between(const TraceRunner *self, const uint64_t *values, int64_t at_ns)
{
    const int64_t *time_ns = self->config.trace->time_ns;
    uint64_t row = self->next_row - 1, from = values[row], to;
    uint64_t gone_ns = (uint64_t)(at_ns - time_ns[row]), length_ns;

    if (gone_ns == 0 || self->config.change == TRACE_STEP)
        return from;
    to = values[row + 1];
    length_ns = (uint64_t)(time_ns[row + 1] - time_ns[row]);
    return to >= from ? from + scale(to - from, gone_ns, length_ns)
                      : from - scale(from - to, gone_ns, length_ns);
}

// Puts the values of `at_ns` of the trace in force, if that changes anything.
static void runner_set(TraceRunner *self, int64_t at_ns)
{
    const CsvTrace *trace = self->config.trace;
    g_autoptr(LinkConfig) config = link_config_copy(link_config(self->link, self->direction));
    bool is_changed = false;

    for (CsvColumn column = 0; column < N_CSV_COLUMNS; column++) {
        const StageClass *class;
        const ParamSpec *param;

        if (trace->values[column] == NULL)
            continue;
        param = trace_param(config, column, &class);
        if (param == NULL)
            continue; // another model has been chosen meanwhile
        is_changed |= link_config_set_amount(config, class, param,
                                             runner_between(self, trace->values[column], at_ns),
                                             trace->queue_unit);
    }
    if (is_changed)
        link_configure(self->link, self->direction, config);
}

static bool runner_rows_differ(const TraceRunner *self, uint64_t row)
{
    const CsvTrace *trace = self->config.trace;

    for (CsvColumn column = 0; column < N_CSV_COLUMNS; column++)
        if (trace->values[column] != NULL &&
            trace->values[column][row] != trace->values[column][row + 1])
            return true;
    return false;
}

// Arms the next row, or the step before it; begins again where a loop ends.
static void runner_arm(TraceRunner *self, int64_t at_ns)
{
    const CsvTrace *trace = self->config.trace;
    int64_t next_ns;

    if (self->next_row == trace->n_rows) {
        if (!self->config.is_looped)
            return;
        self->origin_ns += trace->time_ns[trace->n_rows - 1];
        self->next_row = 0;
    }
    next_ns = trace->time_ns[self->next_row];
    if (self->config.change == TRACE_LINEAR && self->next_row > 0 &&
        next_ns - at_ns > self->config.step_ns && runner_rows_differ(self, self->next_row - 1))
        next_ns = at_ns + self->config.step_ns;
    engine_arm(self->engine, &self->event, self->origin_ns + next_ns);
}

static void runner_fire(Event *event)
{
    TraceRunner *self = (TraceRunner *)((char *)event - offsetof(TraceRunner, event));
    const CsvTrace *trace = self->config.trace;
    int64_t at_ns = engine_now(self->engine) - self->origin_ns;

    while (self->next_row < trace->n_rows && trace->time_ns[self->next_row] <= at_ns)
        self->next_row++;
    runner_set(self, at_ns);
    runner_arm(self, at_ns);
}

TraceRunner *trace_runner_new(Engine *engine, Link *link, LinkDirection direction)
{
    TraceRunner *runner = g_new0(TraceRunner, 1);

    runner->engine = engine;
    runner->link = link;
    runner->direction = direction;
    event_init(&runner->event, runner_fire);
    return runner;
}

static void runner_hold(TraceRunner *self, const TraceConfig *config)
{
    if (config->trace != NULL)
        param_object_ref(&config->trace->object);
    if (self->config.trace != NULL)
        param_object_unref(&self->config.trace->object);
    self->config = *config;
}

void trace_runner_free(TraceRunner *runner)
{
    if (runner == NULL)
        return;
    engine_disarm(runner->engine, &runner->event);
    runner_hold(runner, &(TraceConfig){.trace = NULL});
    g_free(runner);
}

void trace_runner_apply(TraceRunner *runner)
{
    const TraceConfig *config =
        link_config_of(link_config(runner->link, runner->direction), &trace_stage_class);

    if (config->trace == runner->config.trace && config->change == runner->config.change &&
        config->step_ns == runner->config.step_ns && config->is_looped == runner->config.is_looped)
        return;
    engine_disarm(runner->engine, &runner->event);
    runner_hold(runner, config);
    runner->origin_ns = engine_now(runner->engine);
    runner->next_row = 0;
    if (config->trace == NULL)
        return;
    if (config->trace->time_ns[0] == 0)
        runner_fire(&runner->event);
    else
        runner_arm(runner, 0);
}
