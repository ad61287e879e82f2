// SPDX-License-Identifier: Apache-2.0
// taploom test: scenarios as tests, with results for people and for machines.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/quantity.h"
#include "sim/commands/output_file.h"
#include "sim/commands/run.h"
#include "sim/lab/console.h"
#include "sim/realtime/clock.h"
#include "sim/realtime/machine.h"
#include "sim/suite/junit.h"
#include "sim/suite/suite.h"
#include "sim/suite/tap.h"
#include "sim/suite/update.h"

enum { TEST_NAME_COLUMNS = 58, TEST_MAX_JOBS = 1024, TEST_MAX_REPETITIONS = 1000000 };

static int test_command_run(int argc, char **argv);

const Command test_command = {
    .name = "test",
    .arguments = "FILE…",
    .summary = "Run scenarios as tests and report in text, JUnit XML or TAP",
    .run = test_command_run,
};

typedef struct {
    char *pattern, *order, *seed, *seeds, *junit_path, *artifacts_path, *keep, *time_limit;
    int n_jobs, n_repetitions, n_retries;
    gboolean tap, list, fail_fast, shuffle, realtime, update;
} TestOptions;

static void test_options_clear(TestOptions *options)
{
    g_free(options->pattern);
    g_free(options->order);
    g_free(options->seed);
    g_free(options->seeds);
    g_free(options->junit_path);
    g_free(options->artifacts_path);
    g_free(options->keep);
    g_free(options->time_limit);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TestOptions, test_options_clear)

// What is told while the tests run, and counted for the end.
typedef struct {
    const TestOptions *options;
    Console *console;
    guint n_told, n_of[N_TEST_OUTCOMES];
    guint n_failed; // that would do so again, after an update
    bool has_refusal;
} TestTale;

// "7..200"; false, with an error, for anything else.
static bool test_parse_seeds(const char *text, PlanOptions *plan, GError **error)
{
    g_auto(GStrv) ends = g_strsplit(text, "..", 2);

    if (g_strv_length(ends) == 2 && quantity_parse_count(ends[0], &plan->first_seed, NULL) &&
        quantity_parse_count(ends[1], &plan->last_seed, NULL) &&
        plan->first_seed <= plan->last_seed &&
        plan->last_seed - plan->first_seed < TEST_MAX_REPETITIONS) {
        plan->has_search = true;
        return true;
    }
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                "--bisect-seed: write the first and the last seed, up to %d of them, as 1..200",
                TEST_MAX_REPETITIONS);
    return false;
}

static bool test_check_range(const char *option, int value, int least, int most, GError **error)
{
    if (value >= least && value <= most)
        return true;
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: %d is not from %d to %d",
                option, value, least, most);
    return false;
}

static bool test_parse_keep(const char *text, PlanOptions *plan, GError **error)
{
    for (KeepRule rule = KEEP_FAILURE; keep_rule_names[rule] != NULL; rule++) {
        if (strcmp(keep_rule_names[rule], text) != 0)
            continue;
        plan->has_keep = true;
        plan->keep = rule;
        return true;
    }
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                "--keep: write failure, always or never");
    return false;
}

static bool test_junit_is_stdout(const TestOptions *options)
{
    return g_strcmp0(options->junit_path, "-") == 0;
}

// What is for people goes to standard error then.
static bool test_stdout_is_data(const TestOptions *options)
{
    return options->tap || test_junit_is_stdout(options);
}

static bool test_parse(const TestOptions *options, PlanOptions *plan, SuiteOptions *suite,
                       GError **error)
{
    if (!test_check_range("-j", options->n_jobs, 1, TEST_MAX_JOBS, error) ||
        !test_check_range("--repeat", options->n_repetitions, 1, TEST_MAX_REPETITIONS, error) ||
        !test_check_range("--retries", options->n_retries, 0, TEST_MAX_REPETITIONS, error) ||
        !command_parse_count("--seed", options->seed, &plan->seed, error) ||
        !command_parse_count("--order", options->order, &plan->shuffle, error) ||
        !command_parse_duration_ns("--time-limit", options->time_limit, &suite->time_limit_ns,
                                   error))
        return false;
    if (options->seeds != NULL && !test_parse_seeds(options->seeds, plan, error))
        return false;
    if (options->seeds != NULL && (options->seed != NULL || options->n_repetitions > 1)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--bisect-seed runs each test once with each of its seeds: leave out --seed "
                    "and --repeat");
        return false;
    }
    if (options->seeds != NULL && (options->tap || options->junit_path != NULL)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--bisect-seed looks for one failure and reports it as text: leave out --tap "
                    "and --junit");
        return false;
    }
    if (options->tap && test_junit_is_stdout(options)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--tap and --junit - cannot both have standard output");
        return false;
    }
    if (options->seeds != NULL && options->update) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--bisect-seed looks for a failure, which --update would take for right: leave "
                    "one of them out");
        return false;
    }
    if (options->keep != NULL && !test_parse_keep(options->keep, plan, error))
        return false;
    if (options->keep != NULL && options->artifacts_path == NULL) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--keep says which tests leave artifacts: add --artifacts DIR");
        return false;
    }
    plan->has_seed = options->seed != NULL;
    plan->n_repetitions = (unsigned)options->n_repetitions;
    plan->pattern = options->pattern;
    // Any order will do, as long as it can be had again.
    plan->is_shuffled = options->shuffle || options->order != NULL;
    if (options->order == NULL)
        plan->shuffle = (uint64_t)getpid();
    suite->n_jobs = (unsigned)options->n_jobs;
    suite->n_retries = (unsigned)options->n_retries;
    suite->fail_fast = options->fail_fast;
    suite->realtime = options->realtime;
    suite->artifacts_path = options->artifacts_path;
    return true;
}

// A name in its columns; of one that is longer the middle goes.
static char *test_cell(const char *name)
{
    glong length = g_utf8_strlen(name, -1);
    g_autofree char *start = NULL;

    if (length <= TEST_NAME_COLUMNS)
        return g_strdup_printf("%s%*s", name, (int)(TEST_NAME_COLUMNS - length), "");
    start = g_utf8_substring(name, 0, TEST_NAME_COLUMNS / 2);
    return g_strdup_printf(
        "%s…%s", start,
        g_utf8_offset_to_pointer(name, length - TEST_NAME_COLUMNS + 1 + TEST_NAME_COLUMNS / 2));
}

static void test_tell_result(TestTale *tale, const Test *test, bool is_last)
{
    static const char *const colours[] = {[TEST_PASSED] = "32",
                                          [TEST_FAILED] = "31",
                                          [TEST_INVALID] = "33",
                                          [TEST_ERROR] = "31",
                                          [TEST_NOT_RUN] = "0"};
    g_autofree char *cell = test_cell(test->name);
    g_autofree char *words = test_words(test);
    g_autofree char *line = NULL;
    bool is_coloured = console_is_coloured(tale->console);

    line = g_strdup_printf("%s%s%s%s%s%-*s%s %9.2f s%s\n", is_coloured ? "\033[" : "",
                           is_coloured ? colours[test->outcome] : "", is_coloured ? "m" : "",
                           test_outcome_name(test->outcome), is_coloured ? "\033[0m" : "",
                           9 - (int)strlen(test_outcome_name(test->outcome)), "", cell,
                           (double)test->elapsed_ns / 1e9, is_last ? "" : "  again");
    console_print(tale->console, line);
    if (is_last)
        console_print(tale->console, words);
}

static void test_finished(void *data, const Test *test, bool is_last)
{
    TestTale *tale = data;

    if (is_last)
        tale->n_of[test->outcome]++;
    if (test->outcome == TEST_ERROR)
        tale->has_refusal = true;
    if (tale->options->seeds != NULL)
        return; // only the lowest that fails is told
    if (!tale->options->tap) {
        test_tell_result(tale, test, is_last);
    } else if (is_last) {
        g_autofree char *point = tap_point(test, ++tale->n_told);

        fputs(point, stdout);
        fflush(stdout);
    }
}

static void test_progressed(void *data, const char *words)
{
    console_progress(((TestTale *)data)->console, words);
}

// "4 passed, 2 errors, 1 not run".
static void test_append_counts(GString *text, const guint *n_of)
{
    const char *comma = "";

    for (guint i = 1; i <= N_TEST_OUTCOMES; i++) {
        TestOutcome outcome = i % N_TEST_OUTCOMES; // what was not run comes last

        if (n_of[outcome] == 0)
            continue;
        g_string_append_printf(text, "%s%u %s%s", comma, n_of[outcome], test_outcome_name(outcome),
                               outcome == TEST_ERROR && n_of[outcome] > 1 ? "s" : "");
        comma = ", ";
    }
}

static void test_tell_search(TestTale *tale, const Plan *plan, const SeedSearch *search)
{
    guint n_of[N_TEST_OUTCOMES] = {0};
    g_autoptr(GString) text = NULL;
    const Test *lowest = NULL;

    for (guint i = 0; i < plan->tests->len; i++) {
        const Test *test = g_ptr_array_index(plan->tests, i);

        if (test->search != search)
            continue;
        n_of[test->outcome]++;
        if (test->seed == search->lowest_failing &&
            (test->outcome == TEST_FAILED || test->outcome == TEST_ERROR))
            lowest = test;
    }
    text = g_string_new(search->name);
    if (lowest != NULL)
        g_string_append_printf(
            text, ": fails with seed %" G_GUINT64_FORMAT ", the lowest found: ", lowest->seed);
    else
        g_string_append(text, ": found none that fails: ");
    test_append_counts(text, n_of);
    g_string_append_c(text, '\n');
    console_print(tale->console, text->str);
    if (lowest != NULL)
        test_tell_result(tale, lowest, true);
}

static void test_tell_end(TestTale *tale, const Plan *plan, const PlanOptions *options, int signal,
                          int64_t elapsed_ns)
{
    GString *text = g_string_new(signal != 0 ? "interrupted, " : NULL);
    guint n_of[N_TEST_OUTCOMES];

    memcpy(n_of, tale->n_of, sizeof n_of);
    n_of[TEST_NOT_RUN] = plan->tests->len;
    for (TestOutcome outcome = TEST_PASSED; outcome < N_TEST_OUTCOMES; outcome++)
        n_of[TEST_NOT_RUN] -= n_of[outcome];
    for (guint i = 0; i < plan->searches->len; i++)
        test_tell_search(tale, plan, g_ptr_array_index(plan->searches, i));
    test_append_counts(text, n_of);
    g_string_append_printf(text, " in %.1f s\n", (double)elapsed_ns / 1e9);
    if (options->is_shuffled)
        g_string_append_printf(text, "the order again: --order %" G_GUINT64_FORMAT "\n",
                               options->shuffle);
    if (plan->tests->len > 1 || tale->options->seeds != NULL)
        g_string_prepend_c(text, '\n');
    console_print(tale->console, text->str);
    g_string_free(text, TRUE);
}

static void test_tell_update(void *data, const char *line)
{
    g_autofree char *text = g_strconcat(line, "\n", NULL);

    console_print(((TestTale *)data)->console, text);
}

// Whether all files that were to be changed could be written.
static bool test_update(TestTale *tale, const Plan *plan, const Suite *suite)
{
    UpdateResult result;

    if (suite_signal(suite) != 0) {
        test_tell_update(tale, "interrupted: no file was updated");
        return true;
    }
    result = update_scenarios(plan->tests, test_tell_update, tale);
    tale->n_failed = result.n_failed;
    return !result.was_refused;
}

static int test_status(const TestTale *tale, const Suite *suite)
{
    if (suite_signal(suite) != 0)
        return 128 + suite_signal(suite);
    if (tale->n_failed > 0)
        return STATUS_FAILED;
    if (tale->has_refusal)
        return STATUS_REFUSED;
    return tale->n_of[TEST_INVALID] > 0 ? STATUS_INVALID : STATUS_OK;
}

// Runs the plan and tells of it; the exit status.
static int test_run_plan(Plan *plan, const PlanOptions *plan_options, const TestOptions *options,
                         const SuiteOptions *suite_options)
{
    g_autoptr(Console) console = console_new(test_stdout_is_data(options) ? stderr : stdout, 0);
    TestTale tale = {.options = options, .console = console};
    SuiteEvents events = {test_finished, test_progressed, &tale};
    g_autoptr(GError) error = NULL;
    g_autoptr(Suite) suite = suite_new(plan, suite_options, events, &error);
    int64_t started_ns = clock_monotonic_ns();
    int status;

    if (suite == NULL)
        return command_fail(&test_command, error);
    if (options->tap) {
        g_autofree char *heading = tap_plan(plan->tests->len);

        fputs(heading, stdout);
    }
    if (!suite_run(suite, &error)) {
        fprintf(stderr, "taploom test: %s\n", error->message);
        g_clear_error(&error);
        tale.has_refusal = true;
    }
    if (options->tap && suite_signal(suite) != 0)
        puts("Bail out! interrupted");
    for (guint i = 0; options->tap && suite_signal(suite) == 0 && i < plan->tests->len; i++) {
        const Test *test = g_ptr_array_index(plan->tests, i);

        if (test->outcome == TEST_NOT_RUN)
            test_finished(&tale, test, true);
    }
    if (options->tap && (fflush(stdout) != 0 || ferror(stdout))) {
        fputs("taploom test: --tap: standard output: not all could be written\n", stderr);
        tale.has_refusal = true;
    }
    if (!options->tap)
        test_tell_end(&tale, plan, plan_options, suite_signal(suite),
                      clock_monotonic_ns() - started_ns);
    tale.n_failed = tale.n_of[TEST_FAILED];
    status = options->update && !test_update(&tale, plan, suite) ? STATUS_REFUSED
                                                                 : test_status(&tale, suite);
    if (options->junit_path != NULL) {
        g_autofree char *xml = junit_to_xml(plan->tests);

        if (!output_file_write(options->junit_path, xml, &error)) {
            fprintf(stderr, "taploom test: --junit: %s\n", error->message);
            return STATUS_REFUSED;
        }
    }
    return status;
}

// Each run asks for itself, and its log is shown by no one: what it will be refused is told once.
static void test_tell_refusals(const SuiteOptions *options)
{
    g_autoptr(Grants) grants = NULL;

    if (!options->realtime)
        return;
    grants = grants_ask(WAIT_ADAPTIVE, options->n_jobs > 1);
    run_tell_refusals(grants);
}

static int test_command_run(int argc, char **argv)
{
    g_auto(TestOptions)
        options = {.n_jobs = (int)machine_n_cores(), .n_repetitions = 1, .n_retries = 2};
    const GOptionEntry entries[] = {
        {"pattern", 'k', 0, G_OPTION_ARG_STRING, &options.pattern,
         "only tests with this in their name; with * or ?, that are called so", "PATTERN"},
        {"jobs", 'j', 0, G_OPTION_ARG_INT, &options.n_jobs,
         "how many run at once; else as many as there are cores", "N"},
        {"list", 0, 0, G_OPTION_ARG_NONE, &options.list, "print the names of the tests, run none",
         NULL},
        {"junit", 0, 0, G_OPTION_ARG_FILENAME, &options.junit_path, "write results as JUnit XML",
         "FILE"},
        {"tap", 0, 0, G_OPTION_ARG_NONE, &options.tap, "print results as TAP instead", NULL},
        {"repeat", 0, 0, G_OPTION_ARG_INT, &options.n_repetitions, "run each test so often", "N"},
        {"shuffle", 0, 0, G_OPTION_ARG_NONE, &options.shuffle, "in a random order", NULL},
        {"order", 0, 0, G_OPTION_ARG_STRING, &options.order, "in that one of the random orders",
         "N"},
        {"fail-fast", 0, 0, G_OPTION_ARG_NONE, &options.fail_fast,
         "start nothing more after a failure", NULL},
        {"retries", 0, 0, G_OPTION_ARG_INT, &options.n_retries,
         "run again, alone, what was not valid: so often at most (2)", "N"},
        {"realtime", 0, 0, G_OPTION_ARG_NONE, &options.realtime,
         "run each with --realtime: frames are on time beside other programs", NULL},
        {"seed", 0, 0, G_OPTION_ARG_STRING, &options.seed, "for `seed:` of all files", "N"},
        {"bisect-seed", 0, 0, G_OPTION_ARG_STRING, &options.seeds,
         "find the lowest of these seeds with which a test fails", "A..B"},
        {"artifacts", 0, 0, G_OPTION_ARG_FILENAME, &options.artifacts_path,
         "keep report, output and captures in a folder for each test", "DIR"},
        {"keep", 0, 0, G_OPTION_ARG_STRING, &options.keep,
         "for `artifacts: {keep: …}` of all files: failure, always or never", "WHEN"},
        {"update", 0, 0, G_OPTION_ARG_NONE, &options.update,
         "change what the files expect, where it did not hold, to what was measured", NULL},
        {"time-limit", 0, 0, G_OPTION_ARG_STRING, &options.time_limit,
         "end a run that takes longer: an error", "TIME"},
        {NULL},
    };
    PlanOptions plan_options = {0};
    SuiteOptions suite_options = {0};
    g_autoptr(Plan) plan = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *errors = NULL;
    int status;

    if (!command_parse(
            &test_command, &argc, &argv, entries,
            "Exit status: 0 all passed, 1 a test failed, 2 the command line or a\n"
            "scenario is wrong, 3 the system refused something, 4 none failed, but some\n"
            "were not valid, 128 + N when signal N ended it.",
            COMMAND_ANY_OPERANDS, &status))
        return status;
    if (argc < 2)
        return command_usage(&test_command);
    if (!test_parse(&options, &plan_options, &suite_options, &error))
        return command_fail(&test_command, error);
    plan = plan_new(argv + 1, &plan_options, &errors);
    if (plan == NULL) {
        fputs(errors, stderr);
        return STATUS_USAGE;
    }
    if (plan->tests->len == 0) {
        fprintf(stderr, "taploom test: no test is called like -k %s\n", options.pattern);
        return STATUS_USAGE;
    }
    if (options.list) {
        for (guint i = 0; i < plan->tests->len; i++)
            puts(((Test *)g_ptr_array_index(plan->tests, i))->name);
        return STATUS_OK;
    }
    if (!output_file_check("--junit", options.junit_path, &error)) {
        fprintf(stderr, "taploom test: %s\n", error->message);
        return STATUS_REFUSED;
    }
    test_tell_refusals(&suite_options);
    return test_run_plan(plan, &plan_options, &options, &suite_options);
}
