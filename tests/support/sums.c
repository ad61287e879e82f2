// SPDX-License-Identifier: Apache-2.0
// Adds big-endian words one by one; headers are found by core/packet, nothing else of it is used.
#include "tests/support/sums.h"

#include <glib.h>

#include "core/packet.h"

enum { ICMP = 1, ICMPV6 = 58 };

static uint32_t word_at(const uint8_t *bytes, uint32_t at, uint32_t end)
{
    return (uint32_t)bytes[at] << 8 | (at + 1 < end ? bytes[at + 1] : 0);
}

static uint32_t plain_sum(uint32_t sum, const uint8_t *bytes, uint32_t n_bytes)
{
    for (uint32_t at = 0; at < n_bytes; at += 2)
        sum += word_at(bytes, at, n_bytes);
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static uint32_t packet_bytes_said(const Packet *packet, const uint8_t *ip)
{
    return packet->version == 4 ? word_at(ip, 2, 4) : word_at(ip, 4, 6) + 40;
}

bool sums_transport_is_right(const uint8_t *bytes, uint32_t length_bytes, bool has_ethernet)
{
    Packet packet;
    bool is_found = packet_locate(&packet, bytes, length_bytes, has_ethernet);
    const uint8_t *ip = bytes + packet.network_bytes;
    const uint8_t *transport = bytes + packet.transport_bytes;
    uint32_t n_bytes, sum = 0;

    g_assert_true(is_found);
    n_bytes = packet_bytes_said(&packet, ip) - (uint32_t)(transport - ip);
    g_assert_cmpuint(packet.transport_bytes + n_bytes, <=, length_bytes);
    if (packet.protocol == PACKET_PROTOCOL_UDP) {
        if (word_at(transport, 4, 6) != n_bytes)
            return false;
        if (word_at(transport, 6, 8) == 0)
            return packet.version == 4;
    }
    if (packet.protocol != ICMP) {
        sum = packet.version == 4 ? plain_sum(0, ip + 12, 8) : plain_sum(0, ip + 8, 32);
        sum += n_bytes + packet.protocol;
    }
    return plain_sum(sum, transport, n_bytes) == 0xffff;
}

void sums_assert(const uint8_t *bytes, uint32_t length_bytes, bool has_ethernet)
{
    Packet packet;

    g_assert_true(packet_locate(&packet, bytes, length_bytes, has_ethernet));
    if (packet.version == 4)
        g_assert_cmphex(plain_sum(0, bytes + packet.network_bytes,
                                  (uint32_t)packet.transport_bytes - packet.network_bytes),
                        ==, 0xffff);
    g_assert_true(sums_transport_is_right(bytes, length_bytes, has_ethernet));
}
