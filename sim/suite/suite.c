// SPDX-License-Identifier: Apache-2.0
// The tests start in the plan's order as others end. Those that were not valid wait until all
// others are done and then run one at a time: what starved them may have been their neighbours.
#include "sim/suite/suite.h"

#include <errno.h>
#include <signal.h>
#include <uv.h>

#include "sim/host/refusal.h"
#include "sim/suite/trial.h"
#include "sim/suite/work_folder.h"

enum { N_SUITE_SIGNALS = 3 };

static const int suite_signals[N_SUITE_SIGNALS] = {SIGINT, SIGTERM, SIGHUP};

struct Suite {
    Plan *plan;
    SuiteOptions options;
    SuiteEvents events;
    uv_loop_t loop;
    uv_signal_t signals[N_SUITE_SIGNALS];
    WorkFolder *work;   // of folders that are not kept
    guint next;         // of the plan's tests
    GQueue retries;     // of Test
    GPtrArray *running; // of Trial
    guint n_finished, n_failed;
    bool is_ending;
    int signal; // that came; 0: none
    GError *error;
};

static void suite_start_more(Suite *self);

static void suite_tell_progress(Suite *self)
{
    GString *words = g_string_new(NULL);

    g_string_append_printf(words, "%u of %u", self->n_finished, self->plan->tests->len);
    if (self->n_failed > 0)
        g_string_append_printf(words, ", %u failed", self->n_failed);
    for (guint i = 0; i < self->running->len; i++)
        g_string_append_printf(words, "%s %s", i == 0 ? ":" : ",",
                               trial_test(g_ptr_array_index(self->running, i))->name);
    self->events.progressed(self->events.data, words->str);
    g_string_free(words, TRUE);
}

static bool suite_keeps(const Suite *self, const Test *test)
{
    return self->options.artifacts_path != NULL && test->artifacts.keep != KEEP_NEVER &&
           (test->artifacts.keep == KEEP_ALWAYS || test->outcome != TEST_PASSED);
}

static void suite_finish(Suite *self, Test *test)
{
    bool has_failed = test->outcome == TEST_FAILED || test->outcome == TEST_ERROR;
    bool is_last =
        test->outcome != TEST_INVALID || test->n_runs > self->options.n_retries || self->is_ending;

    if (has_failed) {
        self->n_failed++;
        self->is_ending = self->is_ending || self->options.fail_fast;
        if (test->search != NULL)
            test->search->lowest_failing = MIN(test->search->lowest_failing, test->seed);
    }
    if (is_last)
        self->n_finished++;
    else
        g_queue_push_tail(&self->retries, test);
    self->events.finished(self->events.data, test, is_last);
}

static void suite_trial_ended(void *data, Trial *trial)
{
    Suite *self = data;
    Test *test = trial_test(trial);

    g_ptr_array_remove(self->running, trial);
    if (self->signal != 0) { // what was cut off is no result
        test_reset(test);
        test->outcome = TEST_NOT_RUN;
    }
    if (suite_keeps(self, test))
        test->folder = g_strdup(trial_folder(trial)->path);
    else
        folder_remove(trial_folder(trial)->path);
    if (self->signal == 0)
        suite_finish(self, test);
    suite_start_more(self);
}

static bool suite_start(Suite *self, Test *test)
{
    TrialContext context = {.loop = &self->loop,
                            .captures_all = self->options.artifacts_path != NULL &&
                                            test->artifacts.keep != KEEP_NEVER &&
                                            test->artifacts.captures_all,
                            .realtime = self->options.realtime,
                            .shares_cores = self->options.n_jobs > 1,
                            .time_limit_ns = self->options.time_limit_ns,
                            .ended = suite_trial_ended,
                            .data = self};
    const char *parent = self->options.artifacts_path != NULL ? self->options.artifacts_path
                                                              : work_folder_path(self->work);
    Folder *folder = folder_new(parent, test->folder_name, &self->error);
    Trial *trial = folder != NULL ? trial_new(&context, test, folder, &self->error) : NULL;

    if (trial != NULL)
        g_ptr_array_add(self->running, trial);
    else
        self->is_ending = true;
    return trial != NULL;
}

// Whether a lower seed has already failed.
static bool suite_is_settled(const Test *test)
{
    return test->search != NULL && test->search->lowest_failing < test->seed;
}

static Test *suite_next(Suite *self)
{
    while (self->next < self->plan->tests->len) {
        Test *test = g_ptr_array_index(self->plan->tests, self->next++);

        if (!suite_is_settled(test))
            return test;
        self->n_finished++;
    }
    return self->running->len == 0 ? g_queue_pop_head(&self->retries) : NULL;
}

static void suite_stop(Suite *self)
{
    for (int i = 0; i < N_SUITE_SIGNALS; i++)
        uv_signal_stop(&self->signals[i]);
}

static void suite_start_more(Suite *self)
{
    while (!self->is_ending && self->running->len < self->options.n_jobs) {
        bool is_retry = self->next == self->plan->tests->len;
        Test *test = suite_next(self);

        if (test == NULL || !suite_start(self, test) || is_retry)
            break;
    }
    suite_tell_progress(self);
    if (self->running->len == 0)
        suite_stop(self);
}

static void suite_signalled(uv_signal_t *handle, int signal)
{
    Suite *self = handle->data;

    for (guint i = 0; i < self->running->len; i++)
        trial_signal(g_ptr_array_index(self->running, i), self->signal != 0 ? SIGKILL : SIGINT);
    self->is_ending = true;
    self->signal = signal;
}

Suite *suite_new(Plan *plan, const SuiteOptions *options, SuiteEvents events, GError **error)
{
    g_autoptr(WorkFolder) work = work_folder_new(error);
    Suite *self;
    int status;

    if (work == NULL)
        return NULL;
    self = g_new0(Suite, 1);
    self->plan = plan;
    self->options = *options;
    self->events = events;
    self->work = g_steal_pointer(&work);
    self->running = g_ptr_array_new();
    g_queue_init(&self->retries);
    status = uv_loop_init(&self->loop);
    if (status < 0) {
        refusal_set(error, -status, "event loop");
        work_folder_free(self->work);
        g_ptr_array_unref(self->running);
        g_free(self);
        return NULL;
    }
    for (int i = 0; i < N_SUITE_SIGNALS; i++) {
        uv_signal_init(&self->loop, &self->signals[i]);
        self->signals[i].data = self;
    }
    return self;
}

// What was to run again and does not any more: its last result is the one that counts.
static void suite_finish_retries(Suite *self)
{
    Test *test;

    while (self->signal == 0 && (test = g_queue_pop_head(&self->retries)) != NULL)
        self->events.finished(self->events.data, test, true);
}

bool suite_run(Suite *self, GError **error)
{
    for (int i = 0; i < N_SUITE_SIGNALS; i++)
        uv_signal_start(&self->signals[i], suite_signalled, suite_signals[i]);
    suite_start_more(self);
    uv_run(&self->loop, UV_RUN_DEFAULT);
    suite_finish_retries(self);
    self->events.progressed(self->events.data, "");
    if (self->error == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(&self->error));
    return false;
}

int suite_signal(const Suite *self)
{
    return self->signal;
}

void suite_free(Suite *self)
{
    for (int i = 0; i < N_SUITE_SIGNALS; i++)
        uv_close((uv_handle_t *)&self->signals[i], NULL);
    uv_run(&self->loop, UV_RUN_DEFAULT);
    uv_loop_close(&self->loop);
    g_queue_clear(&self->retries);
    g_ptr_array_unref(self->running);
    g_clear_error(&self->error);
    work_folder_free(self->work);
    g_free(self);
}
