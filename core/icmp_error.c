// SPDX-License-Identifier: Apache-2.0
// Writes link layer, IP header, ICMP header and quotation behind each other, then the checksums.
#include "core/icmp_error.h"

#include <glib.h>
#include <string.h>

#include "core/checksum.h"
#include "core/packet.h"

enum {
    ETHERNET_ADDRESS_BYTES = 6,

    IPV4_TOTAL_LENGTH = 2,
    IPV4_FRAGMENT = 6,
    IPV4_TTL = 8,
    IPV4_PROTOCOL = 9,
    IPV4_SOURCE = 12,
    IPV4_DESTINATION = 16,
    IPV4_ADDRESS_BYTES = 4,
    IPV4_FRAGMENT_OFFSET_MASK = 0x1fff,
    IPV4_ERROR_BYTES = 576,

    IPV6_NEXT_HEADER = 6,
    IPV6_HOP_LIMIT = 7,
    IPV6_SOURCE = 8,
    IPV6_DESTINATION = 24,
    IPV6_ADDRESS_BYTES = 16,
    IPV6_PSEUDO_BYTES = 8, // of the pseudo-header behind the addresses: length, next header

    HOPS = 64,
    TRAFFIC_CLASS_CONTROL = 0xc0, // precedence 6, internetwork control (RFC 1812, 4.3.2.5)

    PROTOCOL_ICMP = 1,
    PROTOCOL_ICMPV6 = 58,
    ICMP_HEADER_BYTES = 8,
    ICMP_CHECKSUM = 2,
    ICMPV6_FIRST_INFORMATIONAL = 128,
};

typedef struct {
    uint8_t ipv4_type, ipv4_code, ipv6_type, ipv6_code;
} IcmpNumbers;

// RFC 792, RFC 1812 5.2.7.1, RFC 1191 4; RFC 4443 3.1, 3.2.
static const IcmpNumbers icmp_numbers[] = {
    [ICMP_ERROR_UNREACHABLE] = {3, 1, 1, 3},      [ICMP_ERROR_NET_UNREACHABLE] = {3, 0, 1, 0},
    [ICMP_ERROR_PORT_UNREACHABLE] = {3, 3, 1, 4}, [ICMP_ERROR_ADMIN_PROHIBITED] = {3, 13, 1, 1},
    [ICMP_ERROR_TOO_BIG] = {3, 4, 2, 0},
};

// Destination unreachable, source quench, redirect, time exceeded, parameter problem.
static bool icmp_is_error(uint8_t type)
{
    return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

static bool ipv4_is_answerable(const Packet *packet, const uint8_t *bytes, uint32_t length_bytes)
{
    const uint8_t *ip = bytes + packet->network_bytes;
    uint32_t source = packet_load32(ip + IPV4_SOURCE);
    uint32_t destination = packet_load32(ip + IPV4_DESTINATION);

    if ((packet_load16(ip + IPV4_FRAGMENT) & IPV4_FRAGMENT_OFFSET_MASK) != 0)
        return false;
    // This network, loopback, multicast and reserved addresses name no single host.
    if (source >> 24 == 0 || source >> 24 == 127 || source >> 28 >= 14 || destination >> 28 >= 14)
        return false;
    return packet->protocol != PROTOCOL_ICMP || (packet->transport_bytes < length_bytes &&
                                                 !icmp_is_error(bytes[packet->transport_bytes]));
}

static bool ipv6_is_answerable(const Packet *packet, const uint8_t *bytes, uint32_t length_bytes,
                               IcmpErrorKind kind)
{
    static const uint8_t loopback[IPV6_ADDRESS_BYTES] = {[15] = 1};
    static const uint8_t unspecified[IPV6_ADDRESS_BYTES] = {0};
    const uint8_t *ip = bytes + packet->network_bytes, *source = ip + IPV6_SOURCE;

    if (source[0] == 0xff || memcmp(source, unspecified, IPV6_ADDRESS_BYTES) == 0 ||
        memcmp(source, loopback, IPV6_ADDRESS_BYTES) == 0)
        return false;
    if (ip[IPV6_DESTINATION] == 0xff && kind != ICMP_ERROR_TOO_BIG)
        return false;
    return packet->protocol != PROTOCOL_ICMPV6 ||
           (packet->transport_bytes < length_bytes &&
            bytes[packet->transport_bytes] >= ICMPV6_FIRST_INFORMATIONAL);
}

bool icmp_error_is_allowed(const uint8_t *bytes, uint32_t length_bytes, bool has_ethernet,
                           IcmpErrorKind kind)
{
    Packet packet;

    if (!packet_locate(&packet, bytes, length_bytes, has_ethernet) ||
        packet.network_bytes > ICMP_ERROR_LINK_BYTES)
        return false;
    // Nor to a group of the link layer.
    if (has_ethernet && (bytes[0] & 1) != 0 && (packet.version == 4 || kind != ICMP_ERROR_TOO_BIG))
        return false;
    if (packet.version == 6)
        return ipv6_is_answerable(&packet, bytes, length_bytes, kind);
    return ipv4_is_answerable(&packet, bytes, length_bytes);
}

static void write_checksum(uint8_t *field, uint64_t sum)
{
    uint16_t checksum = (uint16_t)~checksum_fold(sum);

    memcpy(field, &checksum, sizeof checksum);
}

static void write_ipv4_header(uint8_t *ip, const uint8_t *quoted, uint32_t packet_bytes)
{
    memset(ip, 0, PACKET_IPV4_HEADER_BYTES);
    ip[0] = 0x45;
    ip[1] = TRAFFIC_CLASS_CONTROL;
    ip[IPV4_TTL] = HOPS;
    ip[IPV4_PROTOCOL] = PROTOCOL_ICMP;
    memcpy(ip + IPV4_SOURCE, quoted + IPV4_DESTINATION, IPV4_ADDRESS_BYTES);
    memcpy(ip + IPV4_DESTINATION, quoted + IPV4_SOURCE, IPV4_ADDRESS_BYTES);
    packet_set_length(ip, packet_bytes, 0);
}

// To a group no address belongs that could answer: its source's own stands in.
static void write_ipv6_header(uint8_t *ip, const uint8_t *quoted, uint32_t packet_bytes)
{
    bool is_multicast = quoted[IPV6_DESTINATION] == 0xff;

    memset(ip, 0, PACKET_IPV6_HEADER_BYTES);
    ip[0] = 0x60;
    ip[IPV6_NEXT_HEADER] = PROTOCOL_ICMPV6;
    ip[IPV6_HOP_LIMIT] = HOPS;
    memcpy(ip + IPV6_SOURCE, quoted + (is_multicast ? IPV6_SOURCE : IPV6_DESTINATION),
           IPV6_ADDRESS_BYTES);
    memcpy(ip + IPV6_DESTINATION, quoted + IPV6_SOURCE, IPV6_ADDRESS_BYTES);
    packet_set_length(ip, packet_bytes, 0);
}

// Type, code, and the MTU: in IPv4 in the last 16 bits, in IPv6 in all 32.
static void write_icmp_header(uint8_t *icmp, bool is_ipv4, IcmpErrorKind kind, uint32_t mtu_bytes)
{
    const IcmpNumbers *numbers = &icmp_numbers[kind];

    memset(icmp, 0, ICMP_HEADER_BYTES);
    icmp[0] = is_ipv4 ? numbers->ipv4_type : numbers->ipv6_type;
    icmp[1] = is_ipv4 ? numbers->ipv4_code : numbers->ipv6_code;
    if (kind == ICMP_ERROR_TOO_BIG)
        packet_store32(icmp + 4, is_ipv4 ? MIN(mtu_bytes, UINT16_MAX) : mtu_bytes);
}

static uint64_t ipv6_pseudo_sum(const uint8_t *ip, uint32_t icmp_bytes)
{
    uint8_t rest[IPV6_PSEUDO_BYTES] = {0};

    packet_store32(rest, icmp_bytes);
    rest[IPV6_PSEUDO_BYTES - 1] = PROTOCOL_ICMPV6;
    return checksum_add(checksum_add(0, ip + IPV6_SOURCE, 2 * IPV6_ADDRESS_BYTES), rest,
                        sizeof rest);
}

// How much of the packet is quoted: padding of the frame is none of it.
static uint32_t quoted_bytes(const Packet *packet, const uint8_t *ip, uint32_t length_bytes)
{
    bool is_ipv4 = packet->version == 4;
    uint32_t header_bytes = is_ipv4 ? PACKET_IPV4_HEADER_BYTES : PACKET_IPV6_HEADER_BYTES;
    uint32_t room_bytes =
        (is_ipv4 ? IPV4_ERROR_BYTES : ICMP_ERROR_PACKET_BYTES) - header_bytes - ICMP_HEADER_BYTES;
    uint32_t packet_bytes = is_ipv4 ? packet_load16(ip + IPV4_TOTAL_LENGTH)
                                    : packet_load16(ip + 4) + (uint32_t)PACKET_IPV6_HEADER_BYTES;

    return MIN(MIN(packet_bytes, length_bytes - packet->network_bytes), room_bytes);
}

uint32_t icmp_error_write(const uint8_t *bytes, uint32_t length_bytes, bool has_ethernet,
                          IcmpErrorKind kind, uint32_t mtu_bytes, uint8_t *to)
{
    uint32_t header_bytes, icmp_bytes;
    const uint8_t *quoted;
    uint8_t *ip, *icmp;
    bool is_found, is_ipv4;
    uint64_t sum = 0;
    Packet packet;

    is_found = packet_locate(&packet, bytes, length_bytes, has_ethernet);
    g_assert(is_found && packet.network_bytes <= ICMP_ERROR_LINK_BYTES);
    is_ipv4 = packet.version == 4;
    quoted = bytes + packet.network_bytes;
    header_bytes = is_ipv4 ? PACKET_IPV4_HEADER_BYTES : PACKET_IPV6_HEADER_BYTES;
    icmp_bytes = ICMP_HEADER_BYTES + quoted_bytes(&packet, quoted, length_bytes);
    ip = to + packet.network_bytes;
    icmp = ip + header_bytes;
    memcpy(to, bytes, packet.network_bytes);
    if (has_ethernet) {
        memcpy(to, bytes + ETHERNET_ADDRESS_BYTES, ETHERNET_ADDRESS_BYTES);
        memcpy(to + ETHERNET_ADDRESS_BYTES, bytes, ETHERNET_ADDRESS_BYTES);
        to[ETHERNET_ADDRESS_BYTES] &= (uint8_t)~1; // a group sends nothing
    }
    if (is_ipv4)
        write_ipv4_header(ip, quoted, header_bytes + icmp_bytes);
    else
        write_ipv6_header(ip, quoted, header_bytes + icmp_bytes);
    write_icmp_header(icmp, is_ipv4, kind, mtu_bytes);
    memcpy(icmp + ICMP_HEADER_BYTES, quoted, icmp_bytes - ICMP_HEADER_BYTES);
    if (!is_ipv4)
        sum = ipv6_pseudo_sum(ip, icmp_bytes);
    write_checksum(icmp + ICMP_CHECKSUM, checksum_add(sum, icmp, icmp_bytes));
    return packet.network_bytes + header_bytes + icmp_bytes;
}
