// SPDX-License-Identifier: Apache-2.0
// Relay: makes what listens on this machine's loopback reachable at a host of a lab, without a
// right or a trace on the machine: a process that stays in the machine's network, and sockets in
// the host's.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "sim/host/enclosure.h"
#include "sim/host/host.h"

typedef struct Relay Relay;

// Forks the process that stays: to be called before the lab is opened, which may lead this process
// elsewhere, and while it has one thread.
Relay *relay_new(GError **error);

// Serves `host` from now on: the ports on which something listens at this moment are open when it
// returns, others within a tenth of a second. Once only.
bool relay_join(Relay *relay, Enclosure *enclosure, Host *host, GError **error);

// Gives `host`, joined before, the outside network of this machine, with an interface of its own
// and a default route, through pasta(1), which must be installed. Returns when it is there.
bool relay_open_outside(Relay *relay, Host *host, GError **error);

// To be called before the enclosure is closed; connections end.
void relay_leave(Relay *relay);

void relay_free(Relay *relay);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Relay, relay_free)
