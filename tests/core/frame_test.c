// SPDX-License-Identifier: Apache-2.0
// Frames and their pool: room, alignment, both slot classes, the limit, copies.
#include "core/frame.h"

#include <glib.h>
#include <string.h>

enum { CACHE_LINE_BYTES = 64, POOL_BYTES = 4 * FRAME_LARGE_SLOT_BYTES };

// Writes all the room a frame says it has; overlapping slots show as a wrong byte later.
static void frame_fill(Frame *frame, uint8_t value)
{
    frame->length_bytes = frame->room_bytes;
    memset(frame->headroom, value, FRAME_HEADROOM_BYTES);
    memset(frame_bytes(frame), value, frame->room_bytes);
}

static void frame_assert_filled(const Frame *frame, uint8_t value)
{
    g_assert_cmpuint(frame->length_bytes, ==, frame->room_bytes);
    for (int n = 0; n < FRAME_HEADROOM_BYTES; n++)
        g_assert_cmpuint(frame->headroom[n], ==, value);
    for (uint32_t n = 0; n < frame->length_bytes; n++)
        g_assert_cmpuint(frame_bytes_const(frame)[n], ==, value);
}

static void test_new_frame_is_blank(void)
{
    FramePool *pool = frame_pool_new(POOL_BYTES);
    Frame *frame = frame_new(pool, 100);

    // A used slot is to come back as blank as a fresh one.
    memset(&frame->index, 0xff, offsetof(Frame, room_bytes) - offsetof(Frame, index));
    frame->gso_size_bytes = frame->gso_header_bytes = 9;
    frame->csum_start_bytes = frame->csum_offset_bytes = 9;
    frame->gso_type = frame->offload_flags = 9;
    frame->n_segments = 9;
    frame_free(frame);
    g_assert_true(frame_new(pool, 100) == frame);

    g_assert_null(frame->next);
    g_assert_true(frame->pool == pool);
    g_assert_cmpuint(frame->index, ==, 0);
    g_assert_cmpint(frame->entered_ns, ==, 0);
    g_assert_cmpint(frame->wired_ns, ==, 0);
    g_assert_cmpint(frame->due_ns, ==, 0);
    g_assert_cmpuint(frame->length_bytes, ==, 0);
    g_assert_cmpuint(frame->room_bytes, >=, 100);
    g_assert_cmpuint(frame->gso_size_bytes, ==, 0);
    g_assert_cmpuint(frame->gso_header_bytes, ==, 0);
    g_assert_cmpuint(frame->csum_start_bytes, ==, 0);
    g_assert_cmpuint(frame->csum_offset_bytes, ==, 0);
    g_assert_cmpuint(frame->gso_type, ==, 0);
    g_assert_cmpuint(frame->offload_flags, ==, 0);
    g_assert_cmpuint(frame->n_segments, ==, 1);
    frame_free(frame);
    frame_pool_free(pool);
}

static void test_has_the_room_asked_for(void)
{
    static const uint32_t rooms_bytes[] = {
        0, 1, 60, 1514, FRAME_SMALL_BYTES, FRAME_SMALL_BYTES + 1, 9216 + 14, FRAME_MAX_BYTES};
    FramePool *pool = frame_pool_new(16 * FRAME_LARGE_SLOT_BYTES);

    for (unsigned n = 0; n < G_N_ELEMENTS(rooms_bytes); n++) {
        Frame *frame = frame_new(pool, rooms_bytes[n]);

        g_assert_nonnull(frame);
        g_assert_cmpuint(frame->room_bytes, >=, rooms_bytes[n]);
        frame_free(frame);
    }
    frame_pool_free(pool);
}

static void test_ordinary_frames_take_small_slots(void)
{
    FramePool *pool = frame_pool_new(POOL_BYTES);
    Frame *small, *large;

    g_assert_cmpuint(frame_pool_in_use_bytes(pool), ==, 0);
    g_assert_cmpuint(FRAME_SMALL_BYTES, >=, 1518);
    small = frame_new(pool, FRAME_SMALL_BYTES);
    g_assert_cmpuint(frame_pool_in_use_bytes(pool), ==, FRAME_SMALL_SLOT_BYTES);
    large = frame_new(pool, FRAME_SMALL_BYTES + 1);
    g_assert_cmpuint(frame_pool_in_use_bytes(pool), ==,
                     FRAME_SMALL_SLOT_BYTES + FRAME_LARGE_SLOT_BYTES);
    g_assert_cmpuint(frame_pool_in_use_frames(pool), ==, 2);
    frame_free(small);
    frame_free(large);
    g_assert_cmpuint(frame_pool_in_use_frames(pool), ==, 0);
    frame_pool_free(pool);
}

static void test_frames_start_on_cache_lines(void)
{
    FramePool *pool = frame_pool_new(POOL_BYTES);
    Frame *frames[6];

    for (unsigned n = 0; n < G_N_ELEMENTS(frames); n++) {
        frames[n] = frame_new(pool, n % 3 == 0 ? FRAME_MAX_BYTES : 64);
        g_assert_cmpuint((uintptr_t)frames[n] % CACHE_LINE_BYTES, ==, 0);
    }
    for (unsigned n = 0; n < G_N_ELEMENTS(frames); n++)
        frame_free(frames[n]);
    frame_pool_free(pool);
}

static void test_slots_do_not_overlap(void)
{
    FramePool *pool = frame_pool_new(POOL_BYTES);
    Frame *frames[24];

    for (unsigned n = 0; n < G_N_ELEMENTS(frames); n++) {
        frames[n] = frame_new(pool, n % 8 == 0 ? FRAME_MAX_BYTES : 64);
        g_assert_nonnull(frames[n]);
        frame_fill(frames[n], (uint8_t)(n + 1));
    }
    for (unsigned n = 0; n < G_N_ELEMENTS(frames); n++)
        frame_assert_filled(frames[n], (uint8_t)(n + 1));
    for (unsigned n = 0; n < G_N_ELEMENTS(frames); n++)
        frame_free(frames[n]);
    frame_pool_free(pool);
}

// Takes frames until there are none, frees them all, and returns how many there were.
static uint64_t pool_exhaust(FramePool *pool, uint32_t room_bytes)
{
    g_autoptr(GPtrArray) frames = g_ptr_array_new();
    Frame *frame;

    while ((frame = frame_new(pool, room_bytes)) != NULL)
        g_ptr_array_add(frames, frame);
    g_assert_cmpuint(frame_pool_in_use_frames(pool), ==, frames->len);
    frame_free(g_ptr_array_steal_index(frames, 0)); // one back is one more to be had
    g_ptr_array_add(frames, frame_new(pool, room_bytes));
    g_assert_nonnull(g_ptr_array_index(frames, frames->len - 1));
    g_assert_null(frame_new(pool, room_bytes));
    for (guint n = 0; n < frames->len; n++)
        frame_free(g_ptr_array_index(frames, n));
    return frames->len;
}

static void test_limit_gives_null_and_recovers(void)
{
    FramePool *pool = frame_pool_new(POOL_BYTES);

    // What one class has given back, the other may take.
    for (int round = 0; round < 2; round++) {
        g_assert_cmpuint(pool_exhaust(pool, 64), ==, POOL_BYTES / FRAME_SMALL_SLOT_BYTES);
        g_assert_cmpuint(frame_pool_in_use_bytes(pool), ==, 0);
        g_assert_cmpuint(pool_exhaust(pool, FRAME_MAX_BYTES), ==,
                         POOL_BYTES / FRAME_LARGE_SLOT_BYTES);
        g_assert_cmpuint(frame_pool_in_use_frames(pool), ==, 0);
    }
    frame_pool_free(pool);
}

static void test_slots_are_used_again(void)
{
    FramePool *pool = frame_pool_new(POOL_BYTES);
    g_autoptr(GHashTable) slots = g_hash_table_new(NULL, NULL);

    for (int n = 0; n < 1000; n++) {
        Frame *first = frame_new(pool, 64);
        Frame *second = frame_new(pool, 1514);

        g_hash_table_add(slots, first);
        g_hash_table_add(slots, second);
        frame_free(first);
        frame_free(second);
    }
    g_assert_cmpuint(g_hash_table_size(slots), ==, 2);
    frame_pool_free(pool);
}

static void test_copy_is_equal_and_apart(void)
{
    static const uint32_t lengths_bytes[] = {0, 60, 1514, FRAME_SMALL_BYTES, FRAME_MAX_BYTES};

    for (unsigned n = 0; n < G_N_ELEMENTS(lengths_bytes); n++) {
        FramePool *pool = frame_pool_new(POOL_BYTES);
        Frame *frame = frame_new(pool, lengths_bytes[n]);
        Frame *copy;

        frame->length_bytes = lengths_bytes[n];
        memset(frame_bytes(frame), 0xa5, lengths_bytes[n]);
        frame->gso_size_bytes = 1448;
        frame->gso_header_bytes = 66;
        frame->csum_start_bytes = 34;
        frame->csum_offset_bytes = 16;
        frame->gso_type = 1;
        frame->offload_flags = 1;
        frame->n_segments = 3;
        frame->next = frame; // a copy is in no queue

        copy = frame_copy(frame);
        g_assert_true(copy != frame);
        g_assert_null(copy->next);
        g_assert_cmpmem(frame_bytes(copy), copy->length_bytes, frame_bytes(frame),
                        frame->length_bytes);
        g_assert_cmpmem(
            &copy->gso_size_bytes, offsetof(Frame, headroom) - offsetof(Frame, gso_size_bytes),
            &frame->gso_size_bytes, offsetof(Frame, headroom) - offsetof(Frame, gso_size_bytes));
        g_assert_cmpuint(frame_pool_in_use_frames(pool), ==, 2);

        memset(frame_bytes(copy), 0x5a, copy->length_bytes);
        for (uint32_t i = 0; i < lengths_bytes[n]; i++)
            g_assert_cmpuint(frame_bytes(frame)[i], ==, 0xa5);
        frame_free(copy);
        frame_free(frame);
        g_assert_cmpuint(frame_pool_in_use_frames(pool), ==, 0);
        frame_pool_free(pool);
    }
}

static void test_short_copy_of_a_long_slot_goes_back_where_it_came_from(void)
{
    FramePool *pool = frame_pool_new(POOL_BYTES);
    Frame *frame = frame_new(pool, FRAME_MAX_BYTES);
    Frame *copy;

    frame->length_bytes = 60;
    memset(frame_bytes(frame), 1, 60);
    copy = frame_copy(frame);
    g_assert_cmpuint(copy->room_bytes, ==, FRAME_SMALL_BYTES);
    frame_free(copy);
    frame_free(frame);
    g_assert_true(frame_new(pool, 60) == copy);
    g_assert_true(frame_new(pool, FRAME_MAX_BYTES) == frame);
    frame_free(copy);
    frame_free(frame);
    frame_pool_free(pool);
}

static void test_copy_beyond_the_limit_is_null(void)
{
    FramePool *pool = frame_pool_new(FRAME_LARGE_SLOT_BYTES);
    Frame *frame = frame_new(pool, FRAME_MAX_BYTES);

    frame->length_bytes = 60;
    memset(frame_bytes(frame), 1, 60);
    g_assert_null(frame_copy(frame));
    g_assert_cmpuint(frame_pool_in_use_frames(pool), ==, 1);
    frame_free(frame);
    frame_pool_free(pool);
}

static void test_freeing_a_pool_with_a_frame_out_aborts(void)
{
    if (g_test_subprocess()) {
        FramePool *pool = frame_pool_new(POOL_BYTES);

        g_assert_nonnull(frame_new(pool, 60));
        frame_pool_free(pool);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*in_use_frames == 0*");
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/core/frame/new-frame-is-blank", test_new_frame_is_blank);
    g_test_add_func("/core/frame/has-the-room-asked-for", test_has_the_room_asked_for);
    g_test_add_func("/core/frame/ordinary-frames-take-small-slots",
                    test_ordinary_frames_take_small_slots);
    g_test_add_func("/core/frame/frames-start-on-cache-lines", test_frames_start_on_cache_lines);
    g_test_add_func("/core/frame/slots-do-not-overlap", test_slots_do_not_overlap);
    g_test_add_func("/core/frame/limit-gives-null-and-recovers",
                    test_limit_gives_null_and_recovers);
    g_test_add_func("/core/frame/slots-are-used-again", test_slots_are_used_again);
    g_test_add_func("/core/frame/copy-is-equal-and-apart", test_copy_is_equal_and_apart);
    g_test_add_func("/core/frame/short-copy-of-a-long-slot-goes-back-where-it-came-from",
                    test_short_copy_of_a_long_slot_goes_back_where_it_came_from);
    g_test_add_func("/core/frame/copy-beyond-the-limit-is-null",
                    test_copy_beyond_the_limit_is_null);
    g_test_add_func("/core/frame/freeing-a-pool-with-a-frame-out-aborts",
                    test_freeing_a_pool_with_a_frame_out_aborts);
    return g_test_run();
}
