// SPDX-License-Identifier: Apache-2.0
// Each task has a process, an outcome and the output kept of it; the tasks as a whole have the step
// they are at. Only foreground tasks and readiness move that step.
#include "sim/lab/tasks.h"

#include <signal.h>
#include <string.h>

#include "sim/lab/process.h"
#include "sim/probe/figure.h"
#include "sim/probe/probe.h"
#include "sim/realtime/clock.h"

enum {
    READY_POLL_MS = 10,
    READY_TIMEOUT_MS = 30 * 1000, // for a background task that gives none
    GRACE_MS = 100,               // for background tasks about to end on their own
    HEED_MS = 2000,               // from one signal to the next
    OUTPUT_KEPT_BYTES = 1 << 20,
};

typedef struct {
    Tasks *tasks;
    const TaskSpec *spec;
    Process *process; // NULL before its start and after its end
    TaskOutcome outcome;
    int exit_status;
    int64_t started_ns, elapsed_ns;
    bool is_ready;
    bool was_signalled; // by us, to end
    gint is_to_restart; // atomic: asked for by any thread
    bool is_restarting;
    unsigned n_restarts;
    uv_timer_t timeout;
    uv_timer_t heed; // while it is restarting
    GString *output;
    bool output_cut;
    GArray *figures; // of ProbeFigure; NULL for a command
} Task;

struct Tasks {
    uv_loop_t *loop;
    Lab *lab;
    const char *lab_name;
    Console *console;
    TasksEvents events;
    Task *tasks;
    unsigned n_tasks;
    unsigned next; // the step to be started next
    unsigned n_running;
    bool is_done;
    bool is_ending;
    const int *next_signal; // of those still to be sent, ended by 0
    uv_timer_t ready_timer;
    uv_timer_t end_timer;
    uv_async_t restart;
};

static const int signals_for_end[] = {SIGTERM, SIGKILL, 0};
static const int signals_for_interrupt[] = {SIGINT, SIGTERM, SIGKILL, 0};

static void tasks_step(Tasks *self);
static void tasks_restart_asked(uv_async_t *async);

Tasks *tasks_new(uv_loop_t *loop, Lab *lab, const char *lab_name, Console *console,
                 TasksEvents events)
{
    const GPtrArray *specs = lab_scenario(lab)->tasks;
    Tasks *self = g_new0(Tasks, 1);

    self->loop = loop;
    self->lab = lab;
    self->lab_name = lab_name;
    self->console = console;
    self->events = events;
    self->n_tasks = specs->len;
    self->tasks = g_new0(Task, specs->len);
    uv_timer_init(loop, &self->ready_timer);
    uv_timer_init(loop, &self->end_timer);
    uv_async_init(loop, &self->restart, tasks_restart_asked);
    self->ready_timer.data = self->end_timer.data = self->restart.data = self;
    for (guint i = 0; i < specs->len; i++) {
        Task *task = &self->tasks[i];

        task->tasks = self;
        task->spec = g_ptr_array_index(specs, i);
        task->exit_status = -1;
        task->output = g_string_new(NULL);
        if (task->spec->probe != NULL)
            task->figures = g_array_new(FALSE, FALSE, sizeof(ProbeFigure));
        uv_timer_init(loop, &task->timeout);
        uv_timer_init(loop, &task->heed);
        task->timeout.data = task->heed.data = task;
    }
    return self;
}

void tasks_free(Tasks *self)
{
    for (unsigned i = 0; i < self->n_tasks; i++) {
        g_string_free(self->tasks[i].output, TRUE);
        g_clear_pointer(&self->tasks[i].figures, g_array_unref);
    }
    g_free(self->tasks);
    g_free(self);
}

static void tasks_done(Tasks *self)
{
    if (self->is_done)
        return;
    self->is_done = true;
    uv_timer_stop(&self->ready_timer);
    self->events.done(self->events.data);
}

static void task_conclude(Task *task, TaskOutcome outcome)
{
    if (task->outcome == TASK_RUNNING || task->outcome == TASK_NOT_STARTED)
        task->outcome = outcome;
}

// Whether the run goes on when it fails.
static bool task_may_fail(const Task *task)
{
    return task->spec->keep_going || task->spec->is_judged;
}

static void task_fail_silently(Task *task, TaskOutcome outcome)
{
    task_conclude(task, outcome);
    if (!task_may_fail(task))
        tasks_done(task->tasks);
}

static void task_fail(Task *task, TaskOutcome outcome, const char *why)
{
    console_line(task->tasks->console, task->spec->node->name, "!", why);
    task_fail_silently(task, outcome);
}

static void task_timed_out(uv_timer_t *timer)
{
    Task *task = timer->data;
    bool never_ready = task->spec->background && !task->is_ready;
    g_autofree char *limit = quantity_format_duration(
        task->spec->timeout_ns > 0 ? task->spec->timeout_ns
                                   : (int64_t)READY_TIMEOUT_MS * 1000 * 1000);
    g_autofree char *why =
        g_strdup_printf("%s within %s: %s", never_ready ? "not ready" : "had not ended", limit,
                        task->spec->command);

    task_fail(task, TASK_TIMED_OUT, why);
    process_signal(task->process, SIGKILL);
    if (task_may_fail(task))
        tasks_step(task->tasks);
}

static void task_keep_output(Task *task, const char *line)
{
    if (task->output->len + strlen(line) + 1 <= OUTPUT_KEPT_BYTES && !task->output_cut)
        g_string_append_printf(task->output, "%s\n", line);
    else
        task->output_cut = true;
}

static void task_is_ready(Task *task)
{
    task->is_ready = true;
    uv_timer_stop(&task->timeout);
    uv_timer_stop(&task->tasks->ready_timer);
    task->tasks->events.progressed(task->tasks->events.data);
    tasks_step(task->tasks);
}

static void task_line(void *data, const char *line)
{
    Task *task = data;
    ProbeFigure figure;

    if (task->spec->probe != NULL &&
        figure_parse(line, probe_metrics(task->spec->probe->kind), &figure)) {
        if (figure.metric != NULL)
            g_array_append_val(task->figures, figure);
        return;
    }
    console_line(task->tasks->console, task->spec->node->name, "|", line);
    task_keep_output(task, line);
    if (task->spec->ready == READY_OUTPUT_LINE && !task->is_ready && !task->tasks->is_done &&
        strstr(line, task->spec->ready_text) != NULL)
        task_is_ready(task);
}

static bool task_spawn(Task *task, GError **error);

// Its process has ended, as was asked for; another takes its place.
static void task_begin_again(Task *task)
{
    g_autoptr(GError) error = NULL;

    uv_timer_stop(&task->heed);
    task->is_restarting = false;
    task->n_restarts++;
    task->outcome = TASK_RUNNING;
    if (!task_spawn(task, &error))
        task_fail(task, TASK_FAILED, error->message);
}

static void task_ended(void *data, int exit_status)
{
    Task *task = data;
    Tasks *self = task->tasks;
    bool was_awaited = !task->spec->background || !task->is_ready;

    if (task->is_restarting && !self->is_ending) {
        task->process = NULL;
        self->n_running--;
        task_begin_again(task);
        return;
    }
    uv_timer_stop(&task->heed);
    uv_timer_stop(&task->timeout);
    task->process = NULL;
    task->exit_status = exit_status;
    task->elapsed_ns = clock_monotonic_ns() - task->started_ns;
    self->n_running--;

    if (task->was_signalled) {
        task_conclude(task, task->spec->background ? TASK_ENDED : TASK_CUT_OFF);
    } else if (task->outcome == TASK_RUNNING && exit_status != 0 && task->spec->argv != NULL) {
        task_fail_silently(task, TASK_FAILED); // it has said itself why
    } else if (task->outcome == TASK_RUNNING && exit_status != 0) {
        g_autofree char *why =
            exit_status > 128
                ? g_strdup_printf("killed by %s: %s", strsignal(exit_status - 128),
                                  task->spec->command)
                : g_strdup_printf("exit status %d: %s", exit_status, task->spec->command);

        task_fail(task, TASK_FAILED, why);
    } else if (task->outcome == TASK_RUNNING && task->spec->background && !task->is_ready) {
        task_fail(task, TASK_FAILED, "ended before it was ready");
    } else {
        task_conclude(task, TASK_SUCCEEDED);
    }

    if (self->is_ending) {
        if (self->n_running == 0) {
            uv_timer_stop(&self->end_timer);
            self->events.ended(self->events.data);
        }
    } else if (was_awaited && task->outcome != TASK_TIMED_OUT) {
        tasks_step(self);
    }
}

static void tasks_poll_ready(uv_timer_t *timer)
{
    Tasks *self = timer->data;
    Task *task = &self->tasks[self->next - 1];

    if (task->process != NULL && host_is_listening(lab_host(self->lab, task->spec->node),
                                                   task->spec->ready, task->spec->ready_port))
        task_is_ready(task);
}

// What it runs: a shell, or a probe, which may need the network of another host.
static char **task_argv_new(const Task *task, ProcessContext *context)
{
    const TaskSpec *spec = task->spec;
    const char *const shell[] = {"/bin/sh", "-c", spec->command, NULL};

    if (spec->probe == NULL)
        return g_strdupv((char **)shell);
    if (spec->probe->peer != NULL)
        context->peer = lab_host(task->tasks->lab, spec->probe->peer);
    g_array_set_size(task->figures, 0);
    return probe_argv_new(spec->probe, 0);
}

static bool task_spawn(Task *task, GError **error)
{
    Tasks *self = task->tasks;
    const TaskSpec *spec = task->spec;
    ProcessContext context = {
        .loop = self->loop,
        .enclosure = lab_enclosure(self->lab),
        .host = lab_host(self->lab, spec->node),
        .lab = self->lab_name,
        .events = {task_line, task_ended},
        .data = task,
    };
    g_auto(GStrv) argv = task_argv_new(task, &context);

    console_line(self->console, spec->node->name, "$", spec->command);
    task->started_ns = clock_monotonic_ns();
    task->process = spec->argv != NULL
                        ? process_spawn_here(&context, (const char *const *)spec->argv, error)
                        : process_spawn(&context, (const char *const *)argv, error);
    if (task->process == NULL)
        return false;
    task->outcome = TASK_RUNNING;
    self->n_running++;
    return true;
}

// Returns whether the next step may start at once.
static bool task_start(Task *task)
{
    Tasks *self = task->tasks;
    const TaskSpec *spec = task->spec;
    bool awaits_readiness = spec->background && spec->ready != READY_NONE;
    uint64_t timeout_ms = (uint64_t)(spec->timeout_ns + 999999) / 1000000;
    g_autoptr(GError) error = NULL;

    if (!task_spawn(task, &error)) {
        task_fail(task, TASK_FAILED, error->message);
        return task_may_fail(task);
    }
    if (timeout_ms == 0 && awaits_readiness)
        timeout_ms = READY_TIMEOUT_MS;
    if (timeout_ms > 0)
        uv_timer_start(&task->timeout, task_timed_out, timeout_ms, 0);
    if (awaits_readiness && spec->ready != READY_OUTPUT_LINE)
        uv_timer_start(&self->ready_timer, tasks_poll_ready, 0, READY_POLL_MS);
    task->is_ready = !awaits_readiness;
    self->events.progressed(self->events.data);
    return spec->background && !awaits_readiness;
}

static void tasks_step(Tasks *self)
{
    while (!self->is_done) {
        if (self->next == self->n_tasks) {
            tasks_done(self);
            return;
        }
        if (!task_start(&self->tasks[self->next++]))
            return;
    }
}

void tasks_start(Tasks *self)
{
    tasks_step(self);
}

static void tasks_signal(Tasks *self, int signal)
{
    for (unsigned i = 0; i < self->n_tasks; i++) {
        Task *task = &self->tasks[i];

        if (task->process == NULL)
            continue;
        task->was_signalled = true;
        process_signal(task->process, signal);
    }
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
    uv_timer_stop(&self->ready_timer);
    for (unsigned i = 0; i < self->n_tasks; i++) {
        uv_timer_stop(&self->tasks[i].timeout);
        uv_timer_stop(&self->tasks[i].heed);
    }
    if (self->n_running == 0) {
        self->events.ended(self->events.data);
        return;
    }
    self->next_signal = how == TASKS_END_INTERRUPTED ? signals_for_interrupt : signals_for_end;
    uv_timer_start(&self->end_timer, tasks_next_signal, how == TASKS_END_DONE ? GRACE_MS : 0, 0);
}

bool tasks_are_ready(const Tasks *self, const GPtrArray *specs)
{
    for (guint i = 0; i < specs->len; i++) {
        guint index = 0;

        g_ptr_array_find(lab_scenario(self->lab)->tasks, g_ptr_array_index(specs, i), &index);
        if (!self->tasks[index].is_ready)
            return false;
    }
    return true;
}

static void task_did_not_heed(uv_timer_t *timer)
{
    process_signal(((Task *)timer->data)->process, SIGKILL);
}

static void task_restart(Task *task)
{
    if (task->is_restarting || task->outcome == TASK_NOT_STARTED)
        return;
    if (task->process == NULL) {
        task_begin_again(task);
        return;
    }
    task->is_restarting = true;
    process_signal(task->process, SIGTERM);
    uv_timer_start(&task->heed, task_did_not_heed, HEED_MS, 0);
}

static void tasks_restart_asked(uv_async_t *async)
{
    Tasks *self = async->data;

    for (unsigned i = 0; i < self->n_tasks; i++)
        if (g_atomic_int_compare_and_exchange(&self->tasks[i].is_to_restart, TRUE, FALSE) &&
            !self->is_ending)
            task_restart(&self->tasks[i]);
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
    const Task *task = self->next > 0 ? &self->tasks[self->next - 1] : NULL;

    return task != NULL && task->process != NULL ? task->spec : NULL;
}

void tasks_report(const Tasks *self, Report *report)
{
    for (unsigned i = 0; i < self->n_tasks; i++) {
        const Task *task = &self->tasks[i];
        TaskReport entry = {
            .task = task->spec,
            .outcome = task->outcome,
            .exit_status = task->exit_status,
            .elapsed_ns =
                task->process != NULL ? clock_monotonic_ns() - task->started_ns : task->elapsed_ns,
            .output = task->output->str,
            .output_cut = task->output_cut,
            .n_restarts = task->n_restarts,
            .figures = task->figures,
        };

        g_array_append_val(report->tasks, entry);
    }
}
