// SPDX-License-Identifier: Apache-2.0
// A task starts when all that it waits for are over; which those are the scenario knows. The tasks
// as a whole are done when each is over, or one that the run depends on has failed.
#include "sim/lab/tasks.h"

#include <signal.h>

#include "sim/lab/task.h"

enum {
    GRACE_MS = 100, // for background tasks about to end on their own
    HEED_MS = 2000, // from one signal to the next
};

struct Tasks {
    TaskContext context;
    TasksEvents events;
    Task *tasks;
    unsigned n_tasks;
    GHashTable *by_spec; // TaskSpec to Task
    bool is_stepping, must_step;
    bool is_done;
    bool is_ending;
    const int *next_signal; // of those still to be sent, ended by 0
    uv_timer_t end_timer;
    uv_async_t restart;
};

static const int signals_for_end[] = {SIGTERM, SIGKILL, 0};
static const int signals_for_interrupt[] = {SIGINT, SIGTERM, SIGKILL, 0};

static void tasks_done(void *data)
{
    Tasks *self = data;

    if (self->is_done)
        return;
    self->is_done = true;
    self->events.done(self->events.data);
}

static bool tasks_may_begin(const Tasks *self, const Task *task)
{
    if (task->has_begun || task->spec->at_ns != TASK_IN_TURN)
        return false;
    for (guint i = 0; i < task->spec->after->len; i++) {
        const Task *other =
            g_hash_table_lookup(self->by_spec, g_ptr_array_index(task->spec->after, i));

        if (!other->is_over)
            return false;
    }
    return true;
}

static bool tasks_are_over(const Tasks *self)
{
    for (unsigned i = 0; i < self->n_tasks; i++)
        if (!self->tasks[i].is_over)
            return false;
    return true;
}

// Starts what may start. To begin one may make it over, which comes back to here.
static void tasks_step(void *data)
{
    Tasks *self = data;

    self->must_step = true;
    if (self->is_stepping)
        return;
    self->is_stepping = true;
    while (self->must_step && !self->is_done) {
        self->must_step = false;
        for (unsigned i = 0; i < self->n_tasks && !self->is_done; i++)
            if (tasks_may_begin(self, &self->tasks[i]))
                task_begin(&self->tasks[i]);
    }
    self->is_stepping = false;
    if (!self->is_done && tasks_are_over(self))
        tasks_done(self);
}

static void tasks_progressed(void *data)
{
    Tasks *self = data;

    self->events.progressed(self->events.data);
}

static bool tasks_have_process(const Tasks *self)
{
    for (unsigned i = 0; i < self->n_tasks; i++)
        if (self->tasks[i].process != NULL)
            return true;
    return false;
}

static void tasks_process_ended(void *data)
{
    Tasks *self = data;

    if (!self->is_ending || tasks_have_process(self))
        return;
    uv_timer_stop(&self->end_timer);
    self->events.ended(self->events.data);
}

static void tasks_restart_asked(uv_async_t *async)
{
    Tasks *self = async->data;

    for (unsigned i = 0; i < self->n_tasks; i++)
        if (g_atomic_int_compare_and_exchange(&self->tasks[i].is_to_restart, TRUE, FALSE) &&
            !self->is_ending)
            task_restart(&self->tasks[i]);
}

Tasks *tasks_new(uv_loop_t *loop, Lab *lab, const char *lab_name, Console *console,
                 TasksEvents events)
{
    const GPtrArray *specs = lab_scenario(lab)->tasks;
    Tasks *self = g_new0(Tasks, 1);

    self->context = (TaskContext){.loop = loop,
                                  .lab = lab,
                                  .lab_name = lab_name,
                                  .console = console,
                                  .over = tasks_step,
                                  .failed = tasks_done,
                                  .progressed = tasks_progressed,
                                  .ended = tasks_process_ended,
                                  .data = self};
    self->events = events;
    self->n_tasks = specs->len;
    self->tasks = g_new0(Task, specs->len);
    self->by_spec = g_hash_table_new(NULL, NULL);
    uv_timer_init(loop, &self->end_timer);
    uv_async_init(loop, &self->restart, tasks_restart_asked);
    self->end_timer.data = self->restart.data = self;
    for (guint i = 0; i < specs->len; i++) {
        task_init(&self->tasks[i], g_ptr_array_index(specs, i), &self->context);
        g_hash_table_insert(self->by_spec, g_ptr_array_index(specs, i), &self->tasks[i]);
    }
    return self;
}

void tasks_free(Tasks *self)
{
    for (unsigned i = 0; i < self->n_tasks; i++)
        task_clear(&self->tasks[i]);
    g_hash_table_unref(self->by_spec);
    g_free(self->tasks);
    g_free(self);
}

void tasks_start(Tasks *self)
{
    tasks_step(self);
}

void tasks_start_clock(Tasks *self, int64_t from_ns)
{
    for (unsigned i = 0; i < self->n_tasks; i++) {
        Task *task = &self->tasks[i];

        if (task->spec->at_ns != TASK_IN_TURN && task->asked_ns == 0)
            task_begin_at(task, from_ns + task->spec->at_ns);
    }
}

static void tasks_signal(Tasks *self, int signal)
{
    for (unsigned i = 0; i < self->n_tasks; i++)
        task_signal(&self->tasks[i], signal);
}

static void tasks_next_signal(uv_timer_t *timer)
{
    Tasks *self = timer->data;

    tasks_signal(self, *self->next_signal++);
    if (*self->next_signal != 0)
        uv_timer_start(&self->end_timer, tasks_next_signal, HEED_MS, 0);
}

void tasks_end(Tasks *self, TasksEnd how)
{
    self->is_done = true;
    self->is_ending = true;
    for (unsigned i = 0; i < self->n_tasks; i++)
        task_close(&self->tasks[i]);
    if (!tasks_have_process(self)) {
        self->events.ended(self->events.data);
        return;
    }
    self->next_signal = how == TASKS_END_INTERRUPTED ? signals_for_interrupt : signals_for_end;
    uv_timer_start(&self->end_timer, tasks_next_signal, how == TASKS_END_DONE ? GRACE_MS : 0, 0);
}

bool tasks_are_ready(const Tasks *self, const GPtrArray *specs)
{
    for (guint i = 0; i < specs->len; i++) {
        const Task *task = g_hash_table_lookup(self->by_spec, g_ptr_array_index(specs, i));

        if (!task->is_ready)
            return false;
    }
    return true;
}

void tasks_restart(Tasks *self, const NodeSpec *host)
{
    for (unsigned i = 0; i < self->n_tasks; i++)
        if (self->tasks[i].spec->node == host && self->tasks[i].spec->background)
            g_atomic_int_set(&self->tasks[i].is_to_restart, TRUE);
    uv_async_send(&self->restart);
}

bool tasks_pass_signal(Tasks *self, int signal)
{
    bool is_passed = false;

    for (unsigned i = 0; i < self->n_tasks; i++) {
        Task *task = &self->tasks[i];

        if (task->process == NULL || task->spec->argv == NULL)
            continue;
        process_signal(task->process, signal);
        is_passed = true;
    }
    return is_passed;
}

void tasks_kill(Tasks *self)
{
    tasks_signal(self, SIGKILL);
}

bool tasks_have_failed(const Tasks *self)
{
    for (unsigned i = 0; i < self->n_tasks; i++) {
        const Task *task = &self->tasks[i];

        if (!task_may_fail(task) &&
            (task->outcome == TASK_FAILED || task->outcome == TASK_TIMED_OUT))
            return true;
    }
    return false;
}

const TaskSpec *tasks_current(const Tasks *self)
{
    for (unsigned i = self->n_tasks; i > 0; i--) {
        const Task *task = &self->tasks[i - 1];

        if (task->has_begun && !task->is_over)
            return task->spec;
    }
    return NULL;
}

void tasks_report(const Tasks *self, Report *report)
{
    for (unsigned i = 0; i < self->n_tasks; i++)
        task_report(&self->tasks[i], report);
}
