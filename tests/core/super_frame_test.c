// SPDX-License-Identifier: Apache-2.0
// A super-frame, and whatever it is cut into, against the frames it stands for, which the Stream
// writes from scratch.
#include "core/super_frame.h"

#include <glib.h>
#include <string.h>

#include "core/packet.h"
#include "tests/support/dice.h"
#include "tests/support/stream.h"

enum {
    POOL_BYTES = 64 * FRAME_LARGE_SLOT_BYTES,
    SEGMENT_MAX_BYTES = 9100,
    N_SEGMENTS = 7,
    FIRST_INDEX = 1000,
    GAP_NS = 1200,
    LAST_NS = 1000000,
};

// Odd and even payloads, numbers that wrap, with and without a link layer.
static const Stream kinds[] = {
    {.type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1448, .id = 65533},
    {.type = GSO_TCP4, .has_ethernet = true, .has_vlan = true, .size_bytes = 333, .id = 7},
    {.type = GSO_TCP4, .size_bytes = 1, .seq = UINT32_MAX - 3},
    {.type = GSO_TCP6, .has_ethernet = true, .size_bytes = 1428, .seq = UINT32_MAX - 2000},
    {.type = GSO_TCP6, .size_bytes = 8947},
    {.type = GSO_UDP, .has_ethernet = true, .size_bytes = 1472, .id = 65530},
    {.type = GSO_UDP, .has_ethernet = true, .size_bytes = 555, .is_ipv6 = true, .has_vlan = true},
    {.type = GSO_UDP, .size_bytes = 1, .id = 9},
};

typedef struct {
    FramePool *pool;
    Frame *whole;
    FrameQueue segments;
    const Frame *segment[N_SEGMENTS]; // the same
} Fixture;

// N_SEGMENTS segments, the last of `last_bytes`, in a pool of `pool_bytes` more than they need.
static void open_burst(Fixture *fixture, const Stream *kind, uint32_t last_bytes)
{
    Stream stream = *kind;
    StreamBurst burst = {
        .payload_bytes = (N_SEGMENTS - 1) * (uint32_t)kind->size_bytes + last_bytes,
        .last_flags = PACKET_TCP_FIN | PACKET_TCP_PSH,
        .has_cwr = true,
    };
    const Frame *segment;
    unsigned n = 0;

    fixture->pool = frame_pool_new(POOL_BYTES);
    stream.pool = fixture->pool;
    frame_queue_init(&fixture->segments);
    fixture->whole = stream_next(&stream, &burst, &fixture->segments);
    for (segment = frame_queue_peek(&fixture->segments); segment != NULL; segment = segment->next)
        fixture->segment[n++] = segment;
    g_assert_cmpuint(n, ==, N_SEGMENTS);
    fixture->whole->index = FIRST_INDEX;
    fixture->whole->entered_ns = 77;
    fixture->whole->wired_ns = fixture->whole->due_ns = LAST_NS;
    fixture->whole->wired_span_ns = fixture->whole->due_span_ns = (N_SEGMENTS - 1) * GAP_NS;
}

static void close_burst(Fixture *fixture)
{
    frame_queue_clear(&fixture->segments);
    frame_pool_free(fixture->pool); // asserts that no frame is out
}

typedef void BurstTest(Fixture *fixture);

// For each kind and three lengths of the last segment.
static void each_burst(BurstTest *test)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
        uint32_t size_bytes = kinds[i].size_bytes;
        const uint32_t last_bytes[] = {size_bytes, (size_bytes + 1) / 2, 1};

        for (unsigned j = 0; j < G_N_ELEMENTS(last_bytes); j++) {
            Fixture fixture;

            open_burst(&fixture, &kinds[i], last_bytes[j]);
            test(&fixture);
            close_burst(&fixture);
        }
    }
}

// The segment is written into memory of its own size, so that a sanitizer sees what goes beyond.
static void assert_segment(const Frame *frame, unsigned number, const Frame *expected)
{
    g_autofree uint8_t *bytes = g_malloc(expected->length_bytes);

    g_assert_cmpuint(super_frame_segment(frame, number, bytes, expected->length_bytes), ==,
                     expected->length_bytes);
    g_assert_cmpmem(bytes, expected->length_bytes, frame_bytes_const(expected),
                    expected->length_bytes);
}

// `frame` is the segments from number `first` on, with the instants that are theirs, and is freed.
static void assert_part(const Fixture *fixture, Frame *frame, unsigned first, unsigned n_segments)
{
    uint64_t wire_bytes = 0;

    g_assert_cmpuint(frame->n_segments, ==, n_segments);
    for (unsigned i = 0; i < n_segments; i++) {
        assert_segment(frame, i, fixture->segment[first + i]);
        wire_bytes += fixture->segment[first + i]->length_bytes;
    }
    g_assert_cmpuint(frame_wire_bytes(frame), ==, wire_bytes);
    g_assert_cmpuint(frame_segment_bytes(frame), ==, fixture->segment[first]->length_bytes);
    g_assert_cmpuint(frame_last_segment_bytes(frame), ==,
                     fixture->segment[first + n_segments - 1]->length_bytes);
    g_assert_cmpuint(frame->index, ==, FIRST_INDEX + first);
    g_assert_cmpint(frame->entered_ns, ==, 77);
    g_assert_cmpint(frame->wired_ns, ==, LAST_NS - (N_SEGMENTS - first - n_segments) * GAP_NS);
    g_assert_cmpuint(frame->wired_span_ns, ==, (n_segments - 1) * GAP_NS);
    g_assert_cmpuint(frame->due_span_ns, ==, (n_segments - 1) * GAP_NS);
    g_assert_cmpuint(frame->due_lag_ns, ==, (N_SEGMENTS - first - n_segments) * GAP_NS);
    if (n_segments == 1) { // nothing but a checksum is left to do
        g_assert_cmpuint(frame->gso_type, ==, GSO_NONE);
        g_assert_cmpuint(frame->gso_size_bytes, ==, 0);
        g_assert_cmpuint(frame->offload_flags, ==, FRAME_CHECKSUM_PARTIAL);
    } else {
        g_assert_cmpuint(frame->gso_type, ==, fixture->whole->gso_type);
    }
    g_assert_cmpint((frame->offload_flags & FRAME_GSO_ECN) != 0, ==,
                    first == 0 && n_segments > 1 && frame->gso_type != GSO_UDP);
}

static void whole_is_its_segments(Fixture *fixture)
{
    assert_part(fixture, fixture->whole, 0, N_SEGMENTS);
    frame_free(fixture->whole);
}

static void test_stands_for_what_would_have_been_sent(void)
{
    each_burst(whole_is_its_segments);
}

static void cut_everywhere(Fixture *fixture)
{
    for (unsigned n_front = 1; n_front < N_SEGMENTS; n_front++) {
        Frame *front = frame_copy(fixture->whole), *rest = NULL;

        g_assert_true(super_frame_cut(&front, n_front, &rest));
        assert_part(fixture, front, 0, n_front);
        assert_part(fixture, rest, n_front, N_SEGMENTS - n_front);
        frame_free(front);
        frame_free(rest);
    }
    frame_free(fixture->whole);
}

static void test_cut_at_every_position(void)
{
    each_burst(cut_everywhere);
}

static void drop_every_number(Fixture *fixture)
{
    for (unsigned n_front = 0; n_front < N_SEGMENTS; n_front++) {
        for (unsigned n_back = 0; n_front + n_back < N_SEGMENTS; n_back++) {
            Frame *one = frame_copy(fixture->whole), *other = frame_copy(fixture->whole);

            super_frame_drop_front(one, n_front);
            super_frame_drop_back(one, n_back);
            assert_part(fixture, one, n_front, N_SEGMENTS - n_front - n_back);
            super_frame_drop_back(other, n_back);
            super_frame_drop_front(other, n_front);
            assert_part(fixture, other, n_front, N_SEGMENTS - n_front - n_back);
            frame_free(one);
            frame_free(other);
        }
    }
    frame_free(fixture->whole);
}

static void test_drop_every_number_at_both_ends(void)
{
    each_burst(drop_every_number);
}

// Cuts until nothing is left to cut, somewhere else each time.
static void cut_to_pieces(const Fixture *fixture, Dice *dice, Frame *frame, unsigned first)
{
    unsigned n_segments = frame->n_segments;
    Frame *rest = NULL;
    unsigned n_front;

    assert_part(fixture, frame, first, n_segments);
    if (n_segments == 1) {
        frame_free(frame);
        return;
    }
    n_front = 1 + dice_throw(dice, n_segments - 1);
    g_assert_true(super_frame_cut(&frame, n_front, &rest));
    cut_to_pieces(fixture, dice, frame, first);
    cut_to_pieces(fixture, dice, rest, first + n_front);
}

static void cut_in_chains(Fixture *fixture)
{
    Dice dice = dice_new(3);
    uint64_t in_use_frames;

    for (int i = 0; i < 50; i++)
        cut_to_pieces(fixture, &dice, frame_copy(fixture->whole), 0);
    in_use_frames = frame_pool_in_use_frames(fixture->pool);
    g_assert_cmpuint(in_use_frames, ==, 1 + N_SEGMENTS);
    frame_free(fixture->whole);
}

static void test_chains_of_cuts(void)
{
    each_burst(cut_in_chains);
}

// The copy of the smaller part needs a small slot only, though it comes from a large one.
static void test_memory_is_given_back(void)
{
    Fixture fixture;
    Frame *rest = NULL;
    uint64_t before_bytes;

    open_burst(&fixture, &kinds[0], 10);
    before_bytes = frame_pool_in_use_bytes(fixture.pool);
    g_assert_true(super_frame_cut(&fixture.whole, 1, &rest));
    g_assert_cmpuint(frame_pool_in_use_bytes(fixture.pool), ==,
                     before_bytes + FRAME_SMALL_SLOT_BYTES);
    frame_free(fixture.whole);
    g_assert_cmpuint(frame_pool_in_use_bytes(fixture.pool), ==, before_bytes);
    frame_free(rest);
    g_assert_cmpuint(frame_pool_in_use_bytes(fixture.pool), ==,
                     before_bytes - FRAME_LARGE_SLOT_BYTES);
    close_burst(&fixture);
}

static void cut_without_memory(Fixture *fixture)
{
    GPtrArray *others = g_ptr_array_new();
    Frame *whole = fixture->whole, *rest = NULL, *copy = frame_copy(whole), *other;

    while ((other = frame_new(fixture->pool, 0)) != NULL)
        g_ptr_array_add(others, other);
    for (unsigned n_front = 1; n_front < N_SEGMENTS; n_front++) {
        g_assert_false(super_frame_cut(&whole, n_front, &rest));
        g_assert_true(whole == fixture->whole && rest == NULL);
        g_assert_cmpmem(frame_bytes(whole), whole->length_bytes, frame_bytes(copy),
                        copy->length_bytes);
        assert_part(fixture, whole, 0, N_SEGMENTS);
    }
    // These need none.
    super_frame_drop_front(whole, 2);
    super_frame_drop_back(whole, 1);
    assert_part(fixture, whole, 2, N_SEGMENTS - 3);
    for (guint i = 0; i < others->len; i++)
        frame_free(others->pdata[i]);
    g_ptr_array_unref(others);
    frame_free(copy);
    frame_free(whole);
}

static void test_cut_without_memory_changes_nothing(void)
{
    each_burst(cut_without_memory);
}

static void segments_into_small_room(Fixture *fixture)
{
    static const uint32_t rooms_bytes[] = {0, 1, 14, 33, 53, 54, 55, 66, 67, 68, 96, 200};

    for (unsigned i = 0; i < N_SEGMENTS * G_N_ELEMENTS(rooms_bytes); i++) {
        unsigned number = i % N_SEGMENTS;
        const Frame *segment = fixture->segment[number];
        uint32_t room_bytes = MIN(rooms_bytes[i / N_SEGMENTS], segment->length_bytes);
        g_autofree uint8_t *bytes = g_malloc(room_bytes + 1);

        bytes[0] = 0xee;
        g_assert_cmpuint(super_frame_segment(fixture->whole, number, bytes + 1, room_bytes), ==,
                         segment->length_bytes);
        g_assert_cmpmem(bytes + 1, room_bytes, frame_bytes_const(segment), room_bytes);
        g_assert_cmphex(bytes[0], ==, 0xee);
    }
    super_frame_drop_back(fixture->whole, N_SEGMENTS - 1);
    for (unsigned i = 0; i < G_N_ELEMENTS(rooms_bytes); i++) { // an ordinary, unfinished one
        uint32_t room_bytes = MIN(rooms_bytes[i], fixture->segment[0]->length_bytes);
        g_autofree uint8_t *bytes = g_malloc(room_bytes + 1);

        g_assert_cmpuint(super_frame_segment(fixture->whole, 0, bytes + 1, room_bytes), ==,
                         fixture->segment[0]->length_bytes);
        g_assert_cmpmem(bytes + 1, room_bytes, frame_bytes_const(fixture->segment[0]), room_bytes);
    }
    frame_free(fixture->whole);
}

static void test_segments_are_cut_to_the_room(void)
{
    each_burst(segments_into_small_room);
}

static void test_finished_frame_is_its_own_segment(void)
{
    Fixture fixture;

    open_burst(&fixture, &kinds[0], 10);
    for (unsigned i = 0; i < N_SEGMENTS; i++)
        assert_segment(fixture.segment[i], 0, fixture.segment[i]);
    frame_free(fixture.whole);
    close_burst(&fixture);
}

// Adds what the sum over a segment lacks to 0xffff to the first word of its payload, here where
// that lies at an even place: its checksum is then 0.
static void test_udp_checksum_of_zero_is_sent_as_ones(void)
{
    static const Stream stream = {.type = GSO_UDP, .has_ethernet = true, .size_bytes = 100};
    uint8_t segment[200];
    Fixture fixture;

    open_burst(&fixture, &stream, 100);
    for (unsigned i = 0; i < N_SEGMENTS; i++) {
        uint8_t *payload = frame_bytes(fixture.whole) + 42 + (size_t)i * 100;
        uint32_t word = packet_load16(payload) + packet_load16(fixture.segment[i]->buffer + 40);

        packet_store16(payload, (uint16_t)(word + (word >> 16)));
        super_frame_segment(fixture.whole, i, segment, sizeof segment);
        g_assert_cmphex(packet_load16(segment + 40), ==, 0xffff);
    }
    super_frame_drop_front(fixture.whole, N_SEGMENTS - 1);
    super_frame_segment(fixture.whole, 0, segment, sizeof segment);
    g_assert_cmphex(packet_load16(segment + 40), ==, 0xffff);
    frame_free(fixture.whole);
    close_burst(&fixture);
}

// A view is the segment once its checksum is completed, and leaves no trace.
static void view_every_segment(Fixture *fixture)
{
    Frame *copy = frame_copy(fixture->whole);

    for (unsigned i = 0; i < N_SEGMENTS; i++) {
        const Frame *segment = fixture->segment[i];
        Frame *viewed = frame_new(fixture->pool, segment->length_bytes);
        SegmentView view;

        segment_view_open(&view, fixture->whole, i);
        g_assert_cmpuint(view.length_bytes, ==, segment->length_bytes);
        memcpy(frame_bytes(viewed), view.bytes, view.length_bytes);
        segment_view_close(&view, fixture->whole);
        g_assert_cmpmem(frame_bytes(fixture->whole), copy->length_bytes, frame_bytes(copy),
                        copy->length_bytes);
        viewed->length_bytes = view.length_bytes;
        viewed->csum_start_bytes = fixture->whole->csum_start_bytes;
        viewed->csum_offset_bytes = fixture->whole->csum_offset_bytes;
        viewed->offload_flags = FRAME_CHECKSUM_PARTIAL;
        super_frame_finish(viewed);
        g_assert_cmpuint(viewed->offload_flags, ==, 0);
        g_assert_cmpmem(frame_bytes(viewed), viewed->length_bytes, frame_bytes_const(segment),
                        segment->length_bytes);
        super_frame_finish(viewed); // once more: nothing
        assert_segment(viewed, 0, segment);
        frame_free(viewed);
    }
    frame_free(copy);
    frame_free(fixture->whole);
}

static void test_views_leave_no_trace(void)
{
    each_burst(view_every_segment);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/core/super-frame/stands-for-what-would-have-been-sent",
                    test_stands_for_what_would_have_been_sent);
    g_test_add_func("/core/super-frame/cut-at-every-position", test_cut_at_every_position);
    g_test_add_func("/core/super-frame/drop-every-number-at-both-ends",
                    test_drop_every_number_at_both_ends);
    g_test_add_func("/core/super-frame/chains-of-cuts", test_chains_of_cuts);
    g_test_add_func("/core/super-frame/memory-is-given-back", test_memory_is_given_back);
    g_test_add_func("/core/super-frame/cut-without-memory-changes-nothing",
                    test_cut_without_memory_changes_nothing);
    g_test_add_func("/core/super-frame/segments-are-cut-to-the-room",
                    test_segments_are_cut_to_the_room);
    g_test_add_func("/core/super-frame/finished-frame-is-its-own-segment",
                    test_finished_frame_is_its_own_segment);
    g_test_add_func("/core/super-frame/udp-checksum-of-zero-is-sent-as-ones",
                    test_udp_checksum_of_zero_is_sent_as_ones);
    g_test_add_func("/core/super-frame/views-leave-no-trace", test_views_leave_no_trace);
    return g_test_run();
}
