// SPDX-License-Identifier: Apache-2.0
// All of it says nothing on its own while it goes well, unless asked to: the streams are the
// command's.
#include "sim/commands/one_line.h"

#include <stdio.h>
#include <string.h>

#include "sim/commands/link_options.h"
#include "sim/commands/output_file.h"
#include "sim/lab/session.h"
#include "sim/report/report_text.h"

enum { STATUS_INTERRUPTED = 130 }; // as a shell has it for SIGINT

struct OneLine {
    const Command *command;
    LinkOptions *link;
    GArray *entries; // of GOptionEntry
    char *seed, *mtu;
    char *report_path, *capture_directory;
    gboolean strict, verbose, print;
};

OneLine *one_line_new(const Command *command)
{
    OneLine *self = g_new0(OneLine, 1);

    self->command = command;
    self->link = link_options_new();
    self->entries = g_array_new(TRUE, FALSE, sizeof(GOptionEntry));
    return self;
}

void one_line_free(OneLine *self)
{
    link_options_free(self->link);
    g_array_unref(self->entries);
    g_free(self->seed);
    g_free(self->mtu);
    g_free(self->report_path);
    g_free(self->capture_directory);
    g_free(self);
}

const GOptionEntry *one_line_entries(OneLine *self, const GOptionEntry *own)
{
    const GOptionEntry common[] = {
        {"seed", 0, 0, G_OPTION_ARG_STRING, &self->seed, "of all randomness", "N"},
        {"mtu", 0, 0, G_OPTION_ARG_STRING, &self->mtu, "of both hosts", "BYTES"},
        {"report", 0, 0, G_OPTION_ARG_FILENAME, &self->report_path, "write the report as JSON",
         "FILE"},
        {"capture", 0, 0, G_OPTION_ARG_FILENAME, &self->capture_directory,
         "capture both interfaces into this directory", "DIR"},
        {"strict", 0, 0, G_OPTION_ARG_NONE, &self->strict,
         "exit with status 4 when the run is not valid", NULL},
        {"verbose", 0, 0, G_OPTION_ARG_NONE, &self->verbose, "the whole report on standard error",
         NULL},
        {"print", 0, 0, G_OPTION_ARG_NONE, &self->print,
         "print this as a scenario for taploom run, and do nothing", NULL},
    };

    for (; own->long_name != NULL; own++)
        g_array_append_val(self->entries, *own);
    g_array_append_vals(self->entries, common, G_N_ELEMENTS(common));
    link_options_add_entries(self->link, self->entries);
    return (const GOptionEntry *)self->entries->data;
}

// One error or warning of the loader, "PATH:LINE:COLUMN: WHERE: MESSAGE", with its option instead.
static void one_line_print_error(const OneLine *self, const char *line)
{
    g_auto(GStrv) parts = g_strsplit(line, ": ", 3);
    g_autofree char *option = NULL;

    if (g_strv_length(parts) < 3) {
        fprintf(stderr, "taploom %s: %s\n", self->command->name, line);
        return;
    }
    option = link_options_where(parts[1]);
    fprintf(stderr, "taploom %s: %s: %s\n", self->command->name, option, parts[2]);
}

static void one_line_print_errors(const OneLine *self, const char *errors)
{
    g_auto(GStrv) lines = g_strsplit(errors, "\n", -1);

    for (char **line = lines; *line != NULL; line++)
        if (**line != '\0')
            one_line_print_error(self, *line);
}

static bool one_line_write(const OneLine *self, ScenarioText *text, GError **error)
{
    text_block_line(text->top, "name: %s", self->command->name);
    if (self->seed != NULL) {
        g_autofree char *seed = scenario_text_value(self->seed);

        text_block_line(text->top, "seed: %s", seed);
    }
    if (self->mtu != NULL) {
        g_autofree char *mtu = scenario_text_value(self->mtu);

        text_block_line(text->top, "defaults: {node: {mtu: %s}}", mtu);
    }
    return link_options_write(self->link, text, error);
}

char *one_line_shell_line(char **command)
{
    g_autoptr(GString) line = g_string_new(NULL);

    for (; *command != NULL; command++) {
        bool is_plain =
            **command != '\0' && strpbrk(*command, " \t\n\"'\\$`&|;<>()*?[]#~!{}") == NULL;
        g_autofree char *word = is_plain ? g_strdup(*command) : g_shell_quote(*command);

        g_string_append_printf(line, "%s%s", line->len > 0 ? " " : "", word);
    }
    return g_utf8_make_valid(line->str, -1);
}

Scenario *one_line_load(const OneLine *self, ScenarioText *text, int *status)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Scenario) scenario = NULL;
    g_autofree char *yaml = NULL;
    g_autofree char *errors = NULL;

    *status = STATUS_USAGE;
    if (!one_line_write(self, text, &error)) {
        fprintf(stderr, "taploom %s: %s\n", self->command->name, error->message);
        return NULL;
    }
    if (!output_file_check("--report", self->report_path, &error)) {
        fprintf(stderr, "taploom %s: %s\n", self->command->name, error->message);
        *status = STATUS_REFUSED;
        return NULL;
    }
    yaml = scenario_text_print(text);
    scenario = scenario_parse(self->command->name, yaml, strlen(yaml), &errors);
    if (scenario == NULL) {
        one_line_print_errors(self, errors);
        return NULL;
    }
    *status = STATUS_OK;
    for (guint i = 0; self->verbose && i < scenario->warnings->len; i++)
        one_line_print_error(self, g_ptr_array_index(scenario->warnings, i));
    if (!self->print)
        return g_steal_pointer(&scenario);
    fputs(yaml, stdout);
    return NULL;
}

static Session *one_line_open(const OneLine *self, Lab *lab, Console *console, Relay *relay,
                              GError **error)
{
    const Scenario *scenario = lab_scenario(lab);

    if (!self->verbose)
        console_set_quiet(console);
    if (relay != NULL) {
        Host *machine = lab_host(lab, scenario_node(scenario, "machine"));

        if (!relay_join(relay, lab_enclosure(lab), machine, error) ||
            (host_spec(machine)->forward && !relay_open_outside(relay, machine, error)))
            return NULL;
    }
    return session_new(lab, console, error);
}

static int one_line_status(const OneLine *self, const Report *report)
{
    const TaskReport *last = &g_array_index(report->tasks, TaskReport, report->tasks->len - 1);

    if (self->strict && !report->verdict.valid)
        return STATUS_INVALID;
    if (last->exit_status >= 0)
        return last->exit_status;
    return report->interrupted ? STATUS_INTERRUPTED : STATUS_FAILED;
}

static void one_line_print_verdict(const OneLine *self, const Report *report)
{
    g_autoptr(GString) reasons = g_string_new(NULL);

    for (guint i = 0; i < report->verdict.reasons->len; i++)
        g_string_append_printf(reasons, "%s%s", i > 0 ? "; " : "",
                               (const char *)g_ptr_array_index(report->verdict.reasons, i));
    fprintf(stderr, "taploom %s: not valid: %s\n", self->command->name, reasons->str);
}

static int one_line_conclude(const OneLine *self, const Report *report, bool is_coloured)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;

    if (self->verbose) {
        text = report_to_text(report, is_coloured);
        fputs(text, stderr);
    } else if (!report->verdict.valid) {
        one_line_print_verdict(self, report);
    }
    if (self->report_path == NULL || output_file_write_report(report, self->report_path, &error))
        return one_line_status(self, report);
    fprintf(stderr, "taploom %s: report: %s\n", self->command->name, error->message);
    return STATUS_REFUSED;
}

int one_line_run(const OneLine *self, Scenario *scenario, const char *const *argv, Relay *relay)
{
    LabOptions options = {.capture_directory = self->capture_directory,
                          .capture_all = self->capture_directory != NULL};
    TaskSpec *task = g_ptr_array_index(scenario->tasks, scenario->tasks->len - 1);
    g_autoptr(Console) console = NULL;
    g_autoptr(Lab) lab = NULL;
    g_autoptr(Session) session = NULL;
    g_autoptr(GError) error = NULL;
    int status;

    task->argv = g_strdupv((char **)argv);
    console = console_new(stderr, (int)strlen(task->node->name));
    lab = lab_open(scenario, &options, &error);
    if (lab != NULL)
        session = one_line_open(self, lab, console, relay, &error);
    if (session == NULL) {
        fprintf(stderr, "taploom %s: %s\n", self->command->name, error->message);
        status = STATUS_REFUSED;
    } else {
        session_run(session, STATUS_INTERRUPTED);
        status = one_line_conclude(self, session_report(session), console_is_coloured(console));
    }
    if (relay != NULL)
        relay_leave(relay);
    return status;
}
