// SPDX-License-Identifier: Apache-2.0
// The traffic class lies within the first 16-bit word of both IP headers, which is also the one
// whose change an IPv4 checksum has to follow.
#include "core/ecn.h"

#include "core/packet.h"

enum { IPV4_CHECKSUM_BYTES = 10, IPV6_CLASS_SHIFT = 4 };

// Where the IP header starts and its version, 0 when there is none.
static unsigned ecn_locate(const Frame *frame, uint32_t *network_bytes)
{
    Packet packet;
    bool is_found =
        packet_locate(&packet, frame_bytes_const(frame), frame->length_bytes, !frame->is_bare_ip);

    *network_bytes = packet.network_bytes;
    return is_found ? packet.version : 0;
}

static uint8_t ecn_class_of_word(unsigned version, uint16_t word)
{
    return (uint8_t)(version == 4 ? word : word >> IPV6_CLASS_SHIFT);
}

int ecn_traffic_class(const Frame *frame)
{
    uint32_t at;
    unsigned version = ecn_locate(frame, &at);

    if (version == 0)
        return ECN_NO_TRAFFIC_CLASS;
    return ecn_class_of_word(version, packet_load16(frame_bytes_const(frame) + at));
}

EcnCodepoint ecn_codepoint(const Frame *frame)
{
    int traffic_class = ecn_traffic_class(frame);

    return traffic_class < 0 ? ECN_NOT_ECT : (EcnCodepoint)(traffic_class & ECN_MASK);
}

// RFC 1624, equation 3: HC' = ~(~HC + ~m + m').
static void ecn_follow_checksum(uint8_t *checksum, uint16_t old_word, uint16_t new_word)
{
    uint32_t sum =
        (uint32_t)(uint16_t)~packet_load16(checksum) + (uint16_t)~old_word + (uint32_t)new_word;

    sum = (sum & UINT16_MAX) + (sum >> 16);
    sum = (sum & UINT16_MAX) + (sum >> 16);
    packet_store16(checksum, (uint16_t)~sum);
}

static void ecn_exchange(uint8_t *network, unsigned version, uint8_t mask, uint8_t value)
{
    unsigned shift = version == 4 ? 0 : IPV6_CLASS_SHIFT;
    uint16_t old_word = packet_load16(network);
    uint16_t new_word =
        (uint16_t)((old_word & ~((unsigned)mask << shift)) | (unsigned)(value & mask) << shift);

    if (new_word == old_word)
        return;
    packet_store16(network, new_word);
    if (version == 4)
        ecn_follow_checksum(network + IPV4_CHECKSUM_BYTES, old_word, new_word);
}

bool ecn_set_traffic_class(Frame *frame, uint8_t mask, uint8_t value)
{
    uint32_t at;
    unsigned version = ecn_locate(frame, &at);

    if (version == 0)
        return false;
    ecn_exchange(frame_bytes(frame) + at, version, mask, value);
    return true;
}

bool ecn_mark(Frame *frame)
{
    uint32_t at;
    unsigned version = ecn_locate(frame, &at);
    uint8_t *network = frame_bytes(frame) + at;

    if (version == 0 ||
        (ecn_class_of_word(version, packet_load16(network)) & ECN_MASK) == ECN_NOT_ECT)
        return false;
    ecn_exchange(network, version, ECN_MASK, ECN_CE);
    return true;
}
