// SPDX-License-Identifier: Apache-2.0
// Message: what goes over a control socket: one JSON object on a line, with descriptors beside it.
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

enum { MESSAGE_MAX_FDS = 8 };

typedef struct {
    JsonObject *body; // owned
    int fds[MESSAGE_MAX_FDS];
    unsigned n_fds;
    bool owns_fds; // what was received: closed with the message
} Message;

void message_clear(Message *message);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Message, message_clear)

// Neither blocks longer than `patience_ms` at a time for a peer that does not take or give.
bool message_send(const Message *message, int socket, int patience_ms, GError **error);

// Fills `message`, which must be zeroed. A line above `limit_bytes` is an error.
bool message_receive(Message *message, int socket, size_t limit_bytes, int patience_ms,
                     GError **error);
