// SPDX-License-Identifier: Apache-2.0
// A process is this program again, as `taploom enter`, which joins the host's namespaces and runs
// the program there. Output comes through one pipe for both streams, so that their order is kept. A
// program may leave children behind that hold the pipe open: after its end they get a moment.
#include "sim/lab/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/host/enter.h"
#include "sim/host/refusal.h"

enum { LINE_MAX_BYTES = 4096, READ_ROOM_BYTES = 16384, LINGER_MS = 100 };

struct Process {
    uv_process_t child;
    uv_signal_t stop; // of a program with our standard streams; idle else
    uv_pipe_t output;
    uv_timer_t linger;
    unsigned n_open_handles;
    bool has_exited, output_ended, is_closing;
    int exit_status;
    ProcessEvents events;
    void *data;
    GString *line;
    char room[READ_ROOM_BYTES];
};

static void process_emit_line(Process *self)
{
    g_autofree char *line = g_utf8_make_valid(self->line->str, (gssize)self->line->len);

    self->events.line(self->data, line);
    g_string_truncate(self->line, 0);
}

static void process_take_output(Process *self, const char *bytes, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++) {
        if (bytes[i] == '\n')
            process_emit_line(self);
        else if (bytes[i] != '\r' && bytes[i] != '\0')
            g_string_append_c(self->line, bytes[i]);
        if (self->line->len >= LINE_MAX_BYTES)
            process_emit_line(self);
    }
}

static void process_handle_closed(uv_handle_t *handle)
{
    Process *self = handle->data;

    if (--self->n_open_handles > 0)
        return;
    if (self->line->len > 0)
        process_emit_line(self);
    self->events.ended(self->data, self->exit_status);
    g_string_free(self->line, TRUE);
    g_free(self);
}

static void process_close(Process *self)
{
    if (self->is_closing)
        return;
    self->is_closing = true;
    uv_close((uv_handle_t *)&self->child, process_handle_closed);
    uv_close((uv_handle_t *)&self->stop, process_handle_closed);
    uv_close((uv_handle_t *)&self->output, process_handle_closed);
    uv_close((uv_handle_t *)&self->linger, process_handle_closed);
}

static void process_lingered(uv_timer_t *timer)
{
    process_close(timer->data);
}

static void process_exited(uv_process_t *child, int64_t exit_status, int signal)
{
    Process *self = child->data;

    self->has_exited = true;
    self->exit_status = signal != 0 ? 128 + signal : (int)exit_status;
    if (self->output_ended)
        process_close(self);
    else
        uv_timer_start(&self->linger, process_lingered, LINGER_MS, 0);
}

static void process_allocate(uv_handle_t *handle, size_t suggested_bytes, uv_buf_t *buffer)
{
    Process *self = handle->data;

    (void)suggested_bytes;
    *buffer = uv_buf_init(self->room, sizeof self->room);
}

static void process_read(uv_stream_t *stream, ssize_t n_bytes, const uv_buf_t *buffer)
{
    Process *self = stream->data;

    if (n_bytes > 0) {
        process_take_output(self, buffer->base, (size_t)n_bytes);
    } else if (n_bytes < 0) {
        uv_read_stop(stream);
        self->output_ended = true;
        if (self->has_exited)
            process_close(self);
    }
}

static void process_ignore_line(void *data, const char *line)
{
    (void)data;
    (void)line;
}

static void process_ignore_end(void *data, int exit_status)
{
    (void)data;
    (void)exit_status;
}

static uv_stdio_container_t process_pass(int fd)
{
    return fd >= 0 ? (uv_stdio_container_t){.flags = UV_INHERIT_FD, .data.fd = fd}
                   : (uv_stdio_container_t){.flags = UV_IGNORE};
}

// The process in which `taploom enter` waits for a program on the terminal stops with it: so does
// this one, as the shell that started it expects. When that continues both, frames flow again.
static void process_stop_along(uv_signal_t *signal, int number)
{
    Process *self = signal->data;
    siginfo_t child = {.si_pid = 0};

    (void)number;
    if (waitid(P_PID, (id_t)self->child.pid, &child, WSTOPPED | WNOHANG) == 0 && child.si_pid != 0)
        raise(SIGSTOP);
}

static bool process_has_terminal(void)
{
    return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

static int process_uv_spawn(Process *self, const ProcessContext *context, const char *const *argv,
                            const int streams[3], unsigned flags)
{
    EnterNamespaces namespaces = enter_namespaces(context->enclosure, context->host);
    g_autofree char *cwd = g_get_current_dir();
    g_auto(GStrv) inherited = g_get_environ();
    g_auto(GStrv) arguments =
        enter_argv_new(context->enclosure, &namespaces, cwd, argv, context->peer != NULL);
    g_auto(GStrv) environment = enter_environment_new(host_spec(context->host), context->lab,
                                                      (const char *const *)inherited);
    uv_stdio_container_t stdio[ENTER_FIRST_FD + ENTER_N_SPAWN_FDS + 1] = {
        process_pass(streams[0]),     process_pass(streams[1]),
        process_pass(streams[2]),     process_pass(namespaces.pid),
        process_pass(namespaces.net), process_pass(namespaces.mnt),
        process_pass(namespaces.uts), process_pass(-1),
    };
    uv_process_options_t options = {
        .file = arguments[0],
        .args = arguments,
        .exit_cb = process_exited,
        .flags = flags,
        .stdio = stdio,
        .stdio_count = G_N_ELEMENTS(stdio) - (context->peer == NULL),
    };

    if (context->peer != NULL)
        stdio[ENTER_FIRST_FD + ENTER_N_SPAWN_FDS] = (uv_stdio_container_t){
            .flags = UV_INHERIT_FD, .data.fd = host_namespaces(context->peer).net};

    for (guint i = 0; context->env != NULL && i < context->env->len; i++) {
        const SettingSpec *setting = g_ptr_array_index(context->env, i);

        environment = g_environ_setenv(environment, setting->key, setting->value, TRUE);
    }
    options.env = environment;
    return uv_spawn(context->loop, &self->child, &options);
}

static Process *process_new(const ProcessContext *context)
{
    Process *self = g_new0(Process, 1);

    self->events = context->events;
    self->data = context->data;
    self->line = g_string_new(NULL);
    self->n_open_handles = 4;
    uv_signal_init(context->loop, &self->stop);
    uv_pipe_init(context->loop, &self->output, 0);
    uv_timer_init(context->loop, &self->linger);
    self->child.data = self->stop.data = self->output.data = self->linger.data = self;
    return self;
}

// Starts it; on failure `self` is given up.
static bool process_start(Process *self, const ProcessContext *context, const char *const *argv,
                          const int streams[3], unsigned flags, GError **error)
{
    int status = process_uv_spawn(self, context, argv, streams, flags);

    if (status == 0)
        return true;
    refusal_set(error, -status, "host %s: spawn", host_spec(context->host)->name);
    // The child's handle is initialised even now; nobody is told of this end.
    self->events = (ProcessEvents){process_ignore_line, process_ignore_end};
    process_close(self);
    return false;
}

Process *process_spawn(const ProcessContext *context, const char *const *argv, GError **error)
{
    Process *self;
    int ends[2];
    bool is_started;

    if (pipe2(ends, O_CLOEXEC) != 0) {
        refusal_set(error, errno, "host %s: pipe", host_spec(context->host)->name);
        return NULL;
    }
    self = process_new(context);
    uv_pipe_open(&self->output, ends[0]);
    // A session of its own, so that Ctrl-C reaches this program only.
    is_started = process_start(self, context, argv, (int[]){-1, ends[1], ends[1]},
                               UV_PROCESS_DETACHED, error);
    close(ends[1]);
    if (!is_started)
        return NULL;
    uv_read_start((uv_stream_t *)&self->output, process_allocate, process_read);
    return self;
}

Process *process_spawn_here(const ProcessContext *context, const char *const *argv, GError **error)
{
    bool has_terminal = process_has_terminal();
    Process *self = process_new(context);

    self->output_ended = true;
    if (!process_start(self, context, argv, (int[]){STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO},
                       // Signals then come from this process, and from nobody twice.
                       has_terminal ? 0 : UV_PROCESS_DETACHED, error))
        return NULL;
    if (has_terminal)
        uv_signal_start(&self->stop, process_stop_along, SIGCHLD);
    return self;
}

bool process_has_exited(const Process *self)
{
    return self->has_exited;
}

void process_signal(Process *self, int signal)
{
    if (!self->has_exited)
        uv_process_kill(&self->child, signal == SIGKILL ? ENTER_KILL_SIGNAL : signal);
}
