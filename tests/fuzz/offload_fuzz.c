// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as frames read from a device with IFF_VNET_HDR, each on a line of
// hexadecimal: struct virtio_net_hdr, then the frame. What is refused stays as it was; what is
// taken has the same segments however it is cut, and when it was written in trains and read again.
#include <glib.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/frame_queue.h"
#include "core/super_frame.h"
#include "sim/devices/train.h"
#include "sim/devices/vnet_header.h"
#include "tests/fuzz/target.h"

enum {
    POOL_BYTES = 1 << 26,
    TAKES_ALL = 1 << GSO_NONE | 1 << GSO_TCP4 | 1 << GSO_TCP6 | 1 << GSO_UDP,
    MAX_FRAMES = 100,
    MAX_CUTS = 20,
};

// Any byte is a digit, so that a changed one seldom makes the rest meaningless.
static uint8_t digit(uint8_t byte)
{
    int value = g_ascii_xdigit_value((char)byte);

    return value >= 0 ? (uint8_t)value : byte & 0xf;
}

// The line at `*bytes` as a frame, or NULL when it is shorter than its header; `*bytes` moves on.
static Frame *next_frame(FramePool *pool, const uint8_t **bytes, const uint8_t *end)
{
    const uint8_t *line = *bytes, *newline = memchr(line, '\n', (size_t)(end - line));
    size_t n_bytes = (size_t)((newline != NULL ? newline : end) - line) / 2;
    Frame *frame;

    *bytes = newline != NULL ? newline + 1 : end;
    if (n_bytes <= VNET_HEADER_BYTES || n_bytes > VNET_HEADER_BYTES + FRAME_MAX_BYTES)
        return NULL;
    frame = frame_new(pool, FRAME_MAX_BYTES);
    frame->length_bytes = (uint32_t)n_bytes - VNET_HEADER_BYTES;
    for (size_t i = 0; i < n_bytes; i++)
        vnet_header_of(frame)[i] = (uint8_t)(digit(line[2 * i]) << 4 | digit(line[2 * i + 1]));
    return frame;
}

static void add_segments(GPtrArray *segments, const Frame *frame)
{
    for (unsigned i = 0; i < frame->n_segments; i++) {
        uint8_t none;
        uint32_t length_bytes = super_frame_segment(frame, i, &none, 0);
        g_autofree uint8_t *bytes = g_malloc(length_bytes); // a sanitizer sees writes beyond it

        g_assert_cmpuint(length_bytes, <=, frame_segment_bytes(frame));
        g_assert_cmpuint(super_frame_segment(frame, i, bytes, length_bytes), ==, length_bytes);
        g_ptr_array_add(segments, g_bytes_new_take(g_steal_pointer(&bytes), length_bytes));
    }
}

static void assert_same_segments(const GPtrArray *a, const GPtrArray *b)
{
    g_assert_cmpuint(a->len, ==, b->len);
    for (guint i = 0; i < a->len; i++)
        g_assert_true(g_bytes_equal(a->pdata[i], b->pdata[i]));
}

static GPtrArray *segments_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
}

static void check_cuts(const Frame *frame)
{
    g_autoptr(GPtrArray) whole = segments_new();
    unsigned step = frame->n_segments / MAX_CUTS + 1U;

    add_segments(whole, frame);
    for (unsigned n_front = 1; n_front < frame->n_segments; n_front += step) {
        g_autoptr(GPtrArray) parts = segments_new();
        Frame *front = frame_copy(frame), *rest = NULL;

        g_assert_true(super_frame_cut(&front, n_front, &rest));
        add_segments(parts, front);
        add_segments(parts, rest);
        assert_same_segments(whole, parts);
        frame_free(front);
        frame_free(rest);
    }
}

static void check_taken(const Frame *frame)
{
    uint64_t wire_bytes = frame->length_bytes;

    g_assert_cmpuint(frame->n_segments, >=, 1);
    if (frame->n_segments > 1) {
        g_assert_cmpuint(frame->offload_flags & FRAME_CHECKSUM_PARTIAL, !=, 0);
        wire_bytes = (uint64_t)frame_segment_bytes(frame) * (frame->n_segments - 1U) +
                     frame_last_segment_bytes(frame);
        g_assert_cmpuint(frame_last_segment_bytes(frame), >, frame->gso_header_bytes);
    }
    g_assert_cmpuint(frame_wire_bytes(frame), ==, wire_bytes);
    check_cuts(frame);
}

static void check_refused(const Frame *frame)
{
    g_assert_cmpuint(frame->n_segments, ==, 1);
    g_assert_cmpuint(frame->offload_flags, ==, 0);
    g_assert_cmpuint(frame->gso_type, ==, GSO_NONE);
}

// What a kernel reads of a train.
static Frame *train_read(Train *train, FramePool *pool, bool has_ethernet)
{
    Frame *frame = frame_new(pool, FRAME_MAX_BYTES);
    uint8_t *at = vnet_header_of(frame);

    train_finish(train);
    for (unsigned i = 0; i < 1 + train->n_frames; i++) {
        g_assert_cmpuint((size_t)(at - frame_bytes(frame)) + train->parts[i].iov_len, <=,
                         FRAME_MAX_BYTES);
        memcpy(at, train->parts[i].iov_base, train->parts[i].iov_len);
        at += train->parts[i].iov_len;
    }
    frame->length_bytes = (uint32_t)(at - frame_bytes(frame));
    g_assert_true(vnet_header_take(frame, has_ethernet));
    return frame;
}

static void take_trains(FrameQueue *queue, GPtrArray *segments, FramePool *pool, bool has_ethernet)
{
    g_autofree Train *train = g_new(Train, 1);

    while (frame_queue_peek(queue) != NULL) {
        train_couple(train, queue, TAKES_ALL, has_ethernet);
        if (train->n_frames == 1) {
            add_segments(segments, train->frames[0]);
        } else {
            Frame *whole = train_read(train, pool, has_ethernet);

            add_segments(segments, whole);
            frame_free(whole);
        }
        for (unsigned i = 0; i < train->n_frames; i++)
            frame_free(train->frames[i]);
    }
}

static void check_frames(const uint8_t *bytes, size_t n_bytes, bool has_ethernet)
{
    g_autoptr(GPtrArray) before = segments_new(), after = segments_new();
    FramePool *pool = frame_pool_new(POOL_BYTES);
    const uint8_t *at = bytes, *end = bytes + n_bytes;
    FrameQueue queue;

    frame_queue_init(&queue);
    for (int i = 0; i < MAX_FRAMES && at < end; i++) {
        Frame *frame = next_frame(pool, &at, end);

        if (frame == NULL)
            continue;
        if (!vnet_header_take(frame, has_ethernet)) {
            check_refused(frame);
            frame_free(frame);
            continue;
        }
        check_taken(frame);
        add_segments(before, frame);
        frame_queue_append(&queue, frame);
    }
    take_trains(&queue, after, pool, has_ethernet);
    assert_same_segments(before, after);
    frame_pool_free(pool); // asserts that no frame is out
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    if (n_bytes == 0)
        return 0;
    check_frames(bytes, n_bytes, true);
    check_frames(bytes, n_bytes, false);
    return 0;
}
