// SPDX-License-Identifier: Apache-2.0
// Sections in the order in which they are read: tasks, expectations, links, devices that lost
// something, captures, what --realtime was granted, lateness, verdict. What is as it should be
// stays out.
#include "sim/report/report_text.h"

#include <math.h>
#include <string.h>

#include "sim/report/change_words.h"
#include "sim/report/expect_text.h"
#include "sim/report/text_lines.h"

enum {
    TEXT_TASK_COLUMNS = 56, // of host and command together
    TEXT_HOST_MIN_COLUMNS = 10,
    TEXT_HOST_MAX_COLUMNS = 16,
    TEXT_CONFIGURED_COLUMNS = 14,
    TEXT_MEASURED_AT = 28,
    TEXT_PATH_COLUMNS = 36,
    TEXT_CHANGES = 10, // that are printed of the first ones, and of the last
};

// "1,234,567"
static const char *grouped(char room[32], uint64_t value)
{
    g_autofree char *digits = g_strdup_printf("%" G_GUINT64_FORMAT, value);
    size_t n_digits = strlen(digits), at = 0;

    for (size_t i = 0; i < n_digits; i++) {
        if (i > 0 && (n_digits - i) % 3 == 0)
            room[at++] = ',';
        room[at++] = digits[i];
    }
    room[at] = '\0';
    return room;
}

// Four significant digits in the unit a person would choose.
static char *measured_number(double value, const char *const *units, double step)
{
    int digits;

    while (value >= 999.95 && units[1] != NULL) {
        value /= step;
        units++;
    }
    digits = value >= 99.95 ? 1 : value >= 9.995 ? 2 : 3;
    return g_strdup_printf("%.*f %s", value == 0 ? 0 : digits, value, *units);
}

static char *measured_duration(int64_t ns)
{
    static const char *const units[] = {"ns", "us", "ms", "s", NULL};

    return measured_number((double)ns, units, 1000);
}

static char *measured_rate(uint64_t bps)
{
    static const char *const units[] = {"bit/s", "kbit/s", "Mbit/s", "Gbit/s", NULL};

    return measured_number((double)bps, units, 1000);
}

// `words` on one line in exactly that many columns, cut or filled up, and a blank.
static void text_cell(TextReport *self, const char *words, int columns)
{
    g_autofree char *line = g_strdelimit(g_strdup(words), "\n\t", ' ');
    glong width = g_utf8_strlen(line, -1);
    g_autofree char *start = g_utf8_substring(line, 0, MIN(width, columns - 3));

    if (width > columns)
        g_string_append_printf(self->text, "%s... ", start);
    else
        g_string_append_printf(self->text, "%s%*s ", line, columns - (int)width, "");
}

static int text_host_columns(const Report *report)
{
    size_t columns = TEXT_HOST_MIN_COLUMNS;

    for (guint i = 0; i < report->tasks->len; i++)
        columns =
            MAX(columns, strlen(g_array_index(report->tasks, TaskReport, i).task->node->name));
    return (int)MIN(columns, TEXT_HOST_MAX_COLUMNS);
}

static void text_tasks(TextReport *self, const Report *report)
{
    int host_columns = text_host_columns(report);

    if (report->tasks->len == 0)
        return;
    text_heading(self, "tasks");
    for (guint i = 0; i < report->tasks->len; i++) {
        const TaskReport *entry = &g_array_index(report->tasks, TaskReport, i);
        bool good = entry->outcome == TASK_SUCCEEDED || entry->outcome == TASK_ENDED ||
                    entry->outcome == TASK_RUNNING;
        g_autofree char *outcome = entry->outcome == TASK_FAILED
                                       ? g_strdup_printf("exit %d", entry->exit_status)
                                       : g_strdup(task_outcome_name(entry->outcome));

        g_string_append(self->text, "  ");
        text_cell(self, entry->task->node->name, host_columns);
        text_cell(self, entry->task->command, TEXT_TASK_COLUMNS - host_columns);
        text_styled(self, good ? ESCAPE_GOOD : ESCAPE_BAD, outcome);
        g_string_append_printf(self->text, "%*s%7.2f s\n", MAX(0, 10 - (int)strlen(outcome)), "",
                               (double)entry->elapsed_ns / 1e9);
    }
}

static void text_row(TextReport *self, const char *what, const char *configured,
                     const char *measured)
{
    g_string_append_printf(self->text, "    %-8s %-*s", what, TEXT_CONFIGURED_COLUMNS, configured);
    if (strlen(configured) > TEXT_CONFIGURED_COLUMNS)
        g_string_append_printf(self->text, "\n%*s", TEXT_MEASURED_AT - 1, "");
    g_string_append_printf(self->text, " %s\n", measured);
}

static char *spread_words(const Spread *spread)
{
    g_autofree char *p50 = measured_duration(spread->p50_ns);
    g_autofree char *p99 = measured_duration(spread->p99_ns);
    g_autofree char *max = measured_duration(spread->max_ns);

    return g_strdup_printf("%s median, %s p99, %s max", p50, p99, max);
}

static void text_delay(TextReport *self, const DirectionReport *entry, const LinkConfig *config)
{
    g_autofree char *delay = quantity_format_duration(link_config_delay_ns(config));
    g_autofree char *jitter = quantity_format_duration(link_config_jitter_ns(config));
    g_autofree char *configured = link_config_jitter_ns(config) > 0
                                      ? g_strdup_printf("%s +- %s", delay, jitter)
                                      : g_strdup(delay);
    g_autofree char *measured = spread_words(&entry->delay);

    text_row(self, "delay", configured, entry->delay.count > 0 ? measured : "no frames");
}

static void text_rate(TextReport *self, const DirectionReport *entry, const LinkConfig *config)
{
    g_autofree char *mean = measured_rate(entry->mean_rate_bps);
    g_autofree char *peak = measured_rate(entry->peak_rate_bps);
    g_autofree char *measured = g_strdup_printf("%s mean, %s busiest second", mean, peak);
    g_autofree char *rate = quantity_format_rate(link_config_rate_bps(config));
    g_autofree char *limit = quantity_format_limit(link_config_queue_limit(config));
    g_autofree char *queue = spread_words(&entry->queue);
    g_autofree char *backlog = g_strdup_printf(
        "%" G_GINT64_FORMAT " frames median, %" G_GINT64_FORMAT " p99, %" G_GINT64_FORMAT " max",
        entry->queue_frames.p50_ns, entry->queue_frames.p99_ns, entry->queue_frames.max_ns);

    if (link_config_rate_bps(config) == 0) {
        text_row(self, "rate", "unlimited", measured);
        return;
    }
    text_row(self, "rate", rate, measured);
    text_row(self, "queue", limit, queue);
    text_row(self, "backlog", "", backlog);
}

// The share that the model asks for, or its name where that is none (a list that ends).
static char *text_configured_loss(const LinkConfig *config)
{
    if (link_config_loss(config) == 0 && link_config_loses_in_runs(config))
        return g_strdup(link_config_loss_model(config));
    return quantity_format_probability(link_config_loss(config));
}

static void text_loss(TextReport *self, const DirectionReport *entry, const LinkConfig *config)
{
    g_autofree char *configured = text_configured_loss(config);
    g_autofree char *measured = NULL;

    if (link_config_loss(config) == 0 && entry->loss.n_hits == 0)
        return;
    measured =
        g_strdup_printf("%.3g%% (%.3g to %.3g%% at 95 %% confidence)", 100 * entry->loss.share,
                        100 * entry->loss.low, 100 * entry->loss.high);
    text_row(self, "loss", configured, entry->loss.n_trials > 0 ? measured : "no frames");
}

// How long bursts were and how far apart; of independent losses that says nothing new.
static void text_loss_runs(TextReport *self, const DirectionReport *entry, const LinkConfig *config)
{
    double burst = run_lengths_mean(&entry->loss_bursts), gap = run_lengths_mean(&entry->loss_gaps);
    char max_burst[32], max_gap[32];
    g_autofree char *measured = NULL;

    if (burst == 0 || !link_config_loses_in_runs(config))
        return;
    measured =
        g_strdup_printf("mean %.*f, max %s; gaps: mean %.*f, max %s", burst < 100 ? 2 : 0, burst,
                        grouped(max_burst, counter_get(&entry->loss_bursts.max)), gap < 100 ? 2 : 0,
                        gap, grouped(max_gap, counter_get(&entry->loss_gaps.max)));
    text_row(self, "bursts", link_config_loss_model(config), measured);
}

// By RFC 4737. What was asked for has no short form: a share of frames, or any jitter.
static void text_reordering(TextReport *self, const DirectionReport *entry)
{
    const ReorderingReport *reordering = &entry->reordering;
    g_autofree char *measured = NULL;

    if (!reordering->is_watched)
        return;
    measured =
        g_strdup_printf("%.3g%%, extent %.3g mean, %" G_GUINT64_FORMAT " max, %.3g%% 3-reordered",
                        100 * reordering->ratio, reordering->mean_extent, reordering->max_extent,
                        100 * reordering->n_ratio);
    text_row(self, "reorder", "", measured);
}

// "in 12,345 = out 12,200 + dropped 145 (loss 123, queue-full 22) + held 0"
static void text_accounts(TextReport *self, const DirectionReport *entry)
{
    g_autoptr(GString) words = g_string_new("frames: ");
    char room[32];
    const char *separator = " (";
    uint64_t n_dropped = 0;

    for (int reason = 0; reason < N_DROP_REASONS; reason++)
        n_dropped += entry->dropped_frames[reason];
    g_string_append_printf(words, "in %s", grouped(room, entry->in_frames));
    if (entry->copied_frames > 0)
        g_string_append_printf(words, " + copied %s", grouped(room, entry->copied_frames));
    g_string_append_printf(words, " = out %s", grouped(room, entry->out_frames));
    g_string_append_printf(words, " + dropped %s", grouped(room, n_dropped));
    for (int reason = 0; reason < N_DROP_REASONS; reason++) {
        if (entry->dropped_frames[reason] == 0)
            continue;
        g_string_append_printf(words, "%s%s %s", separator, drop_reason_name((DropReason)reason),
                               grouped(room, entry->dropped_frames[reason]));
        separator = ", ";
    }
    g_string_append_printf(words, "%s + held %s", n_dropped > 0 ? ")" : "",
                           grouped(room, entry->held_frames));
    if (entry->unaccounted_frames != 0)
        g_string_append_printf(words, " + UNACCOUNTED %" G_GINT64_FORMAT,
                               entry->unaccounted_frames);
    if (entry->marked_frames > 0)
        g_string_append_printf(words, "; marked %s", grouped(room, entry->marked_frames));
    if (entry->corrupted_frames > 0)
        g_string_append_printf(words, "; corrupted %s", grouped(room, entry->corrupted_frames));
    text_wrapped(self, words->str, 4);
}

// "fault 1 (drop, which 5, 6, 9): matched 12, hit 3"
static void text_faults(TextReport *self, const GArray *faults)
{
    char matched[32], hit[32];

    for (guint i = 0; i < faults->len; i++) {
        const FaultReport *entry = &g_array_index(faults, FaultReport, i);
        g_autofree char *words = g_strdup_printf(
            "fault %u (%s): matched %s, hit %s", entry->rule->number, entry->rule->text,
            grouped(matched, entry->matched_frames), grouped(hit, entry->hit_frames));

        text_wrapped(self, words, 4);
    }
}

static void text_ends(TextReport *self, const DirectionReport *entry)
{
    g_autofree char *words = g_strdup_printf("%s to %s", entry->from, entry->to);

    text_wrapped(self, words, 2);
}

// What the figures are compared with is the file; a link may have been something else.
static void text_in_force(TextReport *self, const LinkInForce *in_force)
{
    g_autofree char *state = NULL, *words = NULL;
    char room[32];

    if (in_force->n_changes == 0 && !in_force->is_down)
        return;
    state = link_state_words(in_force->config, in_force->is_down);
    words = in_force->n_changes == 1
                ? g_strdup_printf("changed once from what the file says: %s", state)
                : g_strdup_printf("changed %s times from what the file says, at last: %s",
                                  grouped(room, in_force->n_changes), state);
    text_wrapped(self, words, 4);
}

static void text_replay(TextReport *self, const DirectionReport *entry)
{
    g_autofree char *words = NULL;
    char room[32];

    if (!entry->is_replayed)
        return;
    words =
        entry->unrecorded_frames == 0
            ? g_strdup("fates as recorded")
            : g_strdup_printf("fates as recorded, but for %s frames beyond the recording, which "
                              "met rate and delay only",
                              grouped(room, entry->unrecorded_frames));
    text_wrapped(self, words, 4);
}

static void text_links(TextReport *self, const Report *report)
{
    for (guint i = 0; i < report->directions->len; i++) {
        const DirectionReport *entry = &g_array_index(report->directions, DirectionReport, i);
        const LinkConfig *config = entry->link->directions[entry->direction];

        if (entry->direction == LINK_FORWARD) {
            g_autofree char *heading = g_strdup_printf("link %s", entry->link->name);

            text_heading(self, heading);
        }
        text_ends(self, entry);
        text_in_force(self, &entry->in_force);
        text_replay(self, entry);
        if (entry->in_frames == 0) {
            g_string_append(self->text, "    no frames\n");
            continue;
        }
        text_rate(self, entry, config);
        text_delay(self, entry, config);
        text_loss(self, entry, config);
        text_loss_runs(self, entry, config);
        text_reordering(self, entry);
        text_accounts(self, entry);
        text_faults(self, entry->faults);
    }
}

static void text_change(TextReport *self, const ChangeRecord *record)
{
    g_autofree char *place = change_place_words(record->entry);
    g_autofree char *action = change_action_words(record);
    g_autofree char *origin = change_origin_words(record->entry);
    g_autofree char *words =
        g_strdup_printf("%.6f s  %s: %s (%s)", (double)record->at_ns / 1e9, place, action, origin);

    text_wrapped(self, words, 2);
}

static void text_changes(TextReport *self, const ChangeLog *changes)
{
    uint64_t n_left_out = changes != NULL ? change_log_total(changes) -
                                                MIN(change_log_total(changes), 2 * TEXT_CHANGES)
                                          : 0;
    unsigned n_kept = changes != NULL ? change_log_count(changes) : 0;
    char room[32];

    if (n_kept > 0)
        text_heading(self, "changes");
    for (unsigned n = 0; n < n_kept; n++) {
        if (n_left_out > 0 && n == TEXT_CHANGES) {
            g_string_append_printf(self->text, "  ... %s more\n", grouped(room, n_left_out));
            n = n_kept - TEXT_CHANGES;
        }
        text_change(self, change_log_get(changes, n));
    }
}

// Only drops that a reader would look for: what a switch filters is its work.
static void text_drops_of(TextReport *self, const char *name, const char *reason, uint64_t n_frames,
                          bool *has_heading)
{
    char room[32];
    g_autofree char *words = NULL;

    if (n_frames == 0)
        return;
    if (!*has_heading)
        text_heading(self, "dropped by devices and nodes (frames)");
    *has_heading = true;
    words = g_strdup_printf("%s  %s %s", name, reason, grouped(room, n_frames));
    text_wrapped(self, words, 2);
}

static void text_drops(TextReport *self, const Report *report)
{
    bool has_heading = false;

    for (guint i = 0; i < report->devices->len; i++) {
        const DeviceReport *entry = &g_array_index(report->devices, DeviceReport, i);
        g_autofree char *name =
            g_strdup_printf("%s:%s", entry->interface->node->name, entry->interface->name);

        for (int reason = 0; reason < N_DROP_REASONS; reason++)
            text_drops_of(self, name, drop_reason_name((DropReason)reason),
                          entry->dropped_frames[reason], &has_heading);
        text_drops_of(self, name,
                      entry->has_lost_carrier ? "dropped by its host, without a carrier for a while"
                                              : "dropped inside the device",
                      entry->kernel_dropped_to_us, &has_heading);
    }
    for (guint i = 0; i < report->nodes->len; i++) {
        const NodeReport *entry = &g_array_index(report->nodes, NodeReport, i);

        for (int reason = 0; reason < N_DROP_REASONS; reason++)
            text_drops_of(self, entry->node->name, drop_reason_name((DropReason)reason),
                          entry->dropped_frames[reason], &has_heading);
    }
}

static void text_files(TextReport *self, const Report *report)
{
    char written[32], lost[32];

    if (report->files->len == 0)
        return;
    text_heading(self, "files");
    for (guint i = 0; i < report->files->len; i++) {
        const WriterResult *entry = &g_array_index(report->files, WriterResult, i);
        const char *path = strcmp(entry->path, "-") == 0 ? "standard output" : entry->path;

        if (g_utf8_strlen(path, -1) > TEXT_PATH_COLUMNS) {
            g_string_append_printf(self->text, "  %s\n", path);
            path = "";
        }
        g_string_append_printf(self->text, "  %-*s %12s frames", TEXT_PATH_COLUMNS, path,
                               grouped(written, entry->written_frames));
        if (entry->kind == WRITER_FATES)
            g_string_append(self->text, "' fates");
        if (entry->lost_frames > 0)
            g_string_append_printf(self->text, ", %s not written",
                                   grouped(lost, entry->lost_frames));
        g_string_append_c(self->text, '\n');
        if (entry->error != NULL) {
            g_string_append(self->text, "    ");
            text_styled(self, ESCAPE_BAD, entry->error);
            g_string_append_c(self->text, '\n');
        }
    }
}

static void text_grants(TextReport *self, const Grants *grants)
{
    if (grants == NULL)
        return;
    text_heading(self, "asked for with --realtime");
    for (GrantKind kind = 0; kind < N_GRANTS; kind++) {
        const Grant *grant = grants_get(grants, kind);
        g_autofree char *words =
            grant->refusal != NULL ? g_strdup_printf("%s: refused: %s", grant->name, grant->refusal)
            : kind == GRANT_PINNED_CORE
                ? g_strdup_printf("%s: granted, core %d", grant->name, grants_core(grants))
                : g_strdup_printf("%s: granted", grant->name);

        if (grant->is_asked)
            text_wrapped(self, words, 2);
    }
}

static void text_lateness(TextReport *self, const Report *report)
{
    const Spread *lateness = &report->lateness;
    g_autofree char *p50 = measured_duration(lateness->p50_ns);
    g_autofree char *p99 = measured_duration(lateness->p99_ns);
    g_autofree char *p999 = measured_duration(lateness->p999_ns);
    g_autofree char *max = measured_duration(lateness->max_ns);
    char room[32];

    g_string_append_c(self->text, '\n');
    text_styled(self, ESCAPE_BOLD, "lateness");
    g_string_append_printf(self->text, " of %s departures\n  %s median, %s p99, %s p99.9, %s max\n",
                           grouped(room, lateness->count), p50, p99, p999, max);
}

// "0.12 % left late (1% may)"
static char *late_words(const Report *report)
{
    double percent = 100.0 * (double)report->verdict.late_frames / (double)report->lateness.count;
    g_autofree char *allowed = quantity_format_probability(report->scenario->fidelity.late_share);

    if (report->verdict.late_frames == 0)
        return g_strdup("none left late");
    if (percent < 0.01)
        return g_strdup_printf("under 0.01 %% left late (%s may)", allowed);
    return g_strdup_printf("%.2f %% left late (%s may)", percent, allowed);
}

static void text_valid(TextReport *self, const Report *report)
{
    const Verdict *verdict = &report->verdict;
    g_autofree char *late = late_words(report);
    char room[32];

    text_styled(self, ESCAPE_GOOD, "valid");
    if (verdict->unaccounted_frames == 0)
        g_string_append_printf(self->text, ": every frame is accounted for, %s\n", late);
    else
        g_string_append_printf(self->text, ": of the frames %s\n", late);
    if (verdict->unaccounted_frames > 0)
        g_string_append_printf(self->text, "  %s frames have no fate, within `unaccounted:`\n",
                               grouped(room, verdict->unaccounted_frames));
    if (verdict->device_drops > 0)
        g_string_append_printf(self->text,
                               "  %s frames were dropped inside devices, within `device_drops:`\n",
                               grouped(room, verdict->device_drops));
}

// What a run that is not valid may have been starved by.
static void text_machine(TextReport *self, const MachineShares *machine)
{
    g_autofree char *words =
        g_strdup_printf("all cores together were %.0f %% busy, %.0f %% for programs outside this "
                        "lab, and %.1f %% of their time was stolen by other virtual machines",
                        100 * machine->busy, 100 * machine->others, 100 * machine->stolen);

    if (machine->is_known)
        text_wrapped(self, words, 2);
}

static void text_verdict(TextReport *self, const Report *report)
{
    g_string_append_c(self->text, '\n');
    if (report->verdict.valid) {
        text_valid(self, report);
        return;
    }
    text_styled(self, ESCAPE_BAD, "NOT VALID");
    g_string_append(self->text, ": do not trust the figures of this run\n");
    for (guint i = 0; i < report->verdict.reasons->len; i++)
        text_wrapped(self, g_ptr_array_index(report->verdict.reasons, i), 2);
    text_machine(self, &report->machine);
}

char *report_to_text(const Report *report, bool colour)
{
    TextReport self = {g_string_new(NULL), colour};

    text_styled(&self, ESCAPE_BOLD, report->scenario->name);
    if (*report->scenario->combination != '\0')
        g_string_append_printf(self.text, " [%s]", report->scenario->combination);
    g_string_append_printf(self.text, ": seed %" G_GUINT64_FORMAT ", %.1f s%s\n", report->seed,
                           (double)report->elapsed_ns / 1e9,
                           report->interrupted ? ", interrupted" : "");
    text_tasks(&self, report);
    text_expectations(&self, report);
    text_links(&self, report);
    text_changes(&self, report->changes);
    text_drops(&self, report);
    text_files(&self, report);
    text_grants(&self, report->grants);
    text_lateness(&self, report);
    text_verdict(&self, report);
    return g_string_free(self.text, FALSE);
}
