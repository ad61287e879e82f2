// SPDX-License-Identifier: Apache-2.0
// Collects the numbers of links, nodes and lateness from the counters and meters of a run.
#include "sim/report/report.h"

#include <math.h>
#include <string.h>

#include "links/replay.h"
#include "sim/report/verdict.h"

static void direction_report_clear(gpointer data)
{
    g_clear_pointer(&((DirectionReport *)data)->faults, g_array_unref);
}

static void expect_report_clear(gpointer data)
{
    g_free(((ExpectReport *)data)->got);
}

Report *report_new(const Scenario *scenario, int64_t elapsed_ns)
{
    Report *report = g_new0(Report, 1);

    report->scenario = scenario;
    report->seed = scenario->seed;
    report->elapsed_ns = elapsed_ns;
    report->directions = g_array_new(FALSE, TRUE, sizeof(DirectionReport));
    g_array_set_clear_func(report->directions, direction_report_clear);
    report->devices = g_array_new(FALSE, TRUE, sizeof(DeviceReport));
    report->nodes = g_array_new(FALSE, TRUE, sizeof(NodeReport));
    report->tasks = g_array_new(FALSE, TRUE, sizeof(TaskReport));
    report->expectations = g_array_new(FALSE, TRUE, sizeof(ExpectReport));
    g_array_set_clear_func(report->expectations, expect_report_clear);
    report->files = g_array_new(FALSE, TRUE, sizeof(WriterResult));
    report->all_lateness = histogram_new();
    report->verdict.reasons = g_ptr_array_new_with_free_func(g_free);
    return report;
}

void report_free(Report *report)
{
    g_array_unref(report->directions);
    g_array_unref(report->devices);
    g_array_unref(report->nodes);
    g_array_unref(report->tasks);
    g_array_unref(report->expectations);
    g_array_unref(report->files);
    g_ptr_array_unref(report->verdict.reasons);
    histogram_free(report->all_lateness);
    g_free(report);
}

static Spread spread_of(const Histogram *histogram)
{
    return (Spread){
        .count = counter_get(&histogram->count),
        .p50_ns = histogram_quantile_ns(histogram, 5000),
        .p90_ns = histogram_quantile_ns(histogram, 9000),
        .p95_ns = histogram_quantile_ns(histogram, 9500),
        .p99_ns = histogram_quantile_ns(histogram, 9900),
        .p999_ns = histogram_quantile_ns(histogram, 9990),
        .max_ns = (int64_t)counter_get(&histogram->max_ns),
    };
}

// Wilson's score interval (E. B. Wilson, JASA 22, 1927), at 95 %.
static MeasuredShare measured_share(uint64_t n_hits, uint64_t n_trials)
{
    const double z = 1.959964;
    double n = (double)n_trials;
    double share, centre, half;

    if (n_trials == 0)
        return (MeasuredShare){.high = 1};
    share = (double)n_hits / n;
    centre = (share + z * z / (2 * n)) / (1 + z * z / n);
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n));
    return (MeasuredShare){n_hits, n_trials, share, fmax(centre - half, 0), fmin(centre + half, 1)};
}

static ReorderingReport reordering_of(const Reordering *reordering)
{
    ReorderingReport report = {.is_watched = reordering != NULL};

    if (reordering == NULL)
        return report;
    // The parts before the whole: while the run goes on, they are never more.
    report.n_reordered_frames = counter_get(&reordering->n_reordered_frames);
    report.reordered_frames = counter_get(&reordering->reordered_frames);
    report.max_extent = counter_get(&reordering->extent_max);
    report.mean_extent =
        (double)counter_get(&reordering->extent_sum) / (double)MAX(report.reordered_frames, 1);
    report.frames = counter_get(&reordering->frames);
    report.ratio = (double)report.reordered_frames / (double)MAX(report.frames, 1);
    report.n_ratio = (double)report.n_reordered_frames / (double)MAX(report.frames, 1);
    return report;
}

uint64_t report_copy_drops(uint64_t dropped_frames[N_DROP_REASONS], const DropCounters *drops)
{
    uint64_t total = 0;

    for (int reason = 0; reason < N_DROP_REASONS; reason++) {
        dropped_frames[reason] = counter_get(&drops->frames[reason]);
        total += dropped_frames[reason];
    }
    return total;
}

static void report_add_runs(DirectionReport *entry, const LossRuns *runs)
{
    if (runs == NULL)
        return;
    entry->loss_bursts = loss_runs_bursts(runs);
    run_lengths_merge(&entry->loss_gaps, &runs->gaps);
}

static GArray *report_faults(const LinkSpec *spec, const Link *link, LinkDirection direction)
{
    GArray *faults = g_array_new(FALSE, TRUE, sizeof(FaultReport));
    const FaultList *list = faults_list(spec->directions[direction]);

    for (guint i = 0; list != NULL && i < list->rules->len; i++) {
        const Stage *stage = link_stage(link, direction, &faults_stage_class);
        const FaultCounters *counters = faults_counters(stage, i);
        FaultReport entry = {.rule = g_ptr_array_index(list->rules, i)};

        // Hits before matches: while the run goes on, a frame may come between two readings.
        entry.hit_frames = counter_get(&counters->hit_frames);
        entry.matched_frames = counter_get(&counters->matched_frames);
        g_array_append_val(faults, entry);
    }
    return faults;
}

void report_add_link(Report *report, const LinkSpec *spec, const Link *link,
                     const uint64_t held_frames[N_LINK_DIRECTIONS],
                     const LinkInForce in_force[N_LINK_DIRECTIONS])
{
    for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++) {
        const LinkCounters *counters = link_counters(link, direction);
        const Meter *meter = link_meter(link, direction);
        Histogram *queue_frames = meter_queue_frames(meter);
        DirectionReport entry = {
            .link = spec,
            .direction = direction,
            .from = spec->ends[direction]->node->name,
            .to = spec->ends[1 - direction]->node->name,
            .in_force = in_force[direction],
            // Out before in: while the run goes on, a frame may pass between two readings.
            .out_frames = counter_get(&counters->out_frames),
            .out_bytes = counter_get(&counters->out_bytes),
            .delay = spread_of(&meter->delay),
            .queue = spread_of(&meter->queue),
            .queue_frames = spread_of(queue_frames),
            .lateness = spread_of(&meter->lateness),
            .late_frames = counter_get(&meter->late_frames),
            .late_ns = fidelity_late_ns(&report->scenario->fidelity, in_force[direction].config),
            .mean_rate_bps = meter_mean_rate_bps(meter),
            .peak_rate_bps = meter_peak_rate_bps(meter),
            .reordering = reordering_of(link_reordering(link, direction)),
        };
        uint64_t n_dropped = report_copy_drops(entry.dropped_frames, &counters->drops);
        uint64_t n_lost = entry.dropped_frames[DROP_LOSS];
        const Stage *gate = link_stage(link, direction, &replay_gate_stage_class);
        int64_t left;

        histogram_free(queue_frames);
        entry.faults = report_faults(spec, link, direction);
        entry.is_replayed = gate != NULL;
        entry.unrecorded_frames = replay_unrecorded_frames(gate);
        entry.copied_frames = counter_get(&counters->copied_frames);
        entry.marked_frames = counter_get(&counters->marked_frames);
        entry.corrupted_frames = counter_get(&counters->corrupted_frames);
        entry.in_frames = counter_get(&counters->in_frames);
        entry.in_bytes = counter_get(&counters->in_bytes);
        entry.loss = measured_share(n_lost, n_lost + entry.out_frames);
        left = (int64_t)(entry.in_frames + entry.copied_frames - entry.out_frames - n_dropped);
        entry.held_frames = held_frames != NULL ? held_frames[direction] : (uint64_t)MAX(left, 0);
        entry.unaccounted_frames = held_frames != NULL ? left - (int64_t)entry.held_frames : 0;
        report_add_runs(&entry, link_loss_runs(link, direction));
        histogram_merge(report->all_lateness, &meter->lateness);
        g_array_append_val(report->directions, entry);
    }
}

void report_add_node(Report *report, const NodeSpec *spec, const Node *node)
{
    NodeReport entry = {
        .node = spec,
        .in_frames = counter_get(&node->counters.in_frames),
        .out_frames = counter_get(&node->counters.out_frames),
        .copied_frames = counter_get(&node->counters.copied_frames),
    };
    uint64_t n_dropped = report_copy_drops(entry.dropped_frames, &node->counters.drops);

    entry.unaccounted_frames =
        (int64_t)(entry.in_frames + entry.copied_frames - entry.out_frames - n_dropped);
    g_array_append_val(report->nodes, entry);
}

void report_conclude(Report *report)
{
    report->lateness = spread_of(report->all_lateness);
    verdict_reach(report);
}

bool report_tasks_succeeded(const Report *report)
{
    for (guint i = 0; i < report->tasks->len; i++) {
        const TaskReport *task = &g_array_index(report->tasks, TaskReport, i);

        if (task->outcome != TASK_SUCCEEDED && task->outcome != TASK_ENDED &&
            !task->task->is_judged)
            return false;
    }
    return true;
}

// The file's own name may stand behind a directory.
static bool path_is_file(const char *path, const char *file)
{
    size_t n_path = strlen(path), n_file = strlen(file);

    return g_str_has_suffix(path, file) && (n_path == n_file || path[n_path - n_file - 1] == '/');
}

const WriterResult *report_capture_file(const Report *report, const CaptureSpec *capture)
{
    for (guint i = 0; i < report->files->len; i++) {
        const WriterResult *file = &g_array_index(report->files, WriterResult, i);

        if (file->kind == WRITER_CAPTURE && path_is_file(file->path, capture->file))
            return file;
    }
    return NULL;
}

bool report_expectations_hold(const Report *report)
{
    for (guint i = 0; i < report->expectations->len; i++) {
        const ExpectReport *entry = &g_array_index(report->expectations, ExpectReport, i);

        if (!entry->passed && !entry->spec->soft)
            return false;
    }
    return true;
}

const char *task_outcome_name(TaskOutcome outcome)
{
    static const char *const names[] = {
        [TASK_NOT_STARTED] = "not started",
        [TASK_RUNNING] = "running",
        [TASK_SUCCEEDED] = "succeeded",
        [TASK_FAILED] = "failed",
        [TASK_TIMED_OUT] = "timed out",
        [TASK_CUT_OFF] = "cut off",
        [TASK_ENDED] = "ended",
    };

    return names[outcome];
}
