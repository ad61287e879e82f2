// SPDX-License-Identifier: Apache-2.0
// The run ends when the tasks are done and no duration was given, when the duration is over, when a
// task fails, or by a signal. It ends in two steps: the tasks are ended, then the frames stop.
#include "sim/lab/session.h"

#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <uv.h>

#include "sim/expect/expect.h"
#include "sim/host/refusal.h"
#include "sim/lab/progress.h"
#include "sim/lab/service.h"
#include "sim/lab/tasks.h"
#include "sim/report/verdict.h"
#include "sim/scenario/timeline_spec.h"

enum {
    N_ENDING_SIGNALS = 3,
    SESSION_FDS = 16, // of the loop, the control socket with a client, and a task being started
    FDS_OF_TASK = 1,  // its output
};

static const int ending_signals[N_ENDING_SIGNALS] = {SIGINT, SIGTERM, SIGHUP};

struct Session {
    Lab *lab;
    Console *console;
    uv_loop_t loop;
    uv_signal_t signals[N_ENDING_SIGNALS];
    uv_timer_t duration;
    uv_timer_t progress_timer;
    Progress progress;
    Tasks *tasks;
    Service *service;
    bool is_ending;
    bool is_interrupted;
    int interrupted_status;
    Report *report;
};

static void session_end(Session *self, TasksEnd how)
{
    if (self->is_ending)
        return;
    self->is_ending = true;
    uv_timer_stop(&self->duration);
    tasks_end(self->tasks, how);
}

static void session_tasks_done(void *data)
{
    Session *self = data;
    const Scenario *scenario = lab_scenario(self->lab);

    if (scenario->tasks->len == 0)
        return; // until Ctrl-C, or the duration is over
    if (scenario->duration_ns == SCENARIO_UNTIL_TASKS_END_NS || tasks_have_failed(self->tasks))
        session_end(self, TASKS_END_DONE);
}

static void session_tasks_ended(void *data)
{
    uv_stop(&((Session *)data)->loop);
}

// Tasks that start at a time of the timeline go by the same clock.
static void session_start_timeline(Session *self)
{
    int64_t at_ns = live_start_timeline(lab_live(self->lab));

    tasks_start_clock(self->tasks, lab_instant_ns(self->lab, at_ns));
}

static void session_tasks_progressed(void *data)
{
    Session *self = data;
    const TimelineSpec *timeline = lab_scenario(self->lab)->timeline;

    if (timeline->start == TIMELINE_AT_READY && tasks_are_ready(self->tasks, timeline->tasks))
        session_start_timeline(self);
}

// On the data thread.
static void session_restart(void *data, const NodeSpec *host)
{
    tasks_restart(((Session *)data)->tasks, host);
}

static void session_duration_over(uv_timer_t *timer)
{
    session_end(timer->data, TASKS_END_CUT_OFF);
}

static void session_signalled(uv_signal_t *handle, int signal)
{
    Session *self = handle->data;

    if (!self->is_ending && tasks_pass_signal(self->tasks, signal))
        return;
    if (self->is_interrupted) {
        tasks_kill(self->tasks);
        console_print(self->console, "ended at once, without a report\n");
        console_progress(self->console, "");
        _exit(self->interrupted_status); // the enclosure ends with this process
    }
    self->is_interrupted = true;
    console_print(self->console, "ending the tasks; once more ends at once\n");
    if (self->is_ending)
        tasks_end(self->tasks, TASKS_END_INTERRUPTED);
    else
        session_end(self, TASKS_END_INTERRUPTED);
}

static void session_show_progress(uv_timer_t *timer)
{
    Session *self = timer->data;
    g_autofree char *text = progress_text(&self->progress, self->lab, tasks_current(self->tasks));

    console_progress(self->console, text);
}

static Report *session_collect(Session *self)
{
    Report *report = lab_report(self->lab);

    report->interrupted = self->is_interrupted;
    tasks_report(self->tasks, report);
    report_conclude(report);
    return report;
}

static Report *session_live_report(void *data)
{
    return session_collect(data);
}

// libuv ends the process when it finds no descriptor for a loop: what the session and its tasks
// will need is tried beforehand.
static bool session_check_descriptors(guint n_tasks, GError **error)
{
    g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(int));
    bool has_enough = true;

    while (has_enough && fds->len < SESSION_FDS + n_tasks * FDS_OF_TASK) {
        int fd = eventfd(0, EFD_CLOEXEC);

        if (fd >= 0) {
            g_array_append_val(fds, fd);
        } else {
            refusal_set(error, errno, "descriptors for tasks and the control socket");
            has_enough = false;
        }
    }
    for (guint i = 0; i < fds->len; i++)
        close(g_array_index(fds, int, i));
    return has_enough;
}

Session *session_new(Lab *lab, Console *console, GError **error)
{
    g_autoptr(Session) self = NULL;

    if (!session_check_descriptors(lab_scenario(lab)->tasks->len, error))
        return NULL;
    self = g_new0(Session, 1);
    self->lab = lab;
    self->console = console;
    uv_loop_init(&self->loop);
    uv_timer_init(&self->loop, &self->duration);
    uv_timer_init(&self->loop, &self->progress_timer);
    self->duration.data = self->progress_timer.data = self;
    for (int i = 0; i < N_ENDING_SIGNALS; i++) {
        uv_signal_init(&self->loop, &self->signals[i]);
        self->signals[i].data = self;
    }
    self->service = service_open(&self->loop, lab, session_live_report, self, error);
    if (self->service == NULL)
        return NULL;
    self->tasks = tasks_new(
        &self->loop, lab, service_lab_name(self->service), console,
        (TasksEvents){session_tasks_done, session_tasks_ended, session_tasks_progressed, self});
    live_listen(lab_live(lab), session_restart, self);
    return g_steal_pointer(&self);
}

// As the limit of a task: what came in time is heard first.
static void session_duration_reached(uv_timer_t *timer)
{
    uv_timer_start(timer, session_duration_over, 1, 0);
}

// Not a moment less: libuv counts milliseconds, and from when it last looked at the clock.
static void session_start_duration(Session *self, int64_t duration_ns)
{
    uv_update_time(&self->loop);
    uv_timer_start(&self->duration, session_duration_reached,
                   (uint64_t)(duration_ns + 999999) / 1000000 + 1, 0);
}

void session_run(Session *self, int interrupted_status)
{
    const Scenario *scenario = lab_scenario(self->lab);

    self->interrupted_status = interrupted_status;
    for (int i = 0; i < N_ENDING_SIGNALS; i++)
        uv_signal_start(&self->signals[i], session_signalled, ending_signals[i]);
    if (console_is_terminal(self->console))
        uv_timer_start(&self->progress_timer, session_show_progress, PROGRESS_MS, PROGRESS_MS);
    lab_start(self->lab);
    if (scenario->duration_ns != SCENARIO_UNTIL_TASKS_END_NS)
        session_start_duration(self, scenario->duration_ns);
    if (scenario->timeline->start != TIMELINE_AT_READY)
        tasks_start_clock(self->tasks, lab_instant_ns(self->lab, 0));
    tasks_start(self->tasks);
    uv_run(&self->loop, UV_RUN_DEFAULT);
    console_progress(self->console, "");
    lab_stop(self->lab);
    self->report = session_collect(self);
    expect_judge(self->report);
    verdict_weigh_failure(self->report);
}

const Report *session_report(const Session *self)
{
    return self->report;
}

static void session_close_handle(uv_handle_t *handle, void *data)
{
    (void)data;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void session_free(Session *self)
{
    g_clear_pointer(&self->service, service_close);
    uv_walk(&self->loop, session_close_handle, NULL);
    uv_run(&self->loop, UV_RUN_DEFAULT);
    uv_loop_close(&self->loop);
    g_clear_pointer(&self->tasks, tasks_free);
    g_clear_pointer(&self->report, report_free);
    g_free(self);
}
