// SPDX-License-Identifier: Apache-2.0
// LocalServices: what listens on the loopback of the machine, in the network namespace of this
// process.
#pragma once

#include <glib.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum { SERVICE_TCP, SERVICE_UDP } ServiceProtocol;

typedef struct {
    ServiceProtocol protocol;
    uint16_t port;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address; // where to reach it: on the loopback
} LocalService;

// Of LocalService, one for each protocol and port, to be freed. TCP sockets that listen, and UDP
// sockets that are bound but not connected, to an address of the loopback or to all.
GArray *local_services_list(void);

// Adds the services in the text of a table of proc_net(5), /proc/net/tcp or its like; for tests. A
// port that is there already keeps the better of both addresses: 127.0.0.1 before ::1 before any
// other.
void local_services_add_table(GArray *services, ServiceProtocol protocol, int family,
                              const char *table);
