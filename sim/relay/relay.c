// SPDX-License-Identifier: Apache-2.0
// Two processes do the work: one that stays where taploom was started, and the opener inside.
#include "sim/relay/relay.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/host/refusal.h"
#include "sim/host/route_watch.h"
#include "sim/relay/opener.h"
#include "sim/relay/staying.h"

enum { RELAY_PATIENCE_MS = 10000, RELAY_ANSWER_BYTES = 1024 };

struct Relay {
    pid_t staying_pid, opener_pid;
    int control_fd; // says when the ports are open, and by its end that we are gone
    int request_fd; // the opener's end
};

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

// The text of the process that stays, without waiting; NULL without.
static char *relay_take_answer(Relay *self)
{
    char text[RELAY_ANSWER_BYTES];
    ssize_t n_bytes = recv(self->control_fd, text, sizeof text - 1, MSG_DONTWAIT);

    if (n_bytes <= 0)
        return NULL;
    text[n_bytes] = '\0';
    return g_utf8_make_valid(text, -1);
}

static bool relay_await_route(Relay *self, int watch_fd, GError **error)
{
    struct pollfd fds[] = {{.fd = watch_fd, .events = POLLIN},
                           {.fd = self->control_fd, .events = POLLIN}};
    g_autofree char *answer = NULL;
    int n_ready;

    do {
        n_ready = poll(fds, G_N_ELEMENTS(fds), RELAY_PATIENCE_MS);
        if (n_ready > 0 && route_watch_has_default(watch_fd))
            return true;
        answer = relay_take_answer(self);
    } while (answer == NULL && (n_ready > 0 || (n_ready < 0 && errno == EINTR)));
    g_set_error(error, REFUSAL_ERROR, answer != NULL ? ENETUNREACH : ETIMEDOUT,
                "the outside network: pasta: %s",
                answer != NULL && *answer != '\0' ? answer : g_strerror(ETIMEDOUT));
    return false;
}

bool relay_open_outside(Relay *self, Host *host, GError **error)
{
    OutsideRequest request = {.inside_pid = self->opener_pid,
                              .mtu_bytes = host_spec(host)->mtu_bytes};
    bool is_open;
    int watch_fd;

    if (!host_enter(host, error))
        return false;
    watch_fd = route_watch_open(error);
    host_leave(host);
    if (watch_fd < 0)
        return false;
    send(self->control_fd, &request, sizeof request, MSG_NOSIGNAL);
    is_open = relay_await_route(self, watch_fd, error);
    close(watch_fd);
    return is_open;
}

static void relay_close_control(Relay *self)
{
    if (self->control_fd >= 0)
        close(self->control_fd);
    self->control_fd = -1;
}

void relay_leave(Relay *self)
{
    relay_close_request(self);
    relay_close_control(self);
    if (self->opener_pid > 0) {
        kill(self->opener_pid, SIGKILL);
        waitpid(self->opener_pid, NULL, 0);
    }
    // It ends by itself, since it may have to end another.
    if (self->staying_pid > 0)
        waitpid(self->staying_pid, NULL, 0);
    self->opener_pid = self->staying_pid = 0;
}

void relay_free(Relay *self)
{
    relay_leave(self);
    g_free(self);
}
