// SPDX-License-Identifier: Apache-2.0
// NodeSpec: a host, switch or hub. InterfaceSpec: where a link ends at one.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/devices/offload.h"
#include "sim/scenario/address.h"
#include "sim/scenario/source_position.h"

typedef struct NodeSpec NodeSpec;
typedef struct LinkSpec LinkSpec;

typedef enum { NODE_HOST, NODE_SWITCH, NODE_HUB } NodeKind;
typedef enum { DEVICE_TAP, DEVICE_TUN } DeviceKind;

// An interface of a host, or a port of a switch or hub: one end of a link.
typedef struct {
    char *name; // "eth0"
    NodeSpec *node;
    LinkSpec *link;
    unsigned end;       // 0 for the link's first endpoint, 1 for its second
    GArray *addresses;  // of Address, in the order of the file; one of IPv4 given out without any
    uint32_t mtu_bytes; // for a port of a switch or hub the largest of the hosts on its segment
    uint8_t mac[6];     // derived from node and interface name, locally administered
    SourcePosition position;
} InterfaceSpec;

typedef struct {
    Address destination; // prefix_bits 0: default
    Address gateway;     // its prefix_bits is the family's full length
} RouteSpec;

typedef struct {
    char *key; // "net.ipv4.tcp_congestion_control"
    char *value;
} SettingSpec; // of `sysctl:` and `env:`

struct NodeSpec {
    char *name;
    NodeKind kind;
    DeviceKind device;   // of hosts; for switches and hubs always TAP, which is Ethernet
    OffloadMode offload; // hosts only
    bool forward;        // hosts only: forwards IP packets between its interfaces
    bool uses_ipv6;      // has an IPv6 address or route
    char *attach;    // hosts only: the path of a network namespace that is there already, or NULL
    char *container; // hosts only: the container whose network namespace it is, or NULL
    uint32_t mtu_bytes;
    int64_t ageing_ns;     // switches only: how long an address stays learnt
    GPtrArray *interfaces; // of InterfaceSpec, owned; for switches and hubs: their ports
    GArray *routes;        // of RouteSpec: the file's, else those over hosts that forward
    GPtrArray *sysctls;    // of SettingSpec, owned, in the file's order
    GPtrArray *env;        // of SettingSpec, owned
    char *resolv_text;     // hosts only: its /etc/resolv.conf; NULL, as from a file: the system's
    SourcePosition position;
};

// Whether the host is there without us: in its network namespace nothing is changed that stays.
static inline bool node_is_attached(const NodeSpec *node)
{
    return node->attach != NULL || node->container != NULL;
}
