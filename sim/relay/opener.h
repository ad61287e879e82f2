// SPDX-License-Identifier: Apache-2.0
// Opener: a process inside a host that opens sockets there for one outside, which may not enter.
#pragma once

#include <stdint.h>

#include "sim/relay/local_services.h"

// The process inside: joins the network namespace and serves until its peer is gone.
_Noreturn void opener_run(int request_fd, int net_fd);

// The process outside: a socket bound to that port of the host, not to block; or the negative
// errno, -EPIPE when there is no opener any more.
int opener_ask(int request_fd, ServiceProtocol protocol, uint16_t port);
