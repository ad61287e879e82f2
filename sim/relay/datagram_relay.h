// SPDX-License-Identifier: Apache-2.0
// DatagramRelay: UDP between a port of a host and a service of the machine.
#pragma once

#include <uv.h>

#include "sim/relay/local_services.h"

typedef struct DatagramRelay DatagramRelay;

// Receives at `fd`, a bound socket, which it takes over. NULL when that fails.
DatagramRelay *datagram_relay_open(uv_loop_t *loop, int fd, const LocalService *service);

// Where datagrams of new peers go.
void datagram_relay_aim(DatagramRelay *relay, const LocalService *service);

// To be called once every STAYING_TICK_MS: forgets peers that have been silent for long.
void datagram_relay_tick(DatagramRelay *relay);

void datagram_relay_close(DatagramRelay *relay);
