// SPDX-License-Identifier: Apache-2.0
#include "sim/expect/expect.h"

#include <string.h>

#include "sim/capture/count.h"
#include "sim/expect/link_figures.h"

enum { EXPECT_OUTPUT_BYTES = 200 }; // of a task's output, its end, that is told

// Sets `value`, or says in `got` why there is none.
typedef bool (*ExpectFigure)(const Report *report, const ExpectSpec *spec, double *value,
                             char **got);

static const TaskReport *expect_task(const Report *report, const ExpectSpec *spec)
{
    for (guint i = 0; i < report->tasks->len; i++) {
        const TaskReport *entry = &g_array_index(report->tasks, TaskReport, i);

        if (entry->task == spec->task)
            return entry;
    }
    return NULL;
}

static bool expect_task_figure(const Report *report, const ExpectSpec *spec, double *value,
                               char **got)
{
    const TaskReport *entry = expect_task(report, spec);
    const char *metric = spec->metric->name;

    if (entry == NULL || entry->outcome == TASK_NOT_STARTED) {
        *got = g_strdup("nothing, since it was not started");
        return false;
    }
    if (strcmp(metric, "exit") == 0 && entry->exit_status < 0) {
        *got = g_strdup("nothing, since it has not ended");
        return false;
    }
    *value = strcmp(metric, "exit") == 0       ? (double)entry->exit_status
             : strcmp(metric, "duration") == 0 ? (double)entry->elapsed_ns
                                               : (double)entry->n_restarts;
    return true;
}

static bool expect_probe_figure(const Report *report, const ExpectSpec *spec, double *value,
                                char **got)
{
    const TaskReport *entry = expect_task(report, spec);

    for (guint i = 0; entry != NULL && entry->figures != NULL && i < entry->figures->len; i++) {
        const ProbeFigure *figure = &g_array_index(entry->figures, ProbeFigure, i);

        if (figure->metric == spec->metric) {
            *value = figure->value;
            return true;
        }
    }
    *got = g_strdup(entry == NULL || entry->outcome == TASK_NOT_STARTED
                        ? "nothing, since it was not started"
                        : "nothing, since it had no answer");
    return false;
}

static bool expect_link_figure(const Report *report, const ExpectSpec *spec, double *value,
                               char **got)
{
    const char *reason = NULL;

    for (guint i = 0; i < report->directions->len; i++) {
        const DirectionReport *entry = &g_array_index(report->directions, DirectionReport, i);

        if (entry->link != spec->link || entry->direction != (LinkDirection)spec->direction)
            continue;
        if (link_figure(entry, spec->metric->name, value, &reason))
            return true;
        *got = g_strdup(reason);
        return false;
    }
    g_assert_not_reached();
}

static bool expect_capture_figure(const Report *report, const ExpectSpec *spec, double *value,
                                  char **got)
{
    const WriterResult *file = report_capture_file(report, spec->capture);
    g_autoptr(GError) error = NULL;
    uint64_t n_frames;

    if (file == NULL) {
        *got = g_strdup("nothing, since it was not written");
        return false;
    }
    if (file->lost_frames > 0 || file->error != NULL) {
        *got = g_strdup("nothing, since the capture is not whole");
        return false;
    }
    if (!capture_count_frames(file->path, spec->filter, &n_frames, &error)) {
        *got = g_strdup_printf("nothing: %s", error->message);
        return false;
    }
    *value = (double)n_frames;
    return true;
}

// The end of what was printed, on one line.
static char *expect_output_words(const char *output)
{
    size_t n_bytes = strlen(output);
    const char *start =
        n_bytes > EXPECT_OUTPUT_BYTES ? output + n_bytes - EXPECT_OUTPUT_BYTES : output;
    g_autofree char *valid = g_utf8_make_valid(start, -1);
    g_autofree char *line = g_strstrip(g_strdelimit(g_strdup(valid), "\n\t", ' '));

    if (*line == '\0')
        return g_strdup("no output");
    return g_strdup_printf("%s\"%s\"", start > output ? "output that ends with " : "", line);
}

static void expect_judge_output(const Report *report, ExpectReport *entry)
{
    const ExpectSpec *spec = entry->spec;
    const TaskReport *task = expect_task(report, spec);
    g_autoptr(GError) error = NULL;
    bool is_there;

    if (task == NULL || task->outcome == TASK_NOT_STARTED) {
        entry->got = g_strdup("nothing, since it was not started");
        return;
    }
    is_there = spec->pattern != NULL
                   ? g_regex_match_full(spec->pattern, task->output, -1, 0, 0, NULL, &error)
                   : strstr(task->output, spec->words) != NULL;
    if (error != NULL) {
        entry->got = g_strdup_printf("nothing: %s", error->message);
    } else if (!is_there && task->output_cut) {
        entry->got = g_strdup("too much output to know");
    } else {
        entry->passed = is_there != spec->output_without;
        entry->got = entry->passed ? g_strdup(is_there ? "it is there" : "it is not there")
                                   : expect_output_words(task->output);
    }
}

static void expect_judge_figure(const Report *report, ExpectReport *entry)
{
    static const ExpectFigure figures[] = {
        [EXPECT_TASK] = expect_task_figure,
        [EXPECT_PROBE] = expect_probe_figure,
        [EXPECT_LINK] = expect_link_figure,
        [EXPECT_CAPTURE] = expect_capture_figure,
    };

    entry->is_measured =
        figures[entry->spec->subject](report, entry->spec, &entry->value, &entry->got);
    if (!entry->is_measured)
        return;
    entry->got = metric_format(entry->spec->metric->unit, entry->value);
    entry->passed = bounds_hold(&entry->spec->bounds, entry->value);
}

void expect_judge(Report *report)
{
    const GPtrArray *specs = report->scenario->expectations;

    for (guint i = 0; i < specs->len; i++) {
        ExpectReport entry = {.spec = g_ptr_array_index(specs, i)};

        if (entry.spec->metric == NULL)
            expect_judge_output(report, &entry);
        else
            expect_judge_figure(report, &entry);
        g_array_append_val(report->expectations, entry);
    }
}
