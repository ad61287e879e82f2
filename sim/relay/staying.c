// SPDX-License-Identifier: Apache-2.0
// At every tick it looks at what listens, has the opener open the same ports in the host, and gives
// up those where nothing listens any more: so a port without a service refuses connections there as
// it does here.
#include "sim/relay/staying.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "sim/relay/datagram_relay.h"
#include "sim/relay/local_services.h"
#include "sim/relay/opener.h"
#include "sim/relay/outside.h"
#include "sim/relay/stream_relay.h"

enum { STAYING_TICK_MS = 100, STAYING_MAX_PORTS = 1024, STAYING_FIRST_FD = 100 };

// A port of the host.
typedef struct {
    LocalService service;
    StreamRelay *stream;     // or
    DatagramRelay *datagram; // this
    bool is_wanted;
} StayingPort;

// Of the process that stays.
typedef struct {
    int control_fd, request_fd;
    uv_loop_t loop;
    uv_poll_t control;
    uv_timer_t timer;
    GHashTable *ports; // of StayingPort, by protocol and number
    Outside *outside;  // NULL without
} Staying;

static gpointer port_key(const LocalService *service)
{
    return GINT_TO_POINTER((int)service->protocol << 16 | service->port);
}

static void port_close(gpointer data)
{
    StayingPort *port = data;

    g_clear_pointer(&port->stream, stream_relay_close);
    g_clear_pointer(&port->datagram, datagram_relay_close);
    g_free(port);
}

static _Noreturn void staying_end(Staying *self)
{
    if (self->outside != NULL)
        outside_close(self->outside);
    _exit(0);
}

static void port_open(Staying *self, const LocalService *service)
{
    int fd = opener_ask(self->request_fd, service->protocol, service->port);
    StayingPort *port;

    if (fd == -EPIPE)
        staying_end(self); // the lab has
    if (fd < 0)
        return; // once more at the next tick
    port = g_new0(StayingPort, 1);
    port->service = *service;
    port->is_wanted = true;
    if (service->protocol == SERVICE_TCP)
        port->stream = stream_relay_open(&self->loop, fd, service);
    else
        port->datagram = datagram_relay_open(&self->loop, fd, service);
    if (port->stream != NULL || port->datagram != NULL)
        g_hash_table_insert(self->ports, port_key(service), port);
    else
        g_free(port);
}

static void port_aim(StayingPort *port, const LocalService *service)
{
    port->is_wanted = true;
    if (port->stream != NULL)
        stream_relay_aim(port->stream, service);
    else
        datagram_relay_aim(port->datagram, service);
}

static gboolean port_is_unwanted(gpointer key, gpointer value, gpointer unused)
{
    StayingPort *port = value;
    bool was_wanted = port->is_wanted;

    (void)key;
    (void)unused;
    if (port->datagram != NULL)
        datagram_relay_tick(port->datagram);
    port->is_wanted = false; // until the next tick finds it
    return !was_wanted;
}

static void staying_follow(Staying *self)
{
    g_autoptr(GArray) services = local_services_list();

    for (guint i = 0; i < services->len; i++) {
        const LocalService *service = &g_array_index(services, LocalService, i);
        StayingPort *port = g_hash_table_lookup(self->ports, port_key(service));

        if (port != NULL)
            port_aim(port, service);
        else if (g_hash_table_size(self->ports) < STAYING_MAX_PORTS)
            port_open(self, service);
    }
    g_hash_table_foreach_remove(self->ports, port_is_unwanted, NULL);
}

static void staying_tick(uv_timer_t *timer)
{
    staying_follow(timer->data);
}

// Tells why there is no outside network, or none any more.
static void staying_outside_ended(void *data, const char *text)
{
    Staying *self = data;

    send(self->control_fd, text, strlen(text) + 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void staying_open_outside(Staying *self, const OutsideRequest *request)
{
    g_autofree char *program = outside_find_program();
    int status = UV_ENOENT;

    if (program != NULL)
        self->outside = outside_open(&self->loop, program, request->inside_pid, request->mtu_bytes,
                                     staying_outside_ended, self, &status);
    if (self->outside == NULL)
        staying_outside_ended(self, uv_strerror(status));
}

static void staying_asked(uv_poll_t *control, int status, int events)
{
    Staying *self = control->data;
    OutsideRequest request;

    (void)status;
    (void)events;
    if (recv(self->control_fd, &request, sizeof request, MSG_DONTWAIT) != sizeof request)
        staying_end(self); // the lab has
    staying_open_outside(self, &request);
}

// Only what it needs stays open; the command's streams are not among that.
static void staying_settle(int *control_fd, int *request_fd)
{
    struct rlimit limit;
    int null_fd = open("/dev/null", O_RDWR);

    setsid(); // the terminal's signals are not for us
    signal(SIGPIPE, SIG_IGN);
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        dup2(null_fd, fd);
    *control_fd = fcntl(*control_fd, F_DUPFD_CLOEXEC, STAYING_FIRST_FD);
    *request_fd = fcntl(*request_fd, F_DUPFD_CLOEXEC, STAYING_FIRST_FD);
    close_range(STDERR_FILENO + 1, STAYING_FIRST_FD - 1, 0);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

_Noreturn void staying_run(int control_fd, int request_fd)
{
    Staying self = {.ports = g_hash_table_new_full(NULL, NULL, NULL, port_close)};

    staying_settle(&control_fd, &request_fd);
    self.control_fd = control_fd;
    self.request_fd = request_fd;
    uv_loop_init(&self.loop);
    uv_poll_init(&self.loop, &self.control, control_fd);
    uv_timer_init(&self.loop, &self.timer);
    self.timer.data = self.control.data = &self;
    staying_follow(&self);
    if (send(control_fd, "", 1, MSG_NOSIGNAL) != 1)
        _exit(0);
    uv_poll_start(&self.control, UV_READABLE | UV_DISCONNECT, staying_asked);
    uv_timer_start(&self.timer, staying_tick, STAYING_TICK_MS, STAYING_TICK_MS);
    uv_run(&self.loop, UV_RUN_DEFAULT);
    _exit(0);
}
