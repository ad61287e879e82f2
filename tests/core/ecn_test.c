// SPDX-License-Identifier: Apache-2.0
// The traffic class: found behind tags and without Ethernet, changed without touching anything
// else, its checksum as right as before.
#include "core/ecn.h"

#include <glib.h>
#include <string.h>

#include "core/packet.h"
#include "tests/support/dice.h"
#include "tests/support/stream.h"

enum { POOL_BYTES = 1 << 20, CLASS_IN_IPV4 = 1, CHECKSUM_IN_IPV4 = 10 };

typedef struct {
    const char *in_front; // of the IP header
    uint8_t version;
} Wrapping;

static const Wrapping wrappings[] = {
    {"", 4},
    {"", 6},
    {"0200000000020200000000010800", 4},
    {"02000000000202000000000186dd", 6},
    {"020000000002020000000001810000070800", 4},
    {"02000000000202000000000188a8000181000007"
     "86dd",
     6},
};

static uint32_t put(Frame *frame, uint32_t at, const char *hex)
{
    for (; *hex != '\0'; hex += 2)
        frame_bytes(frame)[at++] =
            (uint8_t)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));
    return at;
}

static uint16_t plain_sum(const uint8_t *bytes, uint32_t n_bytes)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < n_bytes; i += 2)
        sum += packet_load16(bytes + i);
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

// A UDP packet of this traffic class; `*ip` is where its IP header starts.
static Frame *packet_new(FramePool *pool, const Wrapping *wrapping, uint8_t octet, uint32_t *ip)
{
    Frame *frame = frame_new(pool, 200);
    uint8_t *at;

    memset(frame_bytes(frame), 0, 200);
    frame->is_bare_ip = wrapping->in_front[0] == '\0';
    *ip = put(frame, 0, wrapping->in_front);
    at = frame_bytes(frame) + *ip;
    if (wrapping->version == 4) {
        put(frame, *ip, "4500001c123440004011000001020304c0a80009");
        at[CLASS_IN_IPV4] = octet;
        packet_store16(at + CHECKSUM_IN_IPV4, (uint16_t)~plain_sum(at, 20));
        frame->length_bytes = *ip + 28;
    } else {
        put(frame, *ip, "600abcde00081140");
        at[0] = (uint8_t)(0x60 | octet >> 4);
        at[1] = (uint8_t)(octet << 4 | 0x0a);
        frame->length_bytes = *ip + 48;
    }
    return frame;
}

static void assert_like(const Frame *frame, const Frame *expected)
{
    g_assert_cmpmem(frame_bytes_const(frame), frame->length_bytes, frame_bytes_const(expected),
                    expected->length_bytes);
}

// All classes in all wrappings: what is marked is what one written that way from scratch is.
static void test_marks_what_is_capable(void)
{
    FramePool *pool = frame_pool_new(POOL_BYTES);

    for (unsigned i = 0; i < G_N_ELEMENTS(wrappings); i++) {
        for (unsigned octet = 0; octet < 256; octet++) {
            bool is_capable = (octet & 3) != 0;
            uint32_t ip;
            Frame *frame = packet_new(pool, &wrappings[i], (uint8_t)octet, &ip);
            Frame *expected =
                packet_new(pool, &wrappings[i], (uint8_t)(is_capable ? octet | 3 : octet), &ip);

            g_assert_cmpint(ecn_traffic_class(frame), ==, octet);
            g_assert_cmpint(ecn_codepoint(frame), ==, octet & 3);
            g_assert_cmpint(ecn_mark(frame), ==, is_capable);
            assert_like(frame, expected);
            frame_free(frame);
            frame_free(expected);
        }
    }
    frame_pool_free(pool);
}

// Any octet to any other under a mask; the checksum stays right, and what was wrong stays wrong by
// as much.
static void test_sets_under_a_mask(void)
{
    FramePool *pool = frame_pool_new(POOL_BYTES);
    Dice dice = dice_new(1);

    for (unsigned n = 0; n < 20000; n++) {
        const Wrapping *wrapping = &wrappings[dice_throw(&dice, G_N_ELEMENTS(wrappings))];
        uint8_t from = (uint8_t)dice_throw(&dice, 256), to = (uint8_t)dice_throw(&dice, 256);
        uint8_t mask = (uint8_t)dice_throw(&dice, 256);
        uint16_t error = dice_throw(&dice, 2) == 0 ? 0 : (uint16_t)(1 + dice_throw(&dice, 0xfffe));
        uint32_t ip;
        Frame *frame = packet_new(pool, wrapping, from, &ip);
        uint8_t *at = frame_bytes(frame) + ip;

        if (wrapping->version == 4)
            packet_store16(at + CHECKSUM_IN_IPV4,
                           (uint16_t)(packet_load16(at + CHECKSUM_IN_IPV4) ^ error));
        uint16_t sum_before = plain_sum(at, 20);

        g_assert_true(ecn_set_traffic_class(frame, mask, to));
        g_assert_cmpint(ecn_traffic_class(frame), ==, (from & ~mask) | (to & mask));
        if (wrapping->version == 4)
            g_assert_cmpuint(plain_sum(at, 20) % 0xffff, ==, sum_before % 0xffff);
        else
            g_assert_cmpuint(packet_load32(at) & 0xf00fffff, ==, 0x600abcde);
        frame_free(frame);
    }
    frame_pool_free(pool);
}

// ARP, frames that end within a header, an empty one: no class, nothing changed.
static void test_leaves_the_rest_alone(void)
{
    static const char *const others[] = {
        "",
        "02000000000202000000000108060001",
        "020000000002020000000001080045",
        "02000000000202000000000186dd60ffff",
        "0200000000020200000000010800660000280000",
        "0200",
    };
    FramePool *pool = frame_pool_new(POOL_BYTES);

    for (unsigned i = 0; i < G_N_ELEMENTS(others); i++) {
        Frame *frame = frame_new(pool, 100);
        Frame *before;

        frame->length_bytes = put(frame, 0, others[i]);
        before = frame_copy(frame);
        g_assert_cmpint(ecn_traffic_class(frame), ==, ECN_NO_TRAFFIC_CLASS);
        g_assert_cmpint(ecn_codepoint(frame), ==, ECN_NOT_ECT);
        g_assert_false(ecn_mark(frame));
        g_assert_false(ecn_set_traffic_class(frame, 0xff, 0xff));
        assert_like(frame, before);
        frame_free(frame);
        frame_free(before);
    }
    frame_pool_free(pool);
}

// A super-frame's mark is in each of its segments, and nowhere else.
static void test_marks_all_segments(void)
{
    static const Stream streams[] = {
        {.type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1000},
        {.type = GSO_TCP6, .has_ethernet = true, .has_vlan = true, .size_bytes = 1000},
        {.type = GSO_UDP, .size_bytes = 700},
    };
    FramePool *pool = frame_pool_new(POOL_BYTES);

    for (unsigned i = 0; i < G_N_ELEMENTS(streams); i++) {
        Stream stream = streams[i];
        FrameQueue segments;
        Frame *frame;

        stream.pool = pool;
        frame_queue_init(&segments);
        frame = stream_next(&stream, &(StreamBurst){.payload_bytes = 4500}, &segments);
        g_assert_true(ecn_mark(frame));
        for (unsigned number = 0; number < frame->n_segments; number++) {
            Frame *expected = frame_queue_take(&segments);
            uint8_t bytes[2000];
            uint32_t n_bytes = super_frame_segment(frame, number, bytes, sizeof bytes);

            g_assert_true(ecn_mark(expected));
            g_assert_cmpmem(bytes, n_bytes, frame_bytes(expected), expected->length_bytes);
            frame_free(expected);
        }
        frame_free(frame);
    }
    frame_pool_free(pool);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/core/ecn/marks-what-is-capable", test_marks_what_is_capable);
    g_test_add_func("/core/ecn/sets-under-a-mask", test_sets_under_a_mask);
    g_test_add_func("/core/ecn/leaves-the-rest-alone", test_leaves_the_rest_alone);
    g_test_add_func("/core/ecn/marks-all-segments", test_marks_all_segments);
    return g_test_run();
}
