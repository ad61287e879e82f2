// SPDX-License-Identifier: Apache-2.0
// Suite: runs tests, several at once, each in a process of its own.
#pragma once

#include "sim/suite/plan.h"

typedef struct Suite Suite;

typedef struct {
    unsigned n_jobs;       // at once
    unsigned n_retries;    // of a run that was not valid, with nothing beside it
    bool realtime;         // each run with --realtime
    bool fail_fast;        // starts nothing more once a test has failed
    int64_t time_limit_ns; // of one run; 0: none
    // Where each test has a folder with its report, output and captures, if its own rule keeps
    // them; NULL: nothing is kept.
    const char *artifacts_path;
} SuiteOptions;

typedef struct {
    // A test has its result; also called for a run that is to be retried, `is_last` false then.
    void (*finished)(void *data, const Test *test, bool is_last);
    // What runs has changed; `words` tells it in one line.
    void (*progressed)(void *data, const char *words);
    void *data;
} SuiteEvents;

// The plan and the texts of the options must outlive it. NULL when the system refuses something.
Suite *suite_new(Plan *plan, const SuiteOptions *options, SuiteEvents events, GError **error);

// Runs the tests until all have their results, or one failed (fail_fast), or a signal; then those
// that run end first, and a second one ends them at once. False, with an error, when the system
// refused to start one.
bool suite_run(Suite *suite, GError **error);

// The signal that ended it before its time; 0 when none did.
int suite_signal(const Suite *suite);

void suite_free(Suite *suite);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Suite, suite_free)
