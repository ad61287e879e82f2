// SPDX-License-Identifier: Apache-2.0
#include "sim/report/tasks_json.h"

#include "sim/report/json_members.h"
#include "sim/scenario/probe_spec.h"

// The names carry the units: "rtt.p95_ms".
static void json_figure(JsonBuilder *json, const ProbeFigure *figure)
{
    static const struct {
        const char *suffix;
        double unit;
    } units[] = {
        [METRIC_COUNT] = {"", 1},         [METRIC_NUMBER] = {"", 1},
        [METRIC_DURATION] = {"_ms", 1e6}, [METRIC_RATE] = {"_bps", 1},
        [METRIC_SIZE] = {"_bytes", 1},    [METRIC_SHARE] = {"", 1},
    };
    MetricUnit unit = figure->metric->unit;
    g_autofree char *name = g_strconcat(figure->metric->name, units[unit].suffix, NULL);

    if (unit == METRIC_COUNT || unit == METRIC_SIZE)
        json_count(json, name, (uint64_t)figure->value);
    else
        json_number(json, name, figure->value / units[unit].unit);
}

static void json_probe(JsonBuilder *json, const TaskReport *entry)
{
    json_open(json, "probe");
    json_text(json, "kind", probe_kind_name(entry->task->probe->kind));
    for (guint i = 0; i < entry->figures->len; i++)
        json_figure(json, &g_array_index(entry->figures, ProbeFigure, i));
    json_builder_end_object(json);
}

void json_tasks(JsonBuilder *json, const Report *report)
{
    json_open_list(json, "tasks");
    for (guint i = 0; i < report->tasks->len; i++) {
        const TaskReport *entry = &g_array_index(report->tasks, TaskReport, i);

        json_builder_begin_object(json);
        if (entry->task->name != NULL)
            json_text(json, "name", entry->task->name);
        json_text(json, "on", entry->task->node->name);
        json_text(json, "run", entry->task->command);
        json_count(json, "line", entry->task->position.line);
        json_flag(json, "background", entry->task->background);
        json_flag(json, "judged", entry->task->is_judged);
        json_text(json, "outcome", task_outcome_name(entry->outcome));
        json_builder_set_member_name(json, "exit");
        if (entry->exit_status >= 0)
            json_builder_add_int_value(json, entry->exit_status);
        else
            json_builder_add_null_value(json);
        json_number(json, "elapsed_s", (double)entry->elapsed_ns / 1e9);
        if (entry->task->until_ns > 0)
            json_count(json, "tries", entry->n_tries);
        if (entry->n_restarts > 0)
            json_count(json, "restarts", entry->n_restarts);
        if (entry->figures != NULL)
            json_probe(json, entry);
        json_text(json, "output", entry->output);
        json_flag(json, "output_cut", entry->output_cut);
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
}

void json_expectations(JsonBuilder *json, const Report *report)
{
    const GArray *expectations = report->expectations;

    json_open_list(json, "expectations");
    for (guint i = 0; i < expectations->len; i++) {
        const ExpectReport *entry = &g_array_index(expectations, ExpectReport, i);
        const MetricSpec *metric = entry->spec->metric;

        json_builder_begin_object(json);
        json_text(json, "name", entry->spec->name);
        json_text(json, "expected", entry->spec->expected);
        json_text(json, "got", entry->got);
        json_flag(json, "passed", entry->passed);
        json_flag(json, "soft", entry->spec->soft);
        json_count(json, "line", entry->spec->position.line);
        json_count(json, "column", entry->spec->position.column);
        json_text(json, "metric", metric != NULL ? metric->name : "output");
        json_text(json, "unit", metric != NULL ? metric_unit_name(metric->unit) : "text");
        if (entry->is_measured)
            json_number(json, "value", entry->value);
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
}
