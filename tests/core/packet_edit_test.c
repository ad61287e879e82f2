// SPDX-License-Identifier: Apache-2.0
// Edits of finished packets of every kind leave all checksums and lengths right, as a receiver
// judges them; edits of unfinished ones do once those are finished.
#include "core/packet_edit.h"

#include <glib.h>
#include <string.h>

#include "core/icmp_error.h"
#include "core/super_frame.h"
#include "tests/support/dice.h"
#include "tests/support/stream.h"
#include "tests/support/sums.h"

enum { POOL_BYTES = 64 * FRAME_LARGE_SLOT_BYTES, TIMESTAMPS = 8, ROOM_BYTES = 2048 };

static const Stream kinds[] = {
    {.type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1000, .id = 65533},
    {.type = GSO_TCP4, .has_ethernet = true, .has_vlan = true, .size_bytes = 333, .id = 7},
    {.type = GSO_TCP4, .size_bytes = 400, .seq = UINT32_MAX - 3},
    {.type = GSO_TCP6, .has_ethernet = true, .size_bytes = 901},
    {.type = GSO_UDP, .has_ethernet = true, .size_bytes = 1200},
    {.type = GSO_UDP, .has_ethernet = true, .size_bytes = 555, .is_ipv6 = true, .has_vlan = true},
    {.type = GSO_UDP, .size_bytes = 300, .id = 9},
};

typedef void PacketTest(PacketEdit *edit);

// What leaves for the wire when `frame` has been edited to `length_bytes`.
static void assert_right_on_the_wire(Frame *frame, uint32_t length_bytes, bool has_ethernet)
{
    uint8_t wire[ROOM_BYTES];

    frame->length_bytes = length_bytes;
    length_bytes = super_frame_segment(frame, 0, wire, sizeof wire);
    sums_assert(wire, length_bytes, has_ethernet);
}

static void each_packet(PacketTest *test)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
        Stream stream = kinds[i];
        StreamBurst burst = {.payload_bytes = stream.size_bytes};
        FrameQueue finished;
        Frame *frames[2];

        frame_queue_init(&finished);
        stream.pool = frame_pool_new(POOL_BYTES);
        frames[0] = stream_next(&stream, &burst, &finished); // one segment: unfinished
        frames[1] = frame_queue_take(&finished);
        for (int n = 0; n < 2; n++) {
            PacketEdit edit;

            g_assert_true(packet_edit_init(&edit, frame_bytes(frames[n]), frames[n]->length_bytes,
                                           stream.has_ethernet, n == 0));
            test(&edit);
            assert_right_on_the_wire(frames[n], edit.length_bytes, stream.has_ethernet);
            frame_free(frames[n]);
        }
        frame_pool_free(stream.pool);
    }
}

static void strip_timestamps(PacketEdit *edit)
{
    bool is_tcp = edit->packet.protocol == PACKET_PROTOCOL_TCP;

    g_assert_true(packet_edit_has_tcp_option(edit, TIMESTAMPS) == is_tcp);
    packet_edit_strip_tcp_option(edit, TIMESTAMPS);
    g_assert_false(packet_edit_has_tcp_option(edit, TIMESTAMPS));
    if (!is_tcp)
        return;
    for (int i = 0; i < 12; i++)
        g_assert_cmpuint(edit->bytes[edit->packet.transport_bytes + 20 + i], ==, 1);
}

static void test_strips_options(void)
{
    each_packet(strip_timestamps);
}

// Turns the timestamps of the stream (two no-operations and ten bytes) into other options.
static void put_options(PacketEdit *edit, const uint8_t options[12])
{
    for (uint32_t i = 0; i < 12; i++)
        packet_edit_set_byte(edit, edit->packet.transport_bytes + 20 + i, options[i]);
}

static void clamp_mss(PacketEdit *edit)
{
    // Once at an even, once at an odd place.
    static const uint8_t options[][12] = {{2, 4, 5, 180, 1, 1, 1, 3, 3, 7, 0, 2},
                                          {1, 2, 4, 5, 180, 3, 3, 7, 0, 0, 0, 0}};
    uint32_t flags_at = edit->packet.transport_bytes + PACKET_TCP_FLAGS;

    if (edit->packet.protocol != PACKET_PROTOCOL_TCP) {
        g_assert_cmpuint(packet_edit_mss(edit), ==, 0);
        return;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(options); i++) {
        put_options(edit, options[i]);
        packet_edit_set_byte(edit, flags_at, 0x10);
        g_assert_cmpuint(packet_edit_mss(edit), ==, 0); // no SYN
        packet_edit_set_byte(edit, flags_at, 0x12);
        g_assert_cmpuint(packet_edit_mss(edit), ==, 1460);
        packet_edit_set_mss(edit, 536);
        g_assert_cmpuint(packet_edit_mss(edit), ==, 536);
        packet_edit_set_mss(edit, 1);
        g_assert_cmpuint(packet_edit_mss(edit), ==, 1);
    }
}

static void test_sets_mss(void)
{
    each_packet(clamp_mss);
}

static void malform_options(PacketEdit *edit)
{
    static const uint8_t wrong[][12] = {
        {2, 0, 5, 180},                       // length 0
        {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2}, // no room for a length
        {1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 5}, // longer than the header
        {0, 2, 4, 5, 180},                    // behind the end
        {2, 3, 5, 1, 1, 1, 1, 1, 1, 1, 1, 1}, // not the length of this option
        {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1},
    };

    if (edit->packet.protocol != PACKET_PROTOCOL_TCP)
        return;
    packet_edit_set_byte(edit, edit->packet.transport_bytes + PACKET_TCP_FLAGS, 0x02);
    for (unsigned i = 0; i < G_N_ELEMENTS(wrong); i++) {
        put_options(edit, wrong[i]);
        g_assert_cmpuint(packet_edit_mss(edit), ==, 0);
        packet_edit_set_mss(edit, 1000); // nothing
    }
}

static void test_leaves_malformed_options(void)
{
    each_packet(malform_options);
}

static bool is_checksum_or_length(const PacketEdit *edit, uint32_t at)
{
    uint32_t ip = edit->packet.network_bytes, transport = edit->packet.transport_bytes;
    bool is_tcp = edit->packet.protocol == PACKET_PROTOCOL_TCP;

    if (edit->packet.version == 4 && (at == ip || at / 2 * 2 == ip + 2 || at / 2 * 2 == ip + 10))
        return true;
    if (edit->packet.version == 4 && (at / 2 * 2 == ip + 6 || at == ip + 9))
        return true; // makes a fragment, or another protocol, of it
    if (edit->packet.version == 6 && (at == ip || (at >= ip + 4 && at <= ip + 6)))
        return true;
    return is_tcp ? at / 2 * 2 == transport + 16 || at == transport + 12
                  : at >= transport + 4 && at < transport + 8;
}

static void set_each_byte(PacketEdit *edit)
{
    for (uint32_t at = edit->packet.network_bytes; at < edit->length_bytes; at++)
        if (!is_checksum_or_length(edit, at))
            packet_edit_set_byte(edit, at, (uint8_t)(edit->bytes[at] * 7 + 1));
}

static void test_sets_bytes(void)
{
    each_packet(set_each_byte);
}

static void truncate_step_by_step(PacketEdit *edit)
{
    uint32_t header_bytes =
        edit->packet.protocol == PACKET_PROTOCOL_UDP ? (uint32_t)PACKET_UDP_HEADER_BYTES : 32;
    Dice dice = dice_new(3);
    uint32_t least = edit->packet.transport_bytes + header_bytes;

    while (edit->length_bytes > least) {
        uint32_t cut = 1 + dice_throw(&dice, 97);

        packet_edit_truncate(edit, MAX(least, edit->length_bytes - MIN(cut, edit->length_bytes)));
        if (!edit->is_partial)
            sums_assert(edit->bytes, edit->length_bytes, edit->packet.network_bytes > 0);
    }
}

static void test_truncates(void)
{
    each_packet(truncate_step_by_step);
}

// With an Ethernet header, a payload of 100 bytes, and its checksum made.
static Frame *finished_frame(FramePool *pool, GsoType type)
{
    Stream stream = {.pool = pool, .type = type, .has_ethernet = true, .size_bytes = 100};
    FrameQueue finished;

    frame_queue_init(&finished);
    frame_free(stream_next(&stream, &(StreamBurst){.payload_bytes = 100}, &finished));
    return frame_queue_take(&finished);
}

// Behind the packet there may be padding, and the checksum may be none.
static void test_truncates_padding_and_unchecked(void)
{
    FramePool *pool = frame_pool_new(POOL_BYTES);
    Frame *frame = finished_frame(pool, GSO_UDP);
    PacketEdit edit;

    packet_edit_init(&edit, frame_bytes(frame), 150, true, false);
    packet_edit_truncate(&edit, 145);
    g_assert_cmpuint(packet_edit_packet_bytes(&edit), ==, 128);
    packet_edit_truncate(&edit, 142);
    g_assert_cmpuint(packet_edit_packet_bytes(&edit), ==, 128);
    packet_store16(edit.bytes + 34 + PACKET_UDP_CHECKSUM, 0);
    packet_edit_truncate(&edit, 141);
    g_assert_cmpuint(packet_edit_packet_bytes(&edit), ==, 127);
    g_assert_cmpuint(packet_load16(edit.bytes + 34 + PACKET_UDP_CHECKSUM), ==, 0);
    g_assert_cmpuint(packet_load16(edit.bytes + 34 + PACKET_UDP_LENGTH), ==, 107);
    packet_edit_set_byte(&edit, 100, 77);
    sums_assert(edit.bytes, 141, true);
    packet_edit_truncate(&edit, 36); // within the UDP header
    g_assert_cmpuint(packet_edit_packet_bytes(&edit), ==, 22);
    packet_edit_truncate(&edit, 20); // within the IP header
    g_assert_cmpuint(edit.length_bytes, ==, 20);
    frame_free(frame);
    frame_pool_free(pool);
}

// ICMP has no pseudo-header and ICMPv6 has one: an answer of each, changed and cut.
static void test_edits_icmp(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
        Stream stream = kinds[i];
        StreamBurst burst = {.payload_bytes = stream.size_bytes};
        uint8_t answer[ICMP_ERROR_MAX_BYTES];
        uint32_t length_bytes;
        PacketEdit edit;
        Frame *frame;

        stream.pool = frame_pool_new(POOL_BYTES);
        frame = stream_next(&stream, &burst, NULL);
        length_bytes = icmp_error_write(frame_bytes(frame), frame->length_bytes,
                                        stream.has_ethernet, ICMP_ERROR_UNREACHABLE, 0, answer);
        g_assert_true(packet_edit_init(&edit, answer, length_bytes, stream.has_ethernet, false));
        for (uint32_t at = edit.packet.transport_bytes + 4U; at < length_bytes; at += 7)
            packet_edit_set_byte(&edit, at, (uint8_t)(answer[at] + 1));
        packet_edit_set_byte(&edit, edit.packet.transport_bytes - 1U, 77); // of an address
        sums_assert(answer, length_bytes, stream.has_ethernet);
        while (edit.length_bytes > edit.packet.transport_bytes + 20U) {
            packet_edit_truncate(&edit, edit.length_bytes - 11);
            sums_assert(answer, edit.length_bytes, stream.has_ethernet);
        }
        frame_free(frame);
        frame_pool_free(stream.pool);
    }
}

// RFC 1624, section 4: the checksum 0xdd2f, of which 0x5555 becomes 0x3285, is 0x0000.
static void test_exchanges_as_the_rfc(void)
{
    uint8_t bytes[28] = {
        [0] = 0x45, [3] = 28, [9] = 17, [4] = 0x55, [5] = 0x55, [10] = 0xdd, [11] = 0x2f};
    PacketEdit edit;

    g_assert_true(packet_edit_init(&edit, bytes, sizeof bytes, false, false));
    packet_edit_set_byte(&edit, 4, 0x32);
    packet_edit_set_byte(&edit, 5, 0x85);
    g_assert_cmphex(packet_load16(bytes + 10), ==, 0);
}

// What is wrong stays wrong: no edit hides the work of another.
static void test_keeps_wrong_checksums(void)
{
    FramePool *pool = frame_pool_new(POOL_BYTES);
    Frame *frame = finished_frame(pool, GSO_TCP4);
    PacketEdit edit;

    frame_bytes(frame)[120] ^= 1;
    packet_edit_init(&edit, frame_bytes(frame), frame->length_bytes, true, false);
    packet_edit_strip_tcp_option(&edit, TIMESTAMPS);
    packet_edit_truncate(&edit, 150);
    g_assert_false(sums_transport_is_right(edit.bytes, edit.length_bytes, true));
    edit.bytes[120] ^= 1;
    sums_assert(edit.bytes, edit.length_bytes, true);
    frame_free(frame);
    frame_pool_free(pool);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/core/packet-edit/strips-options", test_strips_options);
    g_test_add_func("/core/packet-edit/sets-mss", test_sets_mss);
    g_test_add_func("/core/packet-edit/leaves-malformed-options", test_leaves_malformed_options);
    g_test_add_func("/core/packet-edit/sets-bytes", test_sets_bytes);
    g_test_add_func("/core/packet-edit/truncates", test_truncates);
    g_test_add_func("/core/packet-edit/truncates-padding-and-unchecked",
                    test_truncates_padding_and_unchecked);
    g_test_add_func("/core/packet-edit/edits-icmp", test_edits_icmp);
    g_test_add_func("/core/packet-edit/exchanges-as-the-rfc", test_exchanges_as_the_rfc);
    g_test_add_func("/core/packet-edit/keeps-wrong-checksums", test_keeps_wrong_checksums);
    return g_test_run();
}
