// SPDX-License-Identifier: Apache-2.0
// Listening, checking who asks, and one request a connection.
#include "sim/control/server.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/control/answer.h"
#include "sim/control/lab_address.h"
#include "sim/host/refusal.h"

enum {
    CONTROL_BACKLOG = 16,
    CONTROL_REQUEST_LIMIT_BYTES = 64 * 1024,
    CONTROL_PATIENCE_MS = 200, // for which the lab's main thread, not its data thread, stands still
    CONTROL_MAX_LABS_OF_A_NAME = 1000,
};

struct ControlServer {
    LabAddress address;
    int fd;
    ControlHandler handler;
    void *data;
};

// "NAME" for the first of its name, "NAME-2" for the second.
static LabAddress control_server_address(uid_t owner, const char *lab_name, int number)
{
    g_autofree char *numbered = NULL;

    if (number == 1)
        return lab_address(owner, lab_name);
    numbered = g_strdup_printf("%.*s-%d", LAB_NAME_MAX_BYTES - 5, lab_name, number);
    return lab_address(owner, numbered);
}

// Sets errno; EADDRINUSE when every name is taken.
static bool control_server_bind(ControlServer *self, uid_t owner, const char *lab_name)
{
    for (int number = 1; number <= CONTROL_MAX_LABS_OF_A_NAME; number++) {
        struct sockaddr_un socket;
        socklen_t length;

        self->address = control_server_address(owner, lab_name, number);
        length = lab_address_to_socket(&self->address, &socket);
        if (bind(self->fd, (struct sockaddr *)&socket, length) == 0)
            return true;
        if (errno != EADDRINUSE)
            return false;
    }
    return false;
}

ControlServer *control_server_open(const char *lab_name, Enclosure *enclosure,
                                   ControlHandler handler, void *data, GError **error)
{
    g_autoptr(ControlServer) self = g_new0(ControlServer, 1);

    self->handler = handler;
    self->data = data;
    self->fd = enclosure_take_outside_socket(enclosure);
    if (!control_server_bind(self, enclosure_owner(enclosure), lab_name) ||
        listen(self->fd, CONTROL_BACKLOG) < 0) {
        refusal_set(error, errno, "control socket of lab %s", lab_name);
        return NULL;
    }
    return g_steal_pointer(&self);
}

void control_server_close(ControlServer *self)
{
    close(self->fd);
    g_free(self);
}

const char *control_server_lab(const ControlServer *self)
{
    return self->address.name;
}

int control_server_fd(const ControlServer *self)
{
    return self->fd;
}

// In a user namespace of its own the lab's user is root there, and so is seen here as such.
static bool control_server_allows(int client_fd)
{
    struct ucred peer;
    socklen_t length = sizeof peer;

    return getsockopt(client_fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

int control_server_accept(ControlServer *self)
{
    int client_fd = accept4(self->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (client_fd < 0 || control_server_allows(client_fd))
        return client_fd;
    close(client_fd);
    return -1;
}

void control_server_serve(ControlServer *self, int client_fd)
{
    g_auto(Message) request = {.body = NULL};
    g_auto(Message) reply = {.body = NULL};
    g_autoptr(GError) error = NULL;

    if (!message_receive(&request, client_fd, CONTROL_REQUEST_LIMIT_BYTES, CONTROL_PATIENCE_MS,
                         &error))
        answer_error(&reply, "%s", error->message);
    else
        self->handler(request.body, &reply, self->data);
    // Who does not take the answer has gone, or will ask again.
    message_send(&reply, client_fd, CONTROL_PATIENCE_MS, NULL);
    close(client_fd);
}
