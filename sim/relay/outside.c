// SPDX-License-Identifier: Apache-2.0
// pasta finds the namespaces through a process that lives in them: descriptors are closed when it
// starts, and once it is in the user namespace it may look at nothing outside. It gives up most
// capabilities first, so that process must not have more (ptrace(2), access mode checking).
#include "sim/relay/outside.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OUTSIDE_TEXT_BYTES = 1000 };

struct Outside {
    uv_process_t process;
    uv_pipe_t output;
    void (*ended)(void *data, const char *text);
    void *data;
    gsize n_bytes;
    char text[OUTSIDE_TEXT_BYTES + 1]; // the first of what it printed
    char room[OUTSIDE_TEXT_BYTES];
};

char *outside_find_program(void)
{
    return g_find_program_in_path("pasta");
}

static void outside_allocate(uv_handle_t *handle, size_t suggested_bytes, uv_buf_t *buffer)
{
    Outside *self = handle->data;

    (void)suggested_bytes;
    *buffer = uv_buf_init(self->room, sizeof self->room);
}

static void outside_read(uv_stream_t *stream, ssize_t n_bytes, const uv_buf_t *buffer)
{
    Outside *self = stream->data;
    gsize n_kept;

    if (n_bytes < 0) {
        uv_read_stop(stream);
        self->ended(self->data, g_strchomp(self->text));
        return;
    }
    n_kept = MIN((gsize)n_bytes, OUTSIDE_TEXT_BYTES - self->n_bytes);
    memcpy(self->text + self->n_bytes, buffer->base, n_kept);
    self->n_bytes += n_kept;
}

// Whether it is in the user namespace that this process is in.
static bool is_at_home(const char *user_path)
{
    struct stat own, other;

    return stat("/proc/self/ns/user", &own) == 0 && stat(user_path, &other) == 0 &&
           own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

static char **outside_argv_new(const char *program, pid_t inside_pid, unsigned mtu_bytes)
{
    g_autoptr(GStrvBuilder) argv = g_strv_builder_new();
    g_autofree char *mtu = g_strdup_printf("%u", mtu_bytes);
    g_autofree char *net = g_strdup_printf("/proc/%d/ns/net", inside_pid);
    g_autofree char *user = g_strdup_printf("/proc/%d/ns/user", inside_pid);

    // Only outwards, and not to this machine's loopback, which has its own way.
    g_strv_builder_add_many(argv, program, "--foreground", "--quiet", "--config-net", "--ipv4-only",
                            "--no-map-gw", "--no-netns-quit", "--ns-ifname", "outside", "--mtu",
                            mtu, "--tcp-ports", "none", "--udp-ports", "none", "--tcp-ns", "none",
                            "--udp-ns", "none", "--netns", net, NULL);
    if (!is_at_home(user))
        g_strv_builder_add_many(argv, "--userns", user, NULL);
    if (getuid() == 0)
        g_strv_builder_add_many(argv, "--runas", "0:0", NULL);
    return g_strv_builder_end(argv);
}

static void outside_exited(uv_process_t *process, int64_t exit_status, int signal)
{
    (void)process;
    (void)exit_status;
    (void)signal; // the end of its output tells
}

Outside *outside_open(uv_loop_t *loop, const char *program, pid_t inside_pid, unsigned mtu_bytes,
                      void (*ended)(void *data, const char *text), void *data, int *status)
{
    Outside *self = g_new0(Outside, 1);
    g_auto(GStrv) argv = outside_argv_new(program, inside_pid, mtu_bytes);
    uv_stdio_container_t stdio[] = {
        {.flags = UV_IGNORE},
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&self->output},
    };
    uv_process_options_t options = {.file = program,
                                    .args = argv,
                                    .exit_cb = outside_exited,
                                    .stdio = stdio,
                                    .stdio_count = G_N_ELEMENTS(stdio)};

    self->ended = ended;
    self->data = data;
    self->output.data = self;
    uv_pipe_init(loop, &self->output, 0);
    *status = uv_spawn(loop, &self->process, &options);
    if (*status == 0)
        uv_read_start((uv_stream_t *)&self->output, outside_allocate, outside_read);
    return *status == 0 ? self : NULL; // its handles, few, stay until the process ends
}

void outside_close(Outside *self)
{
    uv_process_kill(&self->process, SIGKILL);
}
