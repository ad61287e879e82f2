// SPDX-License-Identifier: Apache-2.0
// Walks from the link layer to the transport header; nothing is read beyond the given length.
#include "core/packet.h"

#include "core/checksum.h"

enum {
    ETHERNET_HEADER_BYTES = 14,
    ETHERTYPE_BYTES = 2,
    VLAN_TAG_BYTES = 4,
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_VLAN = 0x8100,
    ETHERTYPE_SERVICE_VLAN = 0x88a8,

    IPV4_TOTAL_LENGTH = 2,
    IPV4_ID = 4,
    IPV4_FRAGMENT = 6, // flags and offset
    IPV4_PROTOCOL = 9,
    IPV4_CHECKSUM = 10,
    IPV4_AFTER_CHECKSUM = 12,
    IPV4_FRAGMENT_MASK = 0x3fff, // more fragments, and the offset

    IPV6_PAYLOAD_LENGTH = 4,
    IPV6_NEXT_HEADER = 6,
    IPV6_HOP_BY_HOP = 0,
    IPV6_ROUTING = 43,
    IPV6_FRAGMENT = 44,
    IPV6_DESTINATION = 60,
    IPV6_EXTENSION_UNIT_BYTES = 8,
};

// The EtherType behind the addresses and any VLAN tags; `*at` is then where its payload starts.
static uint16_t packet_ethertype(const uint8_t *bytes, uint32_t length_bytes, uint32_t *at)
{
    uint32_t type_at = ETHERNET_HEADER_BYTES - ETHERTYPE_BYTES;

    while (type_at + ETHERTYPE_BYTES <= length_bytes) {
        uint16_t type = packet_load16(bytes + type_at);

        if (type != ETHERTYPE_VLAN && type != ETHERTYPE_SERVICE_VLAN) {
            *at = type_at + ETHERTYPE_BYTES;
            return type;
        }
        type_at += VLAN_TAG_BYTES;
    }
    return 0;
}

static bool packet_locate_ipv4(Packet *packet, const uint8_t *bytes, uint32_t length_bytes)
{
    const uint8_t *ip = bytes + packet->network_bytes;
    uint32_t header_bytes, at;

    if (packet->network_bytes + (uint32_t)PACKET_IPV4_HEADER_BYTES > length_bytes ||
        ip[0] >> 4 != 4)
        return false;
    header_bytes = (uint32_t)(ip[0] & 0xf) * 4;
    packet->version = 4;
    packet->protocol = ip[IPV4_PROTOCOL];
    packet->is_fragment = (packet_load16(ip + IPV4_FRAGMENT) & IPV4_FRAGMENT_MASK) != 0;
    at = packet->network_bytes + header_bytes;
    packet->transport_bytes = (uint16_t)at;
    return header_bytes >= PACKET_IPV4_HEADER_BYTES && at <= length_bytes;
}

static bool packet_locate_ipv6(Packet *packet, const uint8_t *bytes, uint32_t length_bytes)
{
    const uint8_t *ip = bytes + packet->network_bytes;
    uint32_t at = packet->network_bytes + PACKET_IPV6_HEADER_BYTES;
    uint8_t next;

    if (at > length_bytes || ip[0] >> 4 != 6)
        return false;
    next = ip[IPV6_NEXT_HEADER];
    while (next == IPV6_HOP_BY_HOP || next == IPV6_ROUTING || next == IPV6_FRAGMENT ||
           next == IPV6_DESTINATION) {
        const uint8_t *extension = bytes + at;

        if (at + IPV6_EXTENSION_UNIT_BYTES > length_bytes)
            return false;
        packet->is_fragment |= next == IPV6_FRAGMENT;
        at += IPV6_EXTENSION_UNIT_BYTES * (next == IPV6_FRAGMENT ? 1 : 1U + extension[1]);
        next = extension[0];
    }
    packet->version = 6;
    packet->protocol = next;
    packet->transport_bytes = (uint16_t)at;
    return at <= length_bytes;
}

bool packet_locate(Packet *packet, const uint8_t *bytes, uint32_t length_bytes, bool has_ethernet)
{
    uint32_t at = 0;
    uint16_t type = 0;

    *packet = (Packet){0};
    // The longest frame is longer than an offset can tell.
    if (length_bytes > UINT16_MAX)
        length_bytes = UINT16_MAX;
    if (has_ethernet)
        type = packet_ethertype(bytes, length_bytes, &at);
    else if (length_bytes > 0)
        type = bytes[0] >> 4 == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
    packet->network_bytes = (uint16_t)at;
    if (type == ETHERTYPE_IPV4)
        return packet_locate_ipv4(packet, bytes, length_bytes);
    if (type == ETHERTYPE_IPV6)
        return packet_locate_ipv6(packet, bytes, length_bytes);
    return false;
}

static uint16_t packet_ipv4_checksum(const uint8_t *network)
{
    uint64_t sum = checksum_add(0, network, IPV4_CHECKSUM);
    uint32_t rest_bytes = (network[0] & 0xfU) * 4 - IPV4_AFTER_CHECKSUM;

    return (uint16_t)~checksum_fold(checksum_add(sum, network + IPV4_AFTER_CHECKSUM, rest_bytes));
}

void packet_set_length(uint8_t *network, uint32_t packet_bytes, uint16_t id_step)
{
    uint16_t checksum;

    if (network[0] >> 4 == 6) {
        packet_store16(network + IPV6_PAYLOAD_LENGTH,
                       (uint16_t)(packet_bytes - PACKET_IPV6_HEADER_BYTES));
        return;
    }
    packet_store16(network + IPV4_TOTAL_LENGTH, (uint16_t)packet_bytes);
    packet_store16(network + IPV4_ID, (uint16_t)(packet_load16(network + IPV4_ID) + id_step));
    checksum = packet_ipv4_checksum(network);
    memcpy(network + IPV4_CHECKSUM, &checksum, sizeof checksum);
}

bool packet_has_length(const uint8_t *network, uint32_t packet_bytes)
{
    uint16_t checksum;

    if (network[0] >> 4 == 6)
        return packet_load16(network + IPV6_PAYLOAD_LENGTH) ==
               packet_bytes - PACKET_IPV6_HEADER_BYTES;
    memcpy(&checksum, network + IPV4_CHECKSUM, sizeof checksum);
    return packet_load16(network + IPV4_TOTAL_LENGTH) == packet_bytes &&
           checksum == packet_ipv4_checksum(network);
}

void packet_exchange_length(uint8_t *checksum_field, uint32_t old_bytes, uint32_t new_bytes)
{
    uint64_t sum =
        packet_load16(checksum_field) + (uint64_t)(uint16_t)~old_bytes + (uint16_t)new_bytes;

    packet_store16(checksum_field, checksum_fold(sum));
}
