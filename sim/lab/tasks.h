// SPDX-License-Identifier: Apache-2.0
// Tasks: the steps of a scenario, as in a CI file. A step starts when those that it waits for have
// ended, or are in the background and ready.
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "sim/lab/console.h"
#include "sim/lab/lab.h"
#include "sim/report/report.h"

typedef struct Tasks Tasks;

typedef struct {
    // The last step is done, or one failed: nothing further will start. Background tasks may
    // still run.
    void (*done)(void *data);
    // No process is left, after tasks_end().
    void (*ended)(void *data);
    // A task has been started, or has become ready.
    void (*progressed)(void *data);
    void *data;
} TasksEvents;

// `lab_name` is the name under which the lab is listed.
Tasks *tasks_new(uv_loop_t *loop, Lab *lab, const char *lab_name, Console *console,
                 TasksEvents events);

// After ended() only, or when tasks_start() was never called.
void tasks_free(Tasks *tasks);

// Starts the first steps; done() is called at once when there is none.
void tasks_start(Tasks *tasks);

// From then on, on the monotonic clock, those tasks count that start at a time of their own; done()
// waits for them too. Does nothing the second time.
void tasks_start_clock(Tasks *tasks, int64_t from_ns);

typedef enum {
    TASKS_END_DONE,        // the steps are done: background tasks have done their part
    TASKS_END_CUT_OFF,     // the run is over before the steps are
    TASKS_END_INTERRUPTED, // Ctrl-C: processes get SIGINT first, as on a terminal
} TasksEnd;

// Ends what runs: a signal, and SIGKILL to what does not heed it. ended() follows, once for all
// calls; a later call only begins with the signals anew.
void tasks_end(Tasks *tasks, TasksEnd how);

// Whether each of these has been started and is ready, or was.
bool tasks_are_ready(const Tasks *tasks, const GPtrArray *specs);

// Ends the tasks that run in the background at a host, and starts them again. From any thread.
void tasks_restart(Tasks *tasks, const NodeSpec *host);

// Passes a signal on to a program that has the standard streams of this one, for which this process
// stands: false when none runs.
bool tasks_pass_signal(Tasks *tasks, int signal);

// Kills what runs, without waiting.
void tasks_kill(Tasks *tasks);

// Whether a task that the run depends on has failed.
bool tasks_have_failed(const Tasks *tasks);

// A step now under way, the last of several, or NULL.
const TaskSpec *tasks_current(const Tasks *tasks);

// Adds a TaskReport for each; texts are owned by the tasks.
void tasks_report(const Tasks *tasks, Report *report);
