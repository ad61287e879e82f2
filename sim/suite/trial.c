// SPDX-License-Identifier: Apache-2.0
// The process is this program again (taploom trial), in a session of its own, so that Ctrl-C
// reaches the suite only; it ends with the suite, however that ends.
#include "sim/suite/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "sim/host/refusal.h"
#include "sim/realtime/clock.h"
#include "sim/suite/outcome.h"

enum {
    TRIAL_N_HANDLES = 2,
    TRIAL_HEED_MS = 5000, // from asking it to end to SIGKILL
};

struct Trial {
    TrialContext context;
    Test *test;
    Folder *folder;
    uv_process_t child;
    uv_timer_t time_limit;
    int64_t started_ns;
    int n_open_handles;
    bool has_started, is_late;
};

static void trial_free(Trial *self)
{
    folder_free(self->folder);
    g_free(self);
}

static void trial_closed(uv_handle_t *handle)
{
    Trial *self = handle->data;

    if (--self->n_open_handles > 0)
        return;
    if (self->has_started)
        self->context.ended(self->context.data, self);
    trial_free(self);
}

static void trial_close(Trial *self)
{
    uv_close((uv_handle_t *)&self->child, trial_closed);
    uv_close((uv_handle_t *)&self->time_limit, trial_closed);
}

static void trial_exited(uv_process_t *child, int64_t exit_status, int signal)
{
    Trial *self = child->data;
    Test *test = self->test;

    test->elapsed_ns += clock_monotonic_ns() - self->started_ns;
    test->n_runs++;
    test_reset(test);
    outcome_read(test, (int)exit_status, signal, self->folder->report_path, self->folder->log_path);
    if (self->is_late && test->outcome != TEST_PASSED) {
        test->outcome = TEST_ERROR;
        g_ptr_array_insert(test->reasons, 0, g_strdup("had not ended within its time limit"));
    }
    trial_close(self);
}

static void trial_out_of_time(uv_timer_t *timer)
{
    Trial *self = timer->data;

    // Asked first, for its report; the second time it goes at once.
    trial_signal(self, self->is_late ? SIGKILL : SIGINT);
    self->is_late = true;
}

// If this process was halted, an end in time has not been heard yet. It is before the next timer.
static void trial_limit_reached(uv_timer_t *timer)
{
    uv_timer_start(timer, trial_out_of_time, 1, TRIAL_HEED_MS);
}

// The command line; the caller frees it.
static char **trial_arguments(const Trial *self)
{
    GPtrArray *arguments = g_ptr_array_new();
    const Test *test = self->test;

    g_ptr_array_add(arguments, g_strdup("taploom"));
    g_ptr_array_add(arguments, g_strdup("trial"));
    g_ptr_array_add(arguments, g_strdup_printf("%d", (int)getpid()));
    g_ptr_array_add(arguments, g_strdup("--strict"));
    g_ptr_array_add(arguments, g_strdup_printf("--report=%s", self->folder->report_path));
    if (self->context.captures_all || test->writes_files)
        g_ptr_array_add(arguments, g_strdup_printf("--capture=%s", self->folder->capture_path));
    if (self->context.realtime)
        g_ptr_array_add(arguments, g_strdup("--realtime"));
    if (self->context.realtime && self->context.shares_cores)
        g_ptr_array_add(arguments, g_strdup("--share-cores"));
    if (*test->choice != '\0')
        g_ptr_array_add(arguments, g_strdup_printf("--matrix=%s", test->choice));
    if (test->has_own_seed)
        g_ptr_array_add(arguments, g_strdup_printf("--seed=%" G_GUINT64_FORMAT, test->seed));
    g_ptr_array_add(arguments, g_strdup("--"));
    g_ptr_array_add(arguments, g_strdup(test->path));
    g_ptr_array_add(arguments, NULL);
    return (char **)g_ptr_array_free(arguments, FALSE);
}

static int trial_spawn(Trial *self, int log_fd)
{
    g_auto(GStrv) arguments = trial_arguments(self);
    uv_stdio_container_t stdio[] = {
        {.flags = UV_IGNORE},
        {.flags = UV_INHERIT_FD, .data.fd = log_fd},
        {.flags = UV_INHERIT_FD, .data.fd = log_fd},
    };
    uv_process_options_t options = {
        .file = "/proc/self/exe",
        .args = arguments,
        .exit_cb = trial_exited,
        .flags = UV_PROCESS_DETACHED,
        .stdio = stdio,
        .stdio_count = G_N_ELEMENTS(stdio),
    };

    return uv_spawn(self->context.loop, &self->child, &options);
}

Trial *trial_new(const TrialContext *context, Test *test, Folder *folder, GError **error)
{
    int log_fd = open(folder->log_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    Trial *self;
    int status;

    if (log_fd < 0) {
        refusal_set(error, errno, "%s: open", folder->log_path);
        folder_free(folder);
        return NULL;
    }
    self = g_new0(Trial, 1);
    self->context = *context;
    self->test = test;
    self->folder = folder;
    self->n_open_handles = TRIAL_N_HANDLES;
    self->started_ns = clock_monotonic_ns();
    uv_timer_init(context->loop, &self->time_limit);
    self->child.data = self->time_limit.data = self;
    status = trial_spawn(self, log_fd);
    close(log_fd);
    if (status < 0) {
        refusal_set(error, -status, "test %s: spawn", test->name);
        trial_close(self); // the child's handle is initialised even now
        return NULL;
    }
    self->has_started = true;
    if (context->time_limit_ns > 0) {
        uint64_t limit_ms = (uint64_t)(context->time_limit_ns + 999999) / 1000000;

        uv_update_time(context->loop);
        uv_timer_start(&self->time_limit, trial_limit_reached, limit_ms, 0);
    }
    return self;
}

Test *trial_test(const Trial *trial)
{
    return trial->test;
}

const Folder *trial_folder(const Trial *trial)
{
    return trial->folder;
}

void trial_signal(Trial *trial, int signal)
{
    uv_process_kill(&trial->child, signal);
}
