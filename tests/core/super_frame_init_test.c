// SPDX-License-Identifier: Apache-2.0
// What a device may say of a frame that it has read, and what is refused: each claim and each
// header wrong by itself.
#include <glib.h>
#include <string.h>

#include "core/packet.h"
#include "core/super_frame.h"
#include "tests/support/stream.h"

enum { POOL_BYTES = 8 * FRAME_LARGE_SLOT_BYTES, N_SEGMENTS = 7 };

static const Stream tcp4 = {.type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1448};
static const Stream short_tcp4 = {.type = GSO_TCP4, .has_ethernet = true, .size_bytes = 2};

typedef struct {
    FramePool *pool;
    Frame *whole;
    Frame *first; // of its segments
} Fixture;

static void open_burst(Fixture *fixture, const Stream *kind)
{
    Stream stream = *kind;
    FrameQueue segments;

    fixture->pool = frame_pool_new(POOL_BYTES);
    stream.pool = fixture->pool;
    frame_queue_init(&segments);
    fixture->whole =
        stream_next(&stream, &(StreamBurst){N_SEGMENTS * (uint32_t)kind->size_bytes}, &segments);
    fixture->first = frame_queue_take(&segments);
    frame_queue_clear(&segments);
}

static void close_burst(Fixture *fixture)
{
    frame_free(fixture->whole);
    frame_free(fixture->first);
    frame_pool_free(fixture->pool); // asserts that no frame is out
}

// What a device says of the whole of `fixture`.
static SegmentationOffload offload_of(const Fixture *fixture)
{
    const Frame *whole = fixture->whole;

    return (SegmentationOffload){.type = whole->gso_type,
                                 .size_bytes = whole->gso_size_bytes,
                                 .csum_start_bytes = whole->csum_start_bytes,
                                 .csum_offset_bytes = whole->csum_offset_bytes};
}

// A frame just read, with the bytes of the whole.
static Frame *frame_as_read(const Fixture *fixture)
{
    Frame *frame = frame_copy(fixture->whole);

    frame_reset(frame);
    frame->length_bytes = fixture->whole->length_bytes;
    return frame;
}

static void assert_untouched(const Frame *frame)
{
    static const Frame zero = {.n_segments = 1};

    g_assert_cmpmem(&frame->n_segments, offsetof(Frame, headroom) - offsetof(Frame, n_segments),
                    &zero.n_segments, offsetof(Frame, headroom) - offsetof(Frame, n_segments));
}

// Frees `frame`.
static void assert_refused(Frame *frame, const SegmentationOffload *offload, bool has_ethernet)
{
    g_assert_false(super_frame_init(frame, offload, has_ethernet));
    assert_untouched(frame);
    frame_free(frame);
}

static void test_offload_that_does_not_fit_is_refused(void)
{
    Fixture fixture;
    SegmentationOffload good, bad;

    open_burst(&fixture, &tcp4);
    good = bad = offload_of(&fixture);
    for (int type = GSO_NONE; type <= GSO_UDP; type++) {
        bad.type = (GsoType)type;
        if (bad.type != good.type)
            assert_refused(frame_as_read(&fixture), &bad, true);
    }
    bad = good;
    bad.size_bytes = 0;
    assert_refused(frame_as_read(&fixture), &bad, true);
    for (unsigned at = 0; at <= UINT16_MAX; at++) {
        bad = good;
        bad.csum_start_bytes = (uint16_t)at;
        if (at != good.csum_start_bytes)
            assert_refused(frame_as_read(&fixture), &bad, true);
        bad = good;
        bad.csum_offset_bytes = (uint16_t)at;
        if (at != good.csum_offset_bytes)
            assert_refused(frame_as_read(&fixture), &bad, true);
    }
    assert_refused(frame_as_read(&fixture), &good, false);
    close_burst(&fixture);
}

static void test_headers_that_do_not_fit_are_refused(void)
{
    static const struct {
        uint32_t at;
        uint8_t byte;
    } wrong[] = {
        {12, 0x86},             // not IPv4
        {14, 0x65}, {14, 0x44}, // version and length
        {20, 0x20}, {21, 0x01}, // a fragment
        {23, 17},               // not TCP
        {46, 0x40}, {46, 0xf0}, // the TCP header: too short, and longer than the frame
    };
    Fixture fixture;
    SegmentationOffload offload;

    open_burst(&fixture, &short_tcp4);
    offload = offload_of(&fixture);
    for (unsigned i = 0; i < G_N_ELEMENTS(wrong); i++) {
        Frame *frame = frame_as_read(&fixture);

        frame_bytes(frame)[wrong[i].at] = wrong[i].byte;
        assert_refused(frame, &offload, true);
    }
    for (uint32_t length_bytes = 0; length_bytes <= fixture.whole->gso_header_bytes;
         length_bytes++) {
        Frame *frame = frame_as_read(&fixture);

        frame->length_bytes = length_bytes;
        assert_refused(frame, &offload, true);
    }
    close_burst(&fixture);
}

static void test_one_segment_is_an_ordinary_frame(void)
{
    uint8_t segment[FRAME_SMALL_SLOT_BYTES];
    SegmentationOffload offload;
    Fixture fixture;

    open_burst(&fixture, &tcp4);
    offload = offload_of(&fixture);
    offload.has_cwr = true;
    super_frame_drop_back(fixture.whole, N_SEGMENTS - 1);
    for (int n_more = 0; n_more < 2; n_more++) {
        Frame *frame = frame_as_read(&fixture);

        offload.size_bytes = (uint16_t)(tcp4.size_bytes + n_more * 5000);
        g_assert_true(super_frame_init(frame, &offload, true));
        g_assert_cmpuint(frame->n_segments, ==, 1);
        g_assert_cmpuint(frame->gso_type, ==, GSO_NONE);
        g_assert_cmpuint(frame->offload_flags, ==, FRAME_CHECKSUM_PARTIAL);
        g_assert_cmpuint(super_frame_segment(frame, 0, segment, sizeof segment), ==,
                         fixture.first->length_bytes);
        g_assert_cmpmem(segment, fixture.first->length_bytes, frame_bytes(fixture.first),
                        fixture.first->length_bytes);
        frame_free(frame);
    }
    close_burst(&fixture);
}

// IPv6 with an extension header of `extension_bytes`, then TCP with `tcp_bytes` of header.
static Frame *long_headers_new(FramePool *pool, unsigned extension_bytes, unsigned tcp_bytes)
{
    Frame *frame = frame_new(pool, FRAME_MAX_BYTES);
    uint8_t *ip = frame_bytes(frame);

    frame->length_bytes = PACKET_IPV6_HEADER_BYTES + extension_bytes + tcp_bytes + 3000;
    memset(ip, 0, frame->length_bytes);
    ip[0] = 0x60;
    ip[6] = 60;
    ip[40] = PACKET_PROTOCOL_TCP;
    ip[41] = (uint8_t)(extension_bytes / 8 - 1);
    ip[40 + extension_bytes + PACKET_TCP_DATA_OFFSET] = (uint8_t)(tcp_bytes / 4 << 4);
    return frame;
}

static void test_headers_are_bounded(void)
{
    FramePool *pool = frame_pool_new(POOL_BYTES);
    Frame *frame = long_headers_new(pool, 192, 24);
    SegmentationOffload offload = {.type = GSO_TCP6,
                                   .size_bytes = 1000,
                                   .csum_start_bytes = 40 + 192,
                                   .csum_offset_bytes = PACKET_TCP_CHECKSUM};
    uint8_t segment[SUPER_FRAME_HEADER_MAX_BYTES + 1000];

    g_assert_true(super_frame_init(frame, &offload, false));
    g_assert_cmpuint(frame->n_segments, ==, 3);
    g_assert_cmpuint(super_frame_segment(frame, 2, segment, sizeof segment), ==, sizeof segment);
    g_assert_cmpuint(packet_load16(segment + 4), ==, sizeof segment - PACKET_IPV6_HEADER_BYTES);
    g_assert_cmpuint(packet_load32(segment + 40 + 192 + PACKET_TCP_SEQ), ==, 2000);
    frame_free(frame);

    assert_refused(long_headers_new(pool, 192, 28), &offload, false);
    offload.csum_start_bytes = 40 + 200;
    assert_refused(long_headers_new(pool, 200, 20), &offload, false);
    frame_pool_free(pool);
}

static void test_lone_checksum_lies_in_the_headers(void)
{
    static const struct {
        uint16_t start, offset;
        bool is_good;
    } cases[] = {
        {34, 16, true},    {34, 6, true},     {0, 0, true},          {258, 0, false},
        {34, 220, true},   {34, 222, false},  {34, 17, false},       {254, 0, true},
        {65535, 0, false}, {0, 65534, false}, {65535, 65534, false},
    };
    FramePool *pool = frame_pool_new(POOL_BYTES);
    Frame *frame = frame_new(pool, 300);

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        const SegmentationOffload offload = {.csum_start_bytes = cases[i].start,
                                             .csum_offset_bytes = cases[i].offset};
        uint32_t end_bytes = cases[i].start + cases[i].offset + 2U;

        frame->length_bytes = 300;
        g_assert_cmpint(super_frame_init_checksum(frame, &offload), ==, cases[i].is_good);
        if (!cases[i].is_good) {
            assert_untouched(frame);
            continue;
        }
        frame_reset(frame);
        frame->length_bytes = end_bytes - 1;
        g_assert_false(super_frame_init_checksum(frame, &offload));
        assert_untouched(frame);
        frame->length_bytes = end_bytes;
        g_assert_true(super_frame_init_checksum(frame, &offload));
        frame_reset(frame);
    }
    frame_free(frame);
    frame_pool_free(pool);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/core/super-frame-init/offload-that-does-not-fit-is-refused",
                    test_offload_that_does_not_fit_is_refused);
    g_test_add_func("/core/super-frame-init/headers-that-do-not-fit-are-refused",
                    test_headers_that_do_not_fit_are_refused);
    g_test_add_func("/core/super-frame-init/one-segment-is-an-ordinary-frame",
                    test_one_segment_is_an_ordinary_frame);
    g_test_add_func("/core/super-frame-init/headers-are-bounded", test_headers_are_bounded);
    g_test_add_func("/core/super-frame-init/lone-checksum-lies-in-the-headers",
                    test_lone_checksum_lies_in_the_headers);
    return g_test_run();
}
