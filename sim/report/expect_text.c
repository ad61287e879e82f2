// SPDX-License-Identifier: Apache-2.0
#include "sim/report/expect_text.h"

#include <string.h>

// "taploom run x.yaml --seed 7": the same run again.
static char *expect_run_words(const Report *report)
{
    g_autofree char *file = g_shell_quote(report->scenario->path);
    const char *path = strpbrk(report->scenario->path, " '\"$\\&;()<>|*?`!#~") != NULL
                           ? file
                           : report->scenario->path;

    return g_strdup_printf("taploom run %s --seed %" G_GUINT64_FORMAT, path, report->seed);
}

static const char *expect_capture_path(const Report *report, const CaptureSpec *capture)
{
    const WriterResult *file = report_capture_file(report, capture);

    return file != NULL ? file->path : capture->file;
}

// The commands, one a line.
static void expect_append_commands(TextReport *self, const Report *report, const ExpectSpec *spec)
{
    g_autofree char *run = expect_run_words(report);
    g_autofree char *filter = g_shell_quote(spec->filter != NULL ? spec->filter : "");

    switch (spec->subject) {
    case EXPECT_LINK:
        g_string_append_printf(self->text, "      taploom explain %s\n      %s --fates fates.csv\n",
                               report->scenario->path, run);
        break;
    case EXPECT_CAPTURE:
        g_string_append_printf(self->text, "      tcpdump -nr %s %s\n",
                               expect_capture_path(report, spec->capture),
                               spec->filter != NULL ? filter : "");
        break;
    case EXPECT_TASK:
    case EXPECT_PROBE:
        g_string_append_printf(self->text, "      %s --capture .\n", run);
        if (spec->task->node != NULL)
            g_string_append_printf(self->text, "      taploom shell %s   # while it runs\n",
                                   spec->task->node->name);
        break;
    }
}

static void expect_append_failed(TextReport *self, const Report *report, const ExpectReport *entry)
{
    g_autofree char *where =
        g_strdup_printf("%s:%zu: expected %s, got %s", report->scenario->path,
                        entry->spec->position.line, entry->spec->expected, entry->got);

    text_wrapped(self, where, 4);
    g_string_append(self->text, "    to look closer:\n");
    expect_append_commands(self, report, entry->spec);
}

void text_expectations(TextReport *self, const Report *report)
{
    const GArray *entries = report->expectations;

    if (entries->len == 0)
        return;
    text_heading(self, "expectations");
    for (guint i = 0; i < entries->len; i++) {
        const ExpectReport *entry = &g_array_index(entries, ExpectReport, i);
        g_autofree char *words = entry->passed ? g_strdup_printf("%s %s: %s", entry->spec->name,
                                                                 entry->spec->expected, entry->got)
                                               : g_strdup(entry->spec->name);

        text_styled(self,
                    entry->passed       ? ESCAPE_GOOD
                    : entry->spec->soft ? ESCAPE_WARN
                                        : ESCAPE_BAD,
                    entry->passed       ? "  holds "
                    : entry->spec->soft ? "  warning "
                                        : "  FAILED ");
        text_wrapped(self, words, 0);
        if (!entry->passed)
            expect_append_failed(self, report, entry);
    }
}
