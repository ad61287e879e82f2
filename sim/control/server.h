// SPDX-License-Identifier: Apache-2.0
// ControlServer: the side of a running lab that other taploom processes talk to. It has no loop of
// its own: the lab watches its descriptors and calls it when they are readable.
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>

#include "sim/control/message.h"
#include "sim/host/enclosure.h"

typedef struct ControlServer ControlServer;

// Answers `request`, whose member "command" says what is asked, by filling `reply` (sim/control/
// answer.h), which arrives with a NULL body; the descriptors put there are sent, not closed.
typedef void (*ControlHandler)(JsonObject *request, Message *reply, void *data);

// Listens for a lab called `lab_name`, or NAME-2, NAME-3 … where the same user runs such a lab
// already. Takes the outside socket of `enclosure`.
ControlServer *control_server_open(const char *lab_name, Enclosure *enclosure,
                                   ControlHandler handler, void *data, GError **error);
void control_server_close(ControlServer *server);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ControlServer, control_server_close)

// The name under which the lab is found.
const char *control_server_lab(const ControlServer *server);

// To be watched for reading; then control_server_accept() returns a client, to be watched for
// reading as well, or -1 when none is there or it is not allowed to ask: only the user who runs
// the lab, and root, are.
int control_server_fd(const ControlServer *server);
int control_server_accept(ControlServer *server);

// When the client is readable: answers one request and closes it. A client that does not send or
// take its line is given up after a short while.
void control_server_serve(ControlServer *server, int client_fd);
