// SPDX-License-Identifier: Apache-2.0
#include "sim/report/expect_text.h"

#include <string.h>

// A word as a shell reads it; the caller frees it.
static char *shell_word(const char *word)
{
    return strpbrk(word, " '\"$\\&;()<>|*?`!#~[]{}") != NULL ? g_shell_quote(word) : g_strdup(word);
}

// "taploom explain x.yaml --matrix loss=1%".
static char *expect_command_words(const Report *report, const char *command)
{
    g_autofree char *path = shell_word(report->scenario->path);
    g_autofree char *combination = shell_word(report->scenario->combination);

    return g_strdup_printf("taploom %s %s%s%s", command, path,
                           *combination != '\0' ? " --matrix " : "", combination);
}

static const char *expect_capture_path(const Report *report, const CaptureSpec *capture)
{
    const WriterResult *file = report_capture_file(report, capture);

    return file != NULL ? file->path : capture->file;
}

// Takes the command; one that is there already is left out.
static void commands_add(GPtrArray *commands, char *command)
{
    if (g_ptr_array_find_with_equal_func(commands, command, g_str_equal, NULL))
        g_free(command);
    else
        g_ptr_array_add(commands, command);
}

static void expect_add_commands(GPtrArray *commands, const Report *report, const ExpectSpec *spec)
{
    g_autofree char *same = expect_command_words(report, "run");
    g_autofree char *run = g_strdup_printf("%s --seed %" G_GUINT64_FORMAT, same, report->seed);

    switch (spec->subject) {
    case EXPECT_LINK:
        commands_add(commands, expect_command_words(report, "explain"));
        commands_add(commands, g_strdup_printf("%s --fates fates.csv", run));
        break;
    case EXPECT_CAPTURE: {
        g_autofree char *file = shell_word(expect_capture_path(report, spec->capture));
        g_autofree char *filter = spec->filter != NULL ? g_shell_quote(spec->filter) : NULL;

        commands_add(commands,
                     g_strdup_printf("tcpdump -nr %s%s%s", file, filter != NULL ? " " : "",
                                     filter != NULL ? filter : ""));
        break;
    }
    case EXPECT_TASK:
    case EXPECT_PROBE:
        commands_add(commands, g_strdup_printf("%s --capture .", run));
        if (spec->task->node != NULL)
            commands_add(commands, g_strdup_printf("taploom shell %s   # while it runs",
                                                   spec->task->node->name));
        break;
    }
}

static void expect_append(TextReport *self, const Report *report, const ExpectReport *entry)
{
    g_autofree char *where = NULL;
    g_autofree char *words = entry->passed ? g_strdup_printf("%s %s: %s", entry->spec->name,
                                                             entry->spec->expected, entry->got)
                                           : g_strdup(entry->spec->name);

    text_styled(self,
                entry->passed       ? ESCAPE_GOOD
                : entry->spec->soft ? ESCAPE_WARN
                                    : ESCAPE_BAD,
                entry->passed       ? "  holds   "
                : entry->spec->soft ? "  warning "
                                    : "  FAILED  ");
    text_wrapped(self, words, 0);
    if (entry->passed)
        return;
    where = g_strdup_printf("%s:%zu: expected %s, got %s", report->scenario->path,
                            entry->spec->position.line, entry->spec->expected, entry->got);
    text_wrapped(self, where, 4);
}

void text_expectations(TextReport *self, const Report *report)
{
    const GArray *entries = report->expectations;
    g_autoptr(GPtrArray) commands = g_ptr_array_new_with_free_func(g_free);

    if (entries->len == 0)
        return;
    text_heading(self, "expectations");
    for (guint i = 0; i < entries->len; i++) {
        const ExpectReport *entry = &g_array_index(entries, ExpectReport, i);

        expect_append(self, report, entry);
        if (!entry->passed)
            expect_add_commands(commands, report, entry->spec);
    }
    for (guint i = 0; i < commands->len; i++)
        g_string_append_printf(self->text, "%s    %s\n", i == 0 ? "  to look closer:\n" : "",
                               (const char *)g_ptr_array_index(commands, i));
}
