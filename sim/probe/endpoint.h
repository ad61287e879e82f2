// SPDX-License-Identifier: Apache-2.0
// What all probes stand on: sockets in the network of this host and of the other one, and waiting
// for them. A socket stays in the network namespace in which it was made, so one process holds both
// ends of a way, and has one clock for them.
#pragma once

#include <glib.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

enum { ENDPOINT_ADDRESS_BYTES = sizeof(struct sockaddr_storage) };

typedef struct {
    struct sockaddr_storage address;
    socklen_t n_bytes;
} Endpoint;

// From here on SIGTERM and SIGINT are for endpoint_is_stopped() only, and no wait is longer than
// asked for by more than the system needs.
void endpoint_prepare(void);

// Whether a signal has asked for the end.
bool endpoint_is_stopped(void);

// The address of a name or numeric address as this host knows it; `service` may be NULL.
bool endpoint_resolve(const char *name, const char *service, Endpoint *endpoint, GError **error);

// A socket that does not block. In the network namespace `net_fd`, or for -1 in that of the
// process; -1 sets `error`.
int endpoint_socket(int net_fd, int family, int type, int protocol, GError **error);

// Binds to all addresses of that family and a port that is free; sets that port in `peer`.
bool endpoint_bind(int fd, Endpoint *peer, GError **error);

// Waits until something of `fds` is ready, `until_ns` of the monotonic clock, or a signal.
void endpoint_wait(struct pollfd *fds, unsigned n_fds, int64_t until_ns);

// Asks the kernel to note when packets come.
void endpoint_ask_stamps(int fd);

// Receives one packet; the number of its bytes, or -1 where there is none. `came_ns` is when the
// kernel got it, on the monotonic clock.
ssize_t endpoint_receive(int fd, void *room, size_t room_bytes, int64_t *came_ns);
