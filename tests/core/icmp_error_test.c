// SPDX-License-Identifier: Apache-2.0
// Answers to packets of every kind: right sums, addresses turned round, the packet quoted as far as
// the RFCs let it, and none where they forbid one.
#include "core/icmp_error.h"

#include <glib.h>
#include <string.h>

#include "core/packet.h"
#include "tests/support/stream.h"
#include "tests/support/sums.h"

enum { POOL_BYTES = 64 * FRAME_LARGE_SLOT_BYTES, PROTOCOL_ICMP = 1, PROTOCOL_ICMPV6 = 58 };

static const Stream kinds[] = {
    {.type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1448},
    {.type = GSO_TCP4, .has_ethernet = true, .has_vlan = true, .size_bytes = 333},
    {.type = GSO_TCP4, .size_bytes = 1},
    {.type = GSO_TCP6, .has_ethernet = true, .has_vlan = true, .size_bytes = 1428},
    {.type = GSO_TCP6, .size_bytes = 50},
    {.type = GSO_UDP, .has_ethernet = true, .size_bytes = 536},
    {.type = GSO_UDP, .has_ethernet = true, .size_bytes = 1300, .is_ipv6 = true},
};

// A finished packet of that kind; the caller frees it, and its pool.
static Frame *packet_of(const Stream *kind)
{
    Stream stream = *kind;
    StreamBurst burst = {.payload_bytes = stream.size_bytes};
    FrameQueue finished;

    frame_queue_init(&finished);
    stream.pool = frame_pool_new(POOL_BYTES);
    frame_free(stream_next(&stream, &burst, &finished));
    return frame_queue_take(&finished);
}

static void packet_free(Frame *frame)
{
    FramePool *pool = frame->pool;

    frame_free(frame);
    frame_pool_free(pool);
}

static void assert_turned_round(const uint8_t *frame, const uint8_t *answer, const Packet *packet)
{
    unsigned address_bytes = packet->version == 4 ? 4 : 16;
    const uint8_t *from = frame + packet->network_bytes + (packet->version == 4 ? 12 : 8);
    const uint8_t *to = answer + packet->network_bytes + (packet->version == 4 ? 12 : 8);

    g_assert_cmpmem(from, address_bytes, to + address_bytes, address_bytes);
    g_assert_cmpmem(from + address_bytes, address_bytes, to, address_bytes);
    if (packet->network_bytes == 0)
        return;
    g_assert_cmpmem(frame, 6, answer + 6, 6);
    g_assert_cmpmem(frame + 6, 6, answer, 6);
    g_assert_cmpmem(frame + 12, packet->network_bytes - 12U, answer + 12,
                    packet->network_bytes - 12U);
}

static void assert_answer(const Stream *kind, IcmpErrorKind error, uint8_t type4, uint8_t code4,
                          uint8_t type6, uint8_t code6)
{
    Frame *frame = packet_of(kind);
    const uint8_t *bytes = frame_bytes(frame);
    uint8_t answer[ICMP_ERROR_MAX_BYTES];
    uint32_t length_bytes, ip_bytes, quoted;
    const uint8_t *icmp;
    Packet packet, reply;

    g_assert_true(icmp_error_is_allowed(bytes, frame->length_bytes, kind->has_ethernet, error));
    length_bytes =
        icmp_error_write(bytes, frame->length_bytes, kind->has_ethernet, error, 1234, answer);
    packet_locate(&packet, bytes, frame->length_bytes, kind->has_ethernet);
    g_assert_true(packet_locate(&reply, answer, length_bytes, kind->has_ethernet));
    sums_assert(answer, length_bytes, kind->has_ethernet);
    assert_turned_round(bytes, answer, &packet);
    g_assert_cmpuint(reply.protocol, ==, packet.version == 4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6);
    icmp = answer + reply.transport_bytes;
    g_assert_cmpuint(icmp[0], ==, packet.version == 4 ? type4 : type6);
    g_assert_cmpuint(icmp[1], ==, packet.version == 4 ? code4 : code6);
    g_assert_cmpuint(packet_load32(icmp + 4), ==, error == ICMP_ERROR_TOO_BIG ? 1234 : 0);
    ip_bytes = frame->length_bytes - packet.network_bytes;
    quoted = MIN(ip_bytes, packet.version == 4 ? 576U - 28 : 1280U - 48);
    g_assert_cmpmem(icmp + 8, answer + length_bytes - (icmp + 8), bytes + packet.network_bytes,
                    quoted);
    // An answer is never answered.
    g_assert_false(icmp_error_is_allowed(answer, length_bytes, kind->has_ethernet, error));
    packet_free(frame);
}

// RFC 792, RFC 1812 5.2.7.1 and RFC 1191 4 for IPv4; RFC 4443 3.1 and 3.2 for IPv6.
static void test_answers_by_the_rfcs(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
        assert_answer(&kinds[i], ICMP_ERROR_NET_UNREACHABLE, 3, 0, 1, 0);
        assert_answer(&kinds[i], ICMP_ERROR_UNREACHABLE, 3, 1, 1, 3);
        assert_answer(&kinds[i], ICMP_ERROR_PORT_UNREACHABLE, 3, 3, 1, 4);
        assert_answer(&kinds[i], ICMP_ERROR_ADMIN_PROHIBITED, 3, 13, 1, 1);
        assert_answer(&kinds[i], ICMP_ERROR_TOO_BIG, 3, 4, 2, 0);
    }
}

static void assert_allowed(const Frame *frame, IcmpErrorKind kind, bool is_allowed)
{
    g_assert_true(icmp_error_is_allowed(frame_bytes_const(frame), frame->length_bytes, true,
                                        kind) == is_allowed);
}

// RFC 1122, 3.2.2.
static void test_ipv4_unanswered(void)
{
    Frame *frame = packet_of(&kinds[5]);
    uint8_t *ip = frame_bytes(frame) + 14;

    assert_allowed(frame, ICMP_ERROR_UNREACHABLE, true);
    packet_store16(ip + 6, 0x2000); // the first fragment
    assert_allowed(frame, ICMP_ERROR_UNREACHABLE, true);
    packet_store16(ip + 6, 0x0001); // another
    assert_allowed(frame, ICMP_ERROR_UNREACHABLE, false);
    packet_store16(ip + 6, 0);
    for (unsigned first = 224; first < 256; first++) { // multicast and broadcast
        ip[16] = (uint8_t)first;
        assert_allowed(frame, ICMP_ERROR_TOO_BIG, false);
    }
    ip[16] = 10;
    ip[12] = 127;
    assert_allowed(frame, ICMP_ERROR_UNREACHABLE, false);
    memset(ip + 12, 0, 4);
    assert_allowed(frame, ICMP_ERROR_UNREACHABLE, false);
    ip[12] = 10;
    ip[-14] |= 1; // to all on the link
    assert_allowed(frame, ICMP_ERROR_TOO_BIG, false);
    ip[-14] &= 0xfe;
    ip[9] = PROTOCOL_ICMP;
    ip[20] = 8; // an echo
    assert_allowed(frame, ICMP_ERROR_UNREACHABLE, true);
    ip[20] = 11; // time exceeded
    assert_allowed(frame, ICMP_ERROR_UNREACHABLE, false);
    ip[-2] = 0x08;
    ip[-1] = 0x06; // ARP
    assert_allowed(frame, ICMP_ERROR_UNREACHABLE, false);
    packet_free(frame);
}

// RFC 4443, 2.4 (e).
static void test_ipv6_unanswered(void)
{
    Frame *frame = packet_of(&kinds[6]);
    uint8_t *ip = frame_bytes(frame) + 14;
    uint8_t answer[ICMP_ERROR_MAX_BYTES];

    assert_allowed(frame, ICMP_ERROR_UNREACHABLE, true);
    ip[24] = 0xff; // to a group: too big is told all the same
    ip[-14] |= 1;
    assert_allowed(frame, ICMP_ERROR_UNREACHABLE, false);
    assert_allowed(frame, ICMP_ERROR_TOO_BIG, true);
    icmp_error_write(frame_bytes(frame), frame->length_bytes, true, ICMP_ERROR_TOO_BIG, 1400,
                     answer);
    g_assert_cmpuint(answer[6] & 1, ==, 0); // no group sends, in either layer
    g_assert_cmpuint(answer[14 + 8], !=, 0xff);
    ip[24] = 0xfd;
    ip[-14] &= 0xfe;
    memset(ip + 8, 0, 16);
    assert_allowed(frame, ICMP_ERROR_TOO_BIG, false);
    ip[8] = 0xfd;
    ip[6] = PROTOCOL_ICMPV6;
    ip[40] = 128; // an echo
    assert_allowed(frame, ICMP_ERROR_UNREACHABLE, true);
    ip[40] = 2; // too big
    assert_allowed(frame, ICMP_ERROR_UNREACHABLE, false);
    packet_free(frame);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/core/icmp-error/answers-by-the-rfcs", test_answers_by_the_rfcs);
    g_test_add_func("/core/icmp-error/ipv4-unanswered", test_ipv4_unanswered);
    g_test_add_func("/core/icmp-error/ipv6-unanswered", test_ipv6_unanswered);
    return g_test_run();
}
