// SPDX-License-Identifier: Apache-2.0
#include "sim/lab/task.h"

#include <signal.h>
#include <string.h>

#include "sim/probe/figure.h"
#include "sim/probe/probe.h"
#include "sim/realtime/clock.h"

enum {
    READY_POLL_MS = 10,
    READY_TIMEOUT_MS = 30 * 1000, // for a background task that gives none
    HEED_MS = 2000,               // from a signal to SIGKILL
};

void task_init(Task *task, const TaskSpec *spec, const TaskContext *context)
{
    uv_timer_t *timers[] = {&task->pause, &task->timeout, &task->ready_poll, &task->heed};

    *task = (Task){.context = context,
                   .spec = spec,
                   .exit_status = -1,
                   .output = transcript_new(),
                   .figures =
                       spec->probe != NULL ? g_array_new(FALSE, FALSE, sizeof(ProbeFigure)) : NULL};
    for (size_t i = 0; i < G_N_ELEMENTS(timers); i++) {
        uv_timer_init(context->loop, timers[i]);
        timers[i]->data = task;
    }
}

void task_clear(Task *task)
{
    transcript_free(task->output);
    g_clear_pointer(&task->figures, g_array_unref);
}

// Not a moment less: libuv counts milliseconds, and from when it last looked at the clock.
static void task_start_timer(Task *task, uv_timer_t *timer, uv_timer_cb callback, int64_t after_ns)
{
    uv_update_time(task->context->loop);
    uv_timer_start(timer, callback, (uint64_t)(after_ns + 999999) / 1000000 + 1, 0);
}

static void task_start_pause(Task *task, uv_timer_cb callback, int64_t pause_ns)
{
    task_start_timer(task, &task->pause, callback, pause_ns);
}

static void task_stop_timers(Task *task)
{
    uv_timer_stop(&task->pause);
    uv_timer_stop(&task->timeout);
    uv_timer_stop(&task->ready_poll);
    uv_timer_stop(&task->heed);
}

static void task_conclude(Task *task, TaskOutcome outcome)
{
    if (task->outcome == TASK_RUNNING || task->outcome == TASK_NOT_STARTED)
        task->outcome = outcome;
}

static void task_is_over(Task *task)
{
    if (task->is_over)
        return;
    task->is_over = true;
    task->context->over(task->context->data);
}

bool task_may_fail(const Task *task)
{
    return task->spec->keep_going || task->spec->is_judged;
}

static void task_fail_silently(Task *task, TaskOutcome outcome)
{
    task_conclude(task, outcome);
    if (!task_may_fail(task))
        task->context->failed(task->context->data);
}

static void task_fail(Task *task, TaskOutcome outcome, const char *why)
{
    console_line(task->context->console, task->spec->node->name, "!", why);
    task_fail_silently(task, outcome);
}

// The time that it has for all, 0 without a limit.
static int64_t task_limit_ns(const Task *task)
{
    const TaskSpec *spec = task->spec;

    if (spec->timeout_ns > 0 && spec->until_ns > 0)
        return MIN(spec->timeout_ns, spec->until_ns);
    if (spec->timeout_ns > 0 || spec->until_ns > 0)
        return spec->timeout_ns + spec->until_ns;
    return spec->background && spec->ready != READY_NONE ? (int64_t)READY_TIMEOUT_MS * 1000 * 1000
                                                         : 0;
}

static void task_timed_out(uv_timer_t *timer)
{
    Task *task = timer->data;
    const char *what = task->spec->background && !task->is_ready ? "not ready"
                       : task->spec->until_ns > 0                ? "had not succeeded"
                                                                 : "had not ended";
    g_autofree char *limit = quantity_format_duration(task_limit_ns(task));
    g_autofree char *why = g_strdup_printf("%s within %s: %s", what, limit, task->spec->command);

    if (task->process != NULL && process_has_exited(task->process))
        return; // in time; the rest of its output is still awaited
    task_stop_timers(task);
    task->elapsed_ns = clock_monotonic_ns() - task->started_ns;
    task_fail(task, TASK_TIMED_OUT, why);
    if (task->process != NULL)
        process_signal(task->process, SIGKILL);
    task_is_over(task);
}

// If this process was halted, what came in time has not been heard yet. It is before the next
// timer.
static void task_limit_is_over(uv_timer_t *timer)
{
    uv_timer_start(timer, task_timed_out, 1, 0);
}

static void task_is_ready(Task *task)
{
    task->is_ready = true;
    uv_timer_stop(&task->timeout);
    uv_timer_stop(&task->ready_poll);
    task->context->progressed(task->context->data);
    task_is_over(task);
}

static void task_poll_ready(uv_timer_t *timer)
{
    Task *task = timer->data;
    const TaskSpec *spec = task->spec;

    if (task->process != NULL &&
        host_is_listening(lab_host(task->context->lab, spec->node), spec->ready, spec->ready_port))
        task_is_ready(task);
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
    console_line(task->context->console, task->spec->node->name, "|", line);
    transcript_add(task->output, line);
    if (task->spec->ready == READY_OUTPUT_LINE && !task->is_ready && !task->is_closed &&
        strstr(line, task->spec->ready_text) != NULL)
        task_is_ready(task);
}

static void task_ended(void *data, int exit_status);

// What it runs: a shell, or a probe, which may need the network of another host.
static char **task_argv_new(Task *task, ProcessContext *context)
{
    const TaskSpec *spec = task->spec;
    const char *const shell[] = {"/bin/sh", "-c", spec->command, NULL};

    if (spec->probe == NULL)
        return g_strdupv((char **)shell);
    if (spec->probe->peer != NULL)
        context->peer = lab_host(task->context->lab, spec->probe->peer);
    g_array_set_size(task->figures, 0);
    return probe_argv_new(spec->probe, task->asked_ns);
}

static bool task_spawn(Task *task, GError **error)
{
    const TaskSpec *spec = task->spec;
    ProcessContext context = {
        .loop = task->context->loop,
        .enclosure = lab_enclosure(task->context->lab),
        .host = lab_host(task->context->lab, spec->node),
        .lab = task->context->lab_name,
        .env = spec->env,
        .events = {task_line, task_ended},
        .data = task,
    };
    g_auto(GStrv) argv = task_argv_new(task, &context);

    task->process = spec->argv != NULL
                        ? process_spawn_here(&context, (const char *const *)spec->argv, error)
                        : process_spawn(&context, (const char *const *)argv, error);
    if (task->process == NULL)
        return false;
    task->outcome = TASK_RUNNING;
    task->n_tries++;
    return true;
}

// Its process has ended, as was asked for; another takes its place.
static void task_start_again(Task *task)
{
    g_autoptr(GError) error = NULL;

    uv_timer_stop(&task->heed);
    task->is_restarting = false;
    task->n_restarts++;
    task->started_ns = clock_monotonic_ns();
    console_line(task->context->console, task->spec->node->name, "$", task->spec->command);
    if (!task_spawn(task, &error)) {
        task->outcome = TASK_RUNNING;
        task_fail(task, TASK_FAILED, error->message);
    }
}

static void task_try_again(uv_timer_t *timer)
{
    Task *task = timer->data;
    g_autoptr(GError) error = NULL;

    if (task_spawn(task, &error))
        return;
    uv_timer_stop(&task->timeout);
    task_fail(task, TASK_FAILED, error->message);
    task_is_over(task);
}

static void task_conclude_exit(Task *task, int exit_status)
{
    g_autofree char *why =
        exit_status > 128
            ? g_strdup_printf("killed by %s: %s", strsignal(exit_status - 128), task->spec->command)
            : g_strdup_printf("exit status %d: %s", exit_status, task->spec->command);

    if (task->was_signalled)
        task_conclude(task, task->spec->background ? TASK_ENDED : TASK_CUT_OFF);
    else if (task->outcome == TASK_RUNNING && exit_status != 0 && task->spec->argv != NULL)
        task_fail_silently(task, TASK_FAILED); // it has said itself why
    else if (task->outcome == TASK_RUNNING && exit_status != 0)
        task_fail(task, TASK_FAILED, why);
    else if (task->outcome == TASK_RUNNING && task->spec->background && !task->is_ready)
        task_fail(task, TASK_FAILED, "ended before it was ready");
    else
        task_conclude(task, TASK_SUCCEEDED);
}

static void task_ended(void *data, int exit_status)
{
    Task *task = data;

    task->process = NULL;
    if (task->is_restarting && !task->is_closed) {
        task_start_again(task);
        return;
    }
    task->exit_status = exit_status;
    task->elapsed_ns = clock_monotonic_ns() - task->started_ns;
    if (exit_status != 0 && task->outcome == TASK_RUNNING && !task->is_closed &&
        task->elapsed_ns + task->spec->every_ns < task->spec->until_ns) {
        task_start_pause(task, task_try_again, task->spec->every_ns);
        return;
    }
    task_stop_timers(task);
    task_conclude_exit(task, exit_status);
    task->context->ended(task->context->data);
    task_is_over(task);
}

static void task_start(Task *task)
{
    const TaskSpec *spec = task->spec;
    bool awaits_readiness = spec->background && spec->ready != READY_NONE;
    int64_t limit_ns = task_limit_ns(task);
    g_autoptr(GError) error = NULL;

    task->started_ns = clock_monotonic_ns();
    if (task->asked_ns == 0)
        task->asked_ns = task->started_ns;
    console_line(task->context->console, spec->node->name, "$", spec->command);
    if (!task_spawn(task, &error)) {
        task_fail(task, TASK_FAILED, error->message);
        task_is_over(task);
        return;
    }
    if (limit_ns > 0)
        task_start_timer(task, &task->timeout, task_limit_is_over, limit_ns);
    if (awaits_readiness && spec->ready != READY_OUTPUT_LINE)
        uv_timer_start(&task->ready_poll, task_poll_ready, 0, READY_POLL_MS);
    task->is_ready = !awaits_readiness;
    task->context->progressed(task->context->data);
    if (spec->background && !awaits_readiness)
        task_is_over(task);
}

static void task_pause_over(uv_timer_t *timer)
{
    Task *task = timer->data;

    if (task->spec->node != NULL) {
        task_start(task);
        return;
    }
    task_conclude(task, TASK_SUCCEEDED);
    task_is_over(task);
}

void task_begin(Task *task)
{
    task->has_begun = true;
    if (task->spec->wait_ns > 0 || task->spec->node == NULL)
        task_start_pause(task, task_pause_over, task->spec->wait_ns);
    else
        task_start(task);
}

static void task_time_has_come(uv_timer_t *timer)
{
    task_begin(timer->data);
}

void task_begin_at(Task *task, int64_t at_ns)
{
    task->asked_ns = at_ns;
    task_start_pause(task, task_time_has_come, MAX(at_ns - clock_monotonic_ns(), 0));
}

void task_signal(Task *task, int signal)
{
    if (task->process == NULL || process_has_exited(task->process))
        return;
    task->was_signalled = true;
    process_signal(task->process, signal);
}

void task_close(Task *task)
{
    task->is_closed = true;
    task_stop_timers(task);
    if (task->process == NULL && task->outcome == TASK_RUNNING)
        task->outcome = TASK_CUT_OFF; // between two tries
}

static void task_did_not_heed(uv_timer_t *timer)
{
    process_signal(((Task *)timer->data)->process, SIGKILL);
}

void task_restart(Task *task)
{
    if (task->is_restarting || task->outcome == TASK_NOT_STARTED)
        return;
    if (task->process == NULL) {
        task_start_again(task);
        return;
    }
    task->is_restarting = true;
    process_signal(task->process, SIGTERM);
    uv_timer_start(&task->heed, task_did_not_heed, HEED_MS, 0);
}

void task_report(const Task *task, Report *report)
{
    TaskReport entry = {
        .task = task->spec,
        .outcome = task->outcome,
        .exit_status = task->exit_status,
        .elapsed_ns =
            task->process != NULL ? clock_monotonic_ns() - task->started_ns : task->elapsed_ns,
        .output = transcript_text(task->output),
        .output_cut = transcript_is_cut(task->output),
        .n_restarts = task->n_restarts,
        .n_tries = task->n_tries,
        .figures = task->figures,
    };

    if (task->spec->node != NULL)
        g_array_append_val(report->tasks, entry);
}
