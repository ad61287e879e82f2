// SPDX-License-Identifier: Apache-2.0
// Sections in the order in which they are read: tasks, expectations, links, devices that lost
// something, captures, what --realtime was granted, lateness, verdict. What is as it should be
// stays out.
#include "sim/report/report_text.h"

#include <string.h>

#include "sim/report/change_words.h"
#include "sim/report/expect_text.h"
#include "sim/report/links_text.h"
#include "sim/report/measured.h"
#include "sim/report/text_lines.h"

enum {
    TEXT_TASK_COLUMNS = 56, // of host and command together
    TEXT_HOST_MIN_COLUMNS = 10,
    TEXT_HOST_MAX_COLUMNS = 16,
    TEXT_PATH_COLUMNS = 36,
    TEXT_CHANGES = 10, // that are printed of the first ones, and of the last
};

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
    char room[MEASURED_COUNT_BYTES];

    if (n_kept > 0)
        text_heading(self, "changes");
    for (unsigned n = 0; n < n_kept; n++) {
        if (n_left_out > 0 && n == TEXT_CHANGES) {
            g_string_append_printf(self->text, "  ... %s more\n", measured_count(room, n_left_out));
            n = n_kept - TEXT_CHANGES;
        }
        text_change(self, change_log_get(changes, n));
    }
}

// Only drops that a reader would look for: what a switch filters is its work.
static void text_drops_of(TextReport *self, const char *name, const char *reason, uint64_t n_frames,
                          bool *has_heading)
{
    char room[MEASURED_COUNT_BYTES];
    g_autofree char *words = NULL;

    if (n_frames == 0)
        return;
    if (!*has_heading)
        text_heading(self, "dropped by devices and nodes (frames)");
    *has_heading = true;
    words = g_strdup_printf("%s  %s %s", name, reason, measured_count(room, n_frames));
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
    char written[MEASURED_COUNT_BYTES], lost[MEASURED_COUNT_BYTES];

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
                               measured_count(written, entry->written_frames));
        if (entry->kind == WRITER_FATES)
            g_string_append(self->text, "' fates");
        if (entry->lost_frames > 0)
            g_string_append_printf(self->text, ", %s not written",
                                   measured_count(lost, entry->lost_frames));
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
    char room[MEASURED_COUNT_BYTES];

    g_string_append_c(self->text, '\n');
    text_styled(self, ESCAPE_BOLD, "lateness");
    g_string_append_printf(self->text, " of %s departures\n  %s median, %s p99, %s p99.9, %s max\n",
                           measured_count(room, lateness->count), p50, p99, p999, max);
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
    char room[MEASURED_COUNT_BYTES];

    text_styled(self, ESCAPE_GOOD, "valid");
    if (verdict->unaccounted_frames == 0)
        g_string_append_printf(self->text, ": every frame is accounted for, %s\n", late);
    else
        g_string_append_printf(self->text, ": of the frames %s\n", late);
    if (verdict->unaccounted_frames > 0)
        g_string_append_printf(self->text, "  %s frames have no fate, within `unaccounted:`\n",
                               measured_count(room, verdict->unaccounted_frames));
    if (verdict->device_drops > 0)
        g_string_append_printf(self->text,
                               "  %s frames were dropped inside devices, within `device_drops:`\n",
                               measured_count(room, verdict->device_drops));
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
