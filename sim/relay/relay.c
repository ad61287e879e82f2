// SPDX-License-Identifier: Apache-2.0
// The process that stays has a loop of its own. At every tick it looks at what listens, has the
// opener open the same ports in the host, and gives up those where nothing listens any more: so a
// port without a service refuses connections there as it does here.
#include "sim/relay/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "sim/host/refusal.h"
#include "sim/relay/datagram_relay.h"
#include "sim/relay/local_services.h"
#include "sim/relay/opener.h"
#include "sim/relay/stream_relay.h"

enum { RELAY_TICK_MS = 100, RELAY_MAX_PORTS = 1024, RELAY_PATIENCE_MS = 10000 };

struct Relay {
    pid_t staying_pid, opener_pid;
    int control_fd; // says when the ports are open, and by its end that we are gone
    int request_fd; // the opener's end
};

// A port of the host.
typedef struct {
    LocalService service;
    StreamRelay *stream;     // or
    DatagramRelay *datagram; // this
    bool is_wanted;
} RelayPort;

// Of the process that stays.
typedef struct {
    uv_loop_t loop;
    uv_poll_t control;
    uv_timer_t timer;
    GHashTable *ports; // of RelayPort, by protocol and number
    int request_fd;
} Staying;

static gpointer port_key(const LocalService *service)
{
    return GINT_TO_POINTER((int)service->protocol << 16 | service->port);
}

static void port_close(gpointer data)
{
    RelayPort *port = data;

    g_clear_pointer(&port->stream, stream_relay_close);
    g_clear_pointer(&port->datagram, datagram_relay_close);
    g_free(port);
}

static void port_open(Staying *self, const LocalService *service)
{
    int fd = opener_ask(self->request_fd, service->protocol, service->port);
    RelayPort *port;

    if (fd == -EPIPE)
        _exit(0); // the lab has ended
    if (fd < 0)
        return; // once more at the next tick
    port = g_new0(RelayPort, 1);
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

static void port_aim(RelayPort *port, const LocalService *service)
{
    port->is_wanted = true;
    if (port->stream != NULL)
        stream_relay_aim(port->stream, service);
    else
        datagram_relay_aim(port->datagram, service);
}

static gboolean port_is_unwanted(gpointer key, gpointer value, gpointer unused)
{
    RelayPort *port = value;
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
        RelayPort *port = g_hash_table_lookup(self->ports, port_key(service));

        if (port != NULL)
            port_aim(port, service);
        else if (g_hash_table_size(self->ports) < RELAY_MAX_PORTS)
            port_open(self, service);
    }
    g_hash_table_foreach_remove(self->ports, port_is_unwanted, NULL);
}

static void staying_tick(uv_timer_t *timer)
{
    staying_follow(timer->data);
}

// Nothing is ever sent: it is the end.
static void staying_left(uv_poll_t *control, int status, int events)
{
    (void)control;
    (void)status;
    (void)events;
    _exit(0);
}

// Only what it needs stays open; the command's streams are not among that.
static void staying_settle(int *control_fd, int *request_fd)
{
    struct rlimit limit;
    int null_fd = open("/dev/null", O_RDWR);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setsid(); // the terminal's signals are not for us
    signal(SIGPIPE, SIG_IGN);
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        dup2(null_fd, fd);
    *control_fd = fcntl(*control_fd, F_DUPFD_CLOEXEC, 100);
    *request_fd = fcntl(*request_fd, F_DUPFD_CLOEXEC, 100);
    close_range(STDERR_FILENO + 1, 99, 0);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static _Noreturn void staying_run(int control_fd, int request_fd)
{
    Staying self = {.ports = g_hash_table_new_full(NULL, NULL, NULL, port_close)};

    staying_settle(&control_fd, &request_fd);
    self.request_fd = request_fd;
    uv_loop_init(&self.loop);
    uv_poll_init(&self.loop, &self.control, control_fd);
    uv_timer_init(&self.loop, &self.timer);
    self.timer.data = &self;
    staying_follow(&self);
    if (send(control_fd, "", 1, MSG_NOSIGNAL) != 1)
        _exit(0);
    uv_poll_start(&self.control, UV_READABLE | UV_DISCONNECT, staying_left);
    uv_timer_start(&self.timer, staying_tick, RELAY_TICK_MS, RELAY_TICK_MS);
    uv_run(&self.loop, UV_RUN_DEFAULT);
    _exit(0);
}

Relay *relay_new(GError **error)
{
    int control_fds[2], request_fds[2];
    Relay *self;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control_fds) < 0) {
        refusal_set(error, errno, "socketpair");
        return NULL;
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, request_fds) < 0) {
        refusal_set(error, errno, "socketpair");
        close(control_fds[0]);
        close(control_fds[1]);
        return NULL;
    }
    self = g_new0(Relay, 1);
    self->control_fd = control_fds[0];
    self->request_fd = request_fds[0];
    self->staying_pid = fork();
    if (self->staying_pid == 0) {
        close(control_fds[0]);
        close(request_fds[0]);
        staying_run(control_fds[1], request_fds[1]);
    }
    if (self->staying_pid < 0)
        refusal_set(error, errno, "fork the relay");
    close(control_fds[1]);
    close(request_fds[1]);
    if (self->staying_pid > 0)
        return self;
    relay_free(self);
    return NULL;
}

static void relay_close_request(Relay *self)
{
    if (self->request_fd >= 0)
        close(self->request_fd);
    self->request_fd = -1;
}

bool relay_join(Relay *self, Enclosure *enclosure, Host *host, GError **error)
{
    struct pollfd ready = {.fd = self->control_fd, .events = POLLIN};
    int net_fd = host_namespaces(host).net;
    char byte;

    self->opener_pid = enclosure_fork(enclosure, error);
    if (self->opener_pid == 0)
        opener_run(self->request_fd, net_fd);
    if (self->opener_pid < 0)
        return false;
    relay_close_request(self);
    while (poll(&ready, 1, RELAY_PATIENCE_MS) < 0 && errno == EINTR)
        ;
    if (recv(self->control_fd, &byte, 1, MSG_DONTWAIT) == 1)
        return true;
    refusal_set(error, ETIMEDOUT, "host %s: open the ports of this machine", host_spec(host)->name);
    return false;
}

static void relay_end(pid_t *pid)
{
    if (*pid <= 0)
        return;
    kill(*pid, SIGKILL);
    waitpid(*pid, NULL, 0);
    *pid = 0;
}

void relay_leave(Relay *self)
{
    relay_end(&self->staying_pid);
    relay_end(&self->opener_pid);
}

void relay_free(Relay *self)
{
    relay_leave(self);
    relay_close_request(self);
    close(self->control_fd);
    g_free(self);
}
