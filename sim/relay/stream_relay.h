// SPDX-License-Identifier: Apache-2.0
// StreamRelay: TCP between a port of a host and a service of the machine, a connection at a time.
#pragma once

#include <uv.h>

#include "sim/relay/local_services.h"

typedef struct StreamRelay StreamRelay;

// Listens on `fd`, a bound socket, which it takes over. NULL when that cannot listen.
StreamRelay *stream_relay_open(uv_loop_t *loop, int fd, const LocalService *service);

// Where further connections go.
void stream_relay_aim(StreamRelay *relay, const LocalService *service);

// Listens no more; connections stay until they end.
void stream_relay_close(StreamRelay *relay);
