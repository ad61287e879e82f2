// SPDX-License-Identifier: Apache-2.0
// TaskReport: what has come of a task, and what a probe has measured.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/scenario/metric.h"
#include "sim/scenario/task_spec.h"

typedef enum {
    TASK_NOT_STARTED,
    TASK_RUNNING,
    TASK_SUCCEEDED,
    TASK_FAILED,    // exit status other than 0, or a signal that was not ours
    TASK_TIMED_OUT, // had not ended, or was not ready, within its timeout
    TASK_CUT_OFF,   // had not ended when the run did
    TASK_ENDED,     // in the background, ended by us with the run
} TaskOutcome;

// What a probe has measured.
typedef struct {
    const MetricSpec *metric;
    double value;
} ProbeFigure;

typedef struct {
    const TaskSpec *task;
    TaskOutcome outcome;
    int exit_status; // as a shell gives it: 128 + signal when killed; -1 before its end
    int64_t elapsed_ns;
    const char *output; // what it printed, UTF-8
    bool output_cut;    // only its beginning and its end were kept
    unsigned n_tries;
    unsigned n_restarts;   // by the timeline
    const GArray *figures; // of ProbeFigure; NULL for a command
} TaskReport;

// "succeeded", "timed out" …; static.
const char *task_outcome_name(TaskOutcome outcome);
