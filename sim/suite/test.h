// SPDX-License-Identifier: Apache-2.0
// Test: one scenario with one combination of its matrix and one seed, and what has come of it.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/scenario/metric.h"
#include "sim/scenario/scenario.h"

typedef enum {
    TEST_NOT_RUN, // the suite ended before
    TEST_PASSED,
    TEST_FAILED,
    TEST_INVALID, // the machine was too slow: neither passed nor failed
    TEST_ERROR,   // the system refused something, or taploom ended otherwise
    N_TEST_OUTCOMES,
} TestOutcome;

// Something that was not as it should be: a task or an expectation.
typedef struct {
    char *what;
    char *expected, *got;
    char *output; // its last lines; NULL without any
    size_t line;  // of the scenario; 0 for none
    bool is_soft; // a warning only
} Finding;

// What came of one expectation, whether it held or not.
typedef struct {
    SourcePosition position; // of its value in the file
    char *metric;            // "rtt.p95"
    char *expected, *got;
    bool passed, is_soft;
    bool is_measured; // as `value`, of that unit
    MetricUnit unit;
    double value;
} Reading;

// The seeds of one test that are searched for a failure.
typedef struct {
    char *name;
    uint64_t lowest_failing; // UINT64_MAX as long as there is none
} SeedSearch;

typedef struct {
    char *name; // "lossy[loss=1%,rtt=20ms]", with "#2" behind it for the second repetition
    char *path;
    char *folder_name; // like the name, as a file may be called
    char *choice;      // as sim/scenario/variables.h has it; "" for none
    uint64_t seed;
    bool has_own_seed; // other than the file's
    bool writes_files; // captures or fates
    ArtifactsSpec artifacts;
    SeedSearch *search; // NULL without

    TestOutcome outcome;
    unsigned n_runs;
    int64_t elapsed_ns;  // of all of them
    GPtrArray *findings; // of Finding, of the last run
    GPtrArray *readings; // of Reading, of the last run
    bool task_failed;    // one that no expectation judges, in the last run
    GPtrArray *reasons;  // of char *: why it was not valid, or no result at all
    char *folder;        // where its artifacts were kept; NULL where they were not
} Test;

Test *test_new(const char *name, const char *path);
void test_free(Test *test);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Test, test_free)

// Forgets what an earlier run has found.
void test_reset(Test *test);

Finding *test_add_finding(Test *test);
Reading *test_add_reading(Test *test);

// "passed", "failed" …; static.
const char *test_outcome_name(TestOutcome outcome);

// The line for a shell that runs it again; the caller frees it.
char *test_repeat_line(const Test *test);

// What is to be said of a test that has not passed, in lines of up to 80 columns unless they quote;
// "" when there is nothing. The caller frees it.
char *test_words(const Test *test);

// The whole lines at the end of `text`, at most `n_lines` of them; the caller frees it.
char *text_tail(const char *text, unsigned n_lines);
