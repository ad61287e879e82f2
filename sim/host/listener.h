// SPDX-License-Identifier: Apache-2.0
// Listener: a socket that waits for peers in the network namespace of the calling thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sim/scenario/scenario.h"

// Whether a TCP socket listens on `port` (READY_TCP_PORT), or a UDP socket is bound to it
// (READY_UDP_PORT), or either on any port (READY_ANY_PORT), over IPv4 or IPv6.
bool listener_exists(ReadyKind kind, uint16_t port);

// The same for the text of one table, /proc/net/tcp or its like, and the first two kinds; port 0
// is any; for tests.
bool listener_is_in_table(const char *table, ReadyKind kind, uint16_t port);
