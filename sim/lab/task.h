// SPDX-License-Identifier: Apache-2.0
// Task: one step of a scenario: its process, one after another where it is tried again or
// restarted, what is kept of it, and what came of it. When it starts is decided by sim/lab/tasks.h.
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "sim/lab/console.h"
#include "sim/lab/lab.h"
#include "sim/lab/process.h"
#include "sim/lab/transcript.h"
#include "sim/report/report.h"

typedef struct Task Task;

// Where tasks run, and who is told. The texts must outlive the tasks.
typedef struct {
    uv_loop_t *loop;
    Lab *lab;
    const char *lab_name;
    Console *console;
    // Those that wait for it may start: it has ended, is ready in the background, or is given up.
    // Called once.
    void (*over)(void *data);
    // It has failed, and the run depends on it. over() may follow.
    void (*failed)(void *data);
    // It has been started, or has become ready.
    void (*progressed)(void *data);
    // Its process has ended, and no other takes its place.
    void (*ended)(void *data);
    void *data;
} TaskContext;

struct Task {
    const TaskContext *context;
    const TaskSpec *spec;
    Process *process; // NULL before its start and after its end
    TaskOutcome outcome;
    int exit_status;
    int64_t asked_ns; // when it was to start, of the monotonic clock
    int64_t started_ns, elapsed_ns;
    bool has_begun, is_over;
    bool is_ready;
    bool is_closed;     // no process is started any more
    bool was_signalled; // by us, to end
    gint is_to_restart; // atomic: asked for by any thread
    bool is_restarting;
    unsigned n_restarts, n_tries;
    uv_timer_t pause; // before its start, or before the next try
    uv_timer_t timeout;
    uv_timer_t ready_poll;
    uv_timer_t heed; // while it is restarting
    Transcript *output;
    GArray *figures; // of ProbeFigure; NULL for a command
};

void task_init(Task *task, const TaskSpec *spec, const TaskContext *context);

// When its process has ended, and its timers are closed with the loop.
void task_clear(Task *task);

// Once: after its `wait`, it starts.
void task_begin(Task *task);

// Likewise, at an instant of the monotonic clock.
void task_begin_at(Task *task, int64_t at_ns);

// Whether it may fail without ending the run.
bool task_may_fail(const Task *task);

// Sends a signal to its process, if there is one, by which it is to end.
void task_signal(Task *task, int signal);

// Nothing is started or awaited any more; a process that runs goes on.
void task_close(Task *task);

// Ends the process, and starts another.
void task_restart(Task *task);

void task_report(const Task *task, Report *report);
