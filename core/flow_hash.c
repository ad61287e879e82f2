// SPDX-License-Identifier: Apache-2.0
// How it works: the words that tell flows apart are mixed in one by one. Mixing multiplies by an
// odd constant into 128 bits and folds the halves, so that each bit of the sum so far reaches the
// middle of the result, and the next multiplication spreads it over all of it. Words are read in
// network order: a flow has the same number on every machine.
#include "core/flow_hash.h"

#include "core/packet.h"
#include "core/scale.h"

enum {
    IPV4_ADDRESSES_BYTES = 12, // source and destination behind each other: where, and how long
    IPV4_BOTH_BYTES = 8,
    IPV6_ADDRESSES_BYTES = 8,
    IPV6_BOTH_BYTES = 32,
    PORTS_BYTES = 4, // likewise, at the start of every transport header that has them

    PROTOCOL_DCCP = 33,
    PROTOCOL_SCTP = 132,
    PROTOCOL_UDP_LITE = 136,
};

#define FLOW_HASH_MULTIPLIER UINT64_C(0x9E3779B97F4A7C15) // 2^64 divided by the golden ratio

static uint64_t flow_hash_mix(uint64_t hash, uint64_t word)
{
    Uint128 product = (Uint128)(hash ^ word) * FLOW_HASH_MULTIPLIER;

    return (uint64_t)(product >> 64) ^ (uint64_t)product;
}

static bool flow_hash_has_ports(const Packet *packet, uint32_t length_bytes)
{
    switch (packet->protocol) {
    case PACKET_PROTOCOL_TCP:
    case PACKET_PROTOCOL_UDP:
    case PROTOCOL_DCCP:
    case PROTOCOL_SCTP:
    case PROTOCOL_UDP_LITE:
        return !packet->is_fragment &&
               packet->transport_bytes + (uint32_t)PORTS_BYTES <= length_bytes;
    default:
        return false;
    }
}

static uint64_t flow_hash_packet(uint64_t hash, const Packet *packet, const uint8_t *bytes,
                                 uint32_t length_bytes)
{
    const uint8_t *network = bytes + packet->network_bytes;
    bool is_ipv4 = packet->version == 4;
    const uint8_t *at = network + (is_ipv4 ? IPV4_ADDRESSES_BYTES : IPV6_ADDRESSES_BYTES);
    const uint8_t *end = at + (is_ipv4 ? IPV4_BOTH_BYTES : IPV6_BOTH_BYTES);
    uint64_t ports = 0;

    for (; at < end; at += 8)
        hash = flow_hash_mix(hash, (uint64_t)packet_load32(at) << 32 | packet_load32(at + 4));
    if (flow_hash_has_ports(packet, length_bytes))
        ports = packet_load32(bytes + packet->transport_bytes);
    return flow_hash_mix(hash, ports << 16 | (uint64_t)packet->version << 8 | packet->protocol);
}

// What is not IP, or too short to say: the addresses and the type of Ethernet.
static uint64_t flow_hash_ethernet(uint64_t hash, const Frame *frame)
{
    uint8_t header[16] = {0};
    uint32_t n_bytes = frame->length_bytes < FRAME_ETHERNET_HEADER_BYTES
                           ? frame->length_bytes
                           : FRAME_ETHERNET_HEADER_BYTES;

    if (!frame->is_bare_ip)
        memcpy(header, frame_bytes_const(frame), n_bytes);
    for (unsigned at = 0; at < sizeof header; at += 8)
        hash = flow_hash_mix(hash, (uint64_t)packet_load32(header + at) << 32 |
                                       packet_load32(header + at + 4));
    return hash;
}

uint64_t flow_hash(const Frame *frame, RandomKey key)
{
    uint64_t hash = (uint64_t)key.word[0] << 32 | key.word[1];
    const uint8_t *bytes = frame_bytes_const(frame);
    Packet packet;

    if (packet_locate(&packet, bytes, frame->length_bytes, !frame->is_bare_ip))
        hash = flow_hash_packet(hash, &packet, bytes, frame->length_bytes);
    else
        hash = flow_hash_ethernet(hash, frame);
    return flow_hash_mix(hash, FLOW_HASH_MULTIPLIER);
}
