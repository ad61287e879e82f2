// SPDX-License-Identifier: Apache-2.0
// IcmpError: the frame with which a packet that goes no further is answered: Destination
// Unreachable of RFC 792 and Packet Too Big of RFC 1191 and 8201, for IPv6 by RFC 4443.
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    ICMP_ERROR_UNREACHABLE, // the host; in IPv6: the address
    ICMP_ERROR_NET_UNREACHABLE,
    ICMP_ERROR_PORT_UNREACHABLE,
    ICMP_ERROR_ADMIN_PROHIBITED,
    ICMP_ERROR_TOO_BIG,
} IcmpErrorKind;

enum {
    // The longest of all: of IPv6, the least MTU of a link (RFC 4443, 2.4 (c)). One of IPv4 has at
    // most 576 bytes (RFC 1812, 4.3.2.3).
    ICMP_ERROR_PACKET_BYTES = 1280,
    ICMP_ERROR_LINK_BYTES = 64, // in front of it: Ethernet and its VLAN tags; more is no packet
    ICMP_ERROR_MAX_BYTES = ICMP_ERROR_PACKET_BYTES + ICMP_ERROR_LINK_BYTES,
};

// Whether the frame, with all bytes or the first ICMP_ERROR_MAX_BYTES, may be answered: it is IP,
// neither an ICMP error itself nor a later fragment, from one host, and to one as well or, in IPv6,
// too big (RFC 1122, 3.2.2; RFC 4443, 2.4 (e)).
bool icmp_error_is_allowed(const uint8_t *bytes, uint32_t length_bytes, bool has_ethernet,
                           IcmpErrorKind kind);

// Writes the answer to such a frame to `to`, which has room for ICMP_ERROR_MAX_BYTES, and returns
// its length. It goes back from the packet's destination, on behalf of which it speaks, to its
// source, in both layers and with the same VLAN tags, and quotes the packet as far as room and
// bytes are. `mtu_bytes` is told by ICMP_ERROR_TOO_BIG. All checksums are complete.
uint32_t icmp_error_write(const uint8_t *bytes, uint32_t length_bytes, bool has_ethernet,
                          IcmpErrorKind kind, uint32_t mtu_bytes, uint8_t *to);
