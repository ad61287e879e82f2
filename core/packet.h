// SPDX-License-Identifier: Apache-2.0
// Packet: where the headers lie in the bytes of a frame (Ethernet II, VLAN tags of IEEE 802.1Q and
// 802.1ad, IPv4 of RFC 791, IPv6 of RFC 8200 with its extension headers), and their fields.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    PACKET_IPV4_HEADER_BYTES = 20, // without options
    PACKET_IPV6_HEADER_BYTES = 40,
    PACKET_UDP_HEADER_BYTES = 8,
    PACKET_TCP_HEADER_BYTES = 20, // without options

    PACKET_PROTOCOL_TCP = 6,
    PACKET_PROTOCOL_UDP = 17,

    PACKET_TCP_SEQ = 4, // offsets in a TCP header
    PACKET_TCP_DATA_OFFSET = 12,
    PACKET_TCP_FLAGS = 13,
    PACKET_TCP_CHECKSUM = 16,
    PACKET_UDP_LENGTH = 4, // and in a UDP header
    PACKET_UDP_CHECKSUM = 6,

    PACKET_TCP_FIN = 0x01,
    PACKET_TCP_SYN = 0x02,
    PACKET_TCP_RST = 0x04,
    PACKET_TCP_PSH = 0x08,
    PACKET_TCP_URG = 0x20,
    PACKET_TCP_CWR = 0x80,
};

typedef struct {
    uint16_t network_bytes;   // where the IP header starts
    uint16_t transport_bytes; // where what follows it and its extension headers starts
    uint8_t version;          // 4 or 6
    uint8_t protocol;         // what that is, as in the IPv4 protocol field
    bool is_fragment;         // of a packet in several: only the first has a transport header
} Packet;

// Finds the headers. False when it is not IP, or ends before the transport header starts, or that
// lies beyond 65535 bytes.
bool packet_locate(Packet *packet, const uint8_t *bytes, uint32_t length_bytes, bool has_ethernet);

static inline uint16_t packet_load16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t packet_load32(const uint8_t *at)
{
    return (uint32_t)packet_load16(at) << 16 | packet_load16(at + 2);
}

// With its options: up to 60 bytes, and 20 at least in a well-formed one.
static inline uint32_t packet_tcp_header_bytes(const uint8_t *tcp)
{
    return (uint32_t)(tcp[PACKET_TCP_DATA_OFFSET] >> 4) * 4;
}

static inline void packet_store16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void packet_store32(uint8_t *at, uint32_t value)
{
    packet_store16(at, (uint16_t)(value >> 16));
    packet_store16(at + 2, (uint16_t)value);
}

// Gives the IP header at `network` the length of a packet of `packet_bytes`, adds `id_step` to an
// IPv4 identification, and makes an IPv4 header checksum right again.
void packet_set_length(uint8_t *network, uint32_t packet_bytes, uint16_t id_step);

// Whether the IP header at `network` is one that packet_set_length() would leave as it is.
bool packet_has_length(const uint8_t *network, uint32_t packet_bytes);

// Exchanges the length of the TCP segment or UDP datagram in the sum over its pseudo-header, which
// is what the checksum field of an unfinished one holds (RFC 1624).
void packet_exchange_length(uint8_t *checksum_field, uint32_t old_bytes, uint32_t new_bytes);
