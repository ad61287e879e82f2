// SPDX-License-Identifier: Apache-2.0
// Sending and receiving of a line; sockets may be blocking or not, since every wait is a poll().
#include "sim/control/message.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/host/refusal.h"

typedef union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(MESSAGE_MAX_FDS * sizeof(int))];
} MessageControl;

void message_clear(Message *self)
{
    for (unsigned i = 0; self->owns_fds && i < self->n_fds; i++)
        close(self->fds[i]);
    g_clear_pointer(&self->body, json_object_unref);
    self->n_fds = 0;
}

static bool message_await(int socket, short events, int patience_ms, GError **error)
{
    struct pollfd poll_fd = {.fd = socket, .events = events};
    int n_ready;

    do
        n_ready = poll(&poll_fd, 1, patience_ms);
    while (n_ready < 0 && errno == EINTR);
    if (n_ready > 0)
        return true;
    refusal_set(error, n_ready == 0 ? ETIMEDOUT : errno, "control socket");
    return false;
}

static char *message_line_new(const Message *self)
{
    g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);
    g_autofree char *text = NULL;

    json_node_set_object(root, self->body);
    text = json_to_string(root, FALSE);
    return g_strconcat(text, "\n", NULL);
}

// The descriptors go with the first byte.
static void message_attach_fds(const Message *self, struct msghdr *header, MessageControl *control)
{
    size_t size = self->n_fds * sizeof(int);

    control->header = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(size), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control->header), self->fds, size);
    header->msg_control = control;
    header->msg_controllen = CMSG_SPACE(size);
}

bool message_send(const Message *self, int socket, int patience_ms, GError **error)
{
    g_autofree char *line = message_line_new(self);
    struct iovec rest = {.iov_base = line, .iov_len = strlen(line)};
    MessageControl control;
    struct msghdr header = {.msg_iov = &rest, .msg_iovlen = 1};

    if (self->n_fds > 0)
        message_attach_fds(self, &header, &control);
    while (rest.iov_len > 0) {
        ssize_t n_sent = sendmsg(socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n_sent >= 0) {
            rest.iov_base = (char *)rest.iov_base + n_sent;
            rest.iov_len -= (size_t)n_sent;
            header.msg_control = NULL;
            header.msg_controllen = 0;
        } else if (errno == EAGAIN) {
            if (!message_await(socket, POLLOUT, patience_ms, error))
                return false;
        } else if (errno != EINTR) {
            refusal_set(error, errno, "write to the control socket");
            return false;
        }
    }
    return true;
}

static void message_take_fds(Message *self, struct msghdr *header)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part != NULL;
         part = CMSG_NXTHDR(header, part)) {
        size_t size = part->cmsg_len - CMSG_LEN(0);

        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS ||
            self->n_fds + size / sizeof(int) > MESSAGE_MAX_FDS)
            continue;
        memcpy(self->fds + self->n_fds, CMSG_DATA(part), size);
        self->n_fds += (unsigned)(size / sizeof(int));
    }
}

// Reads what is there; returns as recvmsg() does.
static ssize_t message_read(Message *self, int socket, char *buffer, size_t size)
{
    struct iovec bytes = {.iov_base = buffer, .iov_len = size};
    MessageControl control;
    struct msghdr header = {.msg_iov = &bytes,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = sizeof control};
    ssize_t n_read = recvmsg(socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    if (n_read >= 0)
        message_take_fds(self, &header);
    return n_read;
}

static bool message_parse(Message *self, const char *line, gssize length, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonNode *root;

    if (!json_parser_load_from_data(parser, line, length, error))
        return false;
    root = json_parser_get_root(parser);
    if (root == NULL || !JSON_NODE_HOLDS_OBJECT(root)) {
        refusal_set(error, EPROTO, "control socket: not a JSON object");
        return false;
    }
    self->body = json_node_dup_object(root);
    return true;
}

bool message_receive(Message *self, int socket, size_t limit_bytes, int patience_ms, GError **error)
{
    g_autoptr(GString) line = g_string_new(NULL);
    char buffer[16384];

    self->owns_fds = true;
    for (;;) {
        ssize_t n_read = message_read(self, socket, buffer, sizeof buffer);

        if (n_read > 0) {
            g_string_append_len(line, buffer, n_read);
            if (buffer[n_read - 1] == '\n')
                return message_parse(self, line->str, (gssize)line->len, error);
            if (line->len <= limit_bytes)
                continue;
            refusal_set_remedy(error, EMSGSIZE, "ask for less at once, as with patterns of links",
                               "control socket: more than %zu bytes", limit_bytes);
            return false;
        }
        if (n_read == 0) {
            refusal_set(error, ECONNRESET, "control socket");
            return false;
        }
        if (errno == EAGAIN) {
            if (!message_await(socket, POLLIN, patience_ms, error))
                return false;
        } else if (errno != EINTR) {
            refusal_set(error, errno, "read from the control socket");
            return false;
        }
    }
}
