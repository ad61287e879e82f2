// SPDX-License-Identifier: Apache-2.0
// taploom run: a scenario from its file to its verdict, with fates drawn or recorded.
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/quote.h"
#include "sim/commands/output_file.h"
#include "sim/commands/run.h"
#include "sim/lab/session.h"
#include "sim/realtime/machine.h"
#include "sim/report/report_text.h"

static int run_run(int argc, char **argv);

const Command run_command = {
    .name = "run",
    .arguments = "FILE",
    .summary = "Run a scenario and report what was measured",
    .run = run_run,
};

typedef struct {
    char *seed;
    char *duration;
    char *report_path;
    char *capture_directory;
    char *fates_path;
    char **choices;
    gboolean strict;
    gboolean spin, eco, realtime, shares_cores;
} RunOptions;

static void run_options_clear(RunOptions *options)
{
    g_free(options->seed);
    g_free(options->duration);
    g_free(options->report_path);
    g_free(options->capture_directory);
    g_free(options->fates_path);
    g_strfreev(options->choices);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RunOptions, run_options_clear)

static bool run_override(Scenario *scenario, const RunOptions *options, GError **error)
{
    if (options->fates_path != NULL)
        fates_set(scenario, options->fates_path);
    return command_parse_count("--seed", options->seed, &scenario->seed, error) &&
           command_parse_duration_ns("--duration", options->duration, &scenario->duration_ns,
                                     error);
}

// Before anything starts: which options go together, and with this machine.
static bool run_check_waiting(const RunOptions *options, GError **error)
{
    if (options->spin && options->eco) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--spin never sleeps and --eco never polls: leave out one of them");
        return false;
    }
    if (options->shares_cores && !options->realtime) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--share-cores says how --realtime is meant: give both, or neither");
        return false;
    }
    if (options->spin && machine_n_cores() == 1) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--spin takes a core for itself, and this process may run on one only, which "
                    "the hosts need: leave it out, or give it more cores (taskset(1))");
        return false;
    }
    return true;
}

static WaitMode run_wait_mode(const RunOptions *options)
{
    return options->spin ? WAIT_SPIN : options->eco ? WAIT_ECO : WAIT_ADAPTIVE;
}

void run_tell_refusals(const Grants *grants)
{
    for (GrantKind kind = 0; grants != NULL && kind < N_GRANTS; kind++) {
        const Grant *grant = grants_get(grants, kind);

        if (grant->refusal != NULL)
            fprintf(stderr, "taploom: --realtime: %s refused: %s\n", grant->name, grant->refusal);
    }
}

// Whether the scenario has all links of which something is recorded.
static bool run_check_fates(const Scenario *scenario, const FateFile *fates, const char *path)
{
    for (unsigned i = 0; i < fate_file_n_links(fates); i++) {
        size_t line;
        const char *name = fate_file_link(fates, i, &line);
        g_autofree char *quote = quote_new(name);

        if (scenario_link(scenario, name) != NULL)
            continue;
        fprintf(stderr,
                "%s:%zu: link: %s is no link of %s: replay what was recorded with this scenario\n",
                path, line, quote, scenario->path);
        return false;
    }
    return true;
}

// The fates to be replayed, which go with the scenario; NULL after an error was printed.
static FateFile *run_read_fates(const Scenario *scenario, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FateFile) fates = fate_file_read(path, &error);

    if (fates == NULL) {
        fprintf(stderr, "%s\n", error->message);
        return NULL;
    }
    return run_check_fates(scenario, fates, path) ? g_steal_pointer(&fates) : NULL;
}

// What is replayed stays: the scenario's own `fates:` may be where it was recorded, so only --fates
// is written, to another file.
static bool run_keep_fates(Scenario *scenario, const RunOptions *options, const char *path)
{
    struct stat recorded, written;

    if (options->fates_path == NULL) {
        g_clear_pointer(&scenario->fates.file, g_free);
        return true;
    }
    if (stat(path, &recorded) < 0 || stat(options->fates_path, &written) < 0 ||
        recorded.st_dev != written.st_dev || recorded.st_ino != written.st_ino)
        return true;
    fprintf(stderr, "taploom: --fates %s: is what is replayed: name another file\n",
            options->fates_path);
    return false;
}

static void run_warn_of_unrecorded(const Scenario *scenario, const FateFile *fates,
                                   const char *path)
{
    for (guint i = 0; i < scenario->links->len; i++) {
        const LinkSpec *link = g_ptr_array_index(scenario->links, i);

        if (fate_file_table(fates, link->name, LINK_FORWARD) == NULL)
            fprintf(stderr,
                    "%s: warning: nothing is recorded of link %s: its fates are drawn as in a "
                    "run\n",
                    path, link->name);
    }
}

static bool run_wants(const char *option, const char *path)
{
    return option != NULL && strcmp(option, path) == 0;
}

static bool run_captures_to_stdout(const Scenario *scenario)
{
    for (guint i = 0; i < scenario->captures->len; i++) {
        const CaptureSpec *capture = g_ptr_array_index(scenario->captures, i);

        if (strcmp(capture->file, "-") == 0)
            return true;
    }
    return scenario->fates.file != NULL && strcmp(scenario->fates.file, "-") == 0;
}

static int run_status(const Report *report, bool strict)
{
    if (strict && !report->verdict.valid)
        return STATUS_INVALID;
    return report_tasks_succeeded(report) && report_expectations_hold(report) ? STATUS_OK
                                                                              : STATUS_FAILED;
}

static int run_host_columns(const Scenario *scenario)
{
    size_t columns = 0;

    for (guint i = 0; i < scenario->tasks->len; i++) {
        const TaskSpec *task = g_ptr_array_index(scenario->tasks, i);

        if (task->node != NULL)
            columns = MAX(columns, strlen(task->node->name));
    }
    return (int)columns;
}

// Runs the lab and prints; the exit status.
static int run_lab(const Scenario *scenario, const FateFile *replay, const RunOptions *options,
                   FILE *stream)
{
    LabOptions lab_options = {.capture_directory = options->capture_directory,
                              .capture_all = options->capture_directory != NULL,
                              .wait_mode = run_wait_mode(options),
                              .realtime = options->realtime,
                              .shares_cores = options->shares_cores,
                              .replay = replay};
    bool strict = options->strict || scenario->fidelity.strict;
    g_autoptr(GError) error = NULL;
    g_autoptr(Lab) lab = NULL;
    g_autoptr(Console) console = NULL;
    g_autoptr(Session) session = NULL;
    g_autofree char *text = NULL;
    int status;

    lab = lab_open(scenario, &lab_options, &error);
    if (lab != NULL) {
        console = console_new(stream, run_host_columns(scenario));
        session = session_new(lab, console, &error);
    }
    if (session == NULL) {
        fprintf(stderr, "taploom: %s\n", error->message);
        return STATUS_REFUSED;
    }
    run_tell_refusals(lab_grants(lab));
    session_run(session, STATUS_FAILED);
    status = run_status(session_report(session), strict);
    text = report_to_text(session_report(session), console_is_coloured(console));
    console_print(console, scenario->tasks->len > 0 ? "\n" : "");
    console_print(console, text);
    if (options->report_path != NULL &&
        !output_file_write_report(session_report(session), options->report_path, &error)) {
        fprintf(stderr, "taploom: report: %s\n", error->message);
        status = STATUS_REFUSED;
    }
    return status;
}

int run_main(const Command *command, int argc, char **argv, bool replays)
{
    g_auto(RunOptions) options = {0};
    const GOptionEntry entries[] = {
        {"seed", 0, 0, G_OPTION_ARG_STRING, &options.seed, "of all randomness, for `seed:`", "N"},
        {"duration", 0, 0, G_OPTION_ARG_STRING, &options.duration,
         "how long to run, for `duration:`", "TIME"},
        {"report", 0, 0, G_OPTION_ARG_FILENAME, &options.report_path,
         "write the report as JSON; - is standard output", "FILE"},
        {"capture", 0, 0, G_OPTION_ARG_FILENAME, &options.capture_directory,
         "where captures go; all interfaces without `capture:`", "DIR"},
        {"fates", 0, 0, G_OPTION_ARG_FILENAME, &options.fates_path,
         "write what became of each frame; .jsonl: JSON lines, else CSV", "FILE"},
        {"matrix", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.choices,
         "of `matrix:` and `variables:`; else of a matrix the first", "NAME=VALUE,…"},
        {"strict", 0, 0, G_OPTION_ARG_NONE, &options.strict,
         "exit with status 4 when the run is not valid", NULL},
        {"spin", 0, 0, G_OPTION_ARG_NONE, &options.spin,
         "never sleep: frames leave on time, and a core is busy", NULL},
        {"eco", 0, 0, G_OPTION_ARG_NONE, &options.eco,
         "never poll: little processor time, and frames leave late", NULL},
        {"realtime", 0, 0, G_OPTION_ARG_NONE, &options.realtime,
         "ask for real-time scheduling, a core, locked memory and awake cores", NULL},
        {"share-cores", 0, 0, G_OPTION_ARG_NONE, &options.shares_cores,
         "with --realtime: all but a core of its own, for several labs at once", NULL},
        {NULL},
    };
    const char *fates_path = NULL;
    g_autoptr(Scenario) scenario = NULL;
    g_autoptr(FateFile) replay = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *errors = NULL;
    bool stdout_is_data;
    int status;

    if (!command_parse(
            command, &argc, &argv, entries,
            "Exit status: 0 all went as the scenario says, 1 a task or expectation\n"
            "failed, 2 the scenario is wrong, 3 the system refused something, 4 not valid\n"
            "(--strict).",
            replays ? 2 : 1, &status))
        return status;
    if (replays)
        fates_path = argv[1];
    if (!run_check_waiting(&options, &error)) {
        fprintf(stderr, "taploom: %s\n", error->message);
        return STATUS_USAGE;
    }
    scenario =
        scenario_load_chosen(argv[replays ? 2 : 1], (const char *const *)options.choices, &errors);
    if (scenario == NULL) {
        fputs(errors, stderr);
        return STATUS_USAGE;
    }
    if (!run_override(scenario, &options, &error)) {
        fprintf(stderr, "taploom: %s\n", error->message);
        return STATUS_USAGE;
    }
    if (replays) {
        replay = run_read_fates(scenario, fates_path);
        if (replay == NULL || !run_keep_fates(scenario, &options, fates_path))
            return STATUS_USAGE;
    }
    stdout_is_data = run_captures_to_stdout(scenario) || run_wants(options.report_path, "-");
    if (run_captures_to_stdout(scenario) && run_wants(options.report_path, "-")) {
        fputs("taploom: --report - and a file to - cannot both have standard output\n", stderr);
        return STATUS_USAGE;
    }
    if (!output_file_check("--report", options.report_path, &error)) {
        fprintf(stderr, "taploom: %s\n", error->message);
        return STATUS_REFUSED;
    }
    for (guint i = 0; i < scenario->warnings->len; i++)
        fprintf(stderr, "%s\n", (const char *)g_ptr_array_index(scenario->warnings, i));
    if (replays)
        run_warn_of_unrecorded(scenario, replay, fates_path);
    return run_lab(scenario, replay, &options, stdout_is_data ? stderr : stdout);
}

static int run_run(int argc, char **argv)
{
    return run_main(&run_command, argc, argv, false);
}
