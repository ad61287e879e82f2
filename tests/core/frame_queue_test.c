// SPDX-License-Identifier: Apache-2.0
// FrameQueue: order, its two sums, and what it owns.
#include "core/frame_queue.h"

#include <glib.h>

typedef struct {
    FramePool *pool;
    FrameQueue queue;
} Fixture;

static void fixture_open(Fixture *fixture, gconstpointer data)
{
    (void)data;
    fixture->pool = frame_pool_new(FRAME_LARGE_SLOT_BYTES);
    frame_queue_init(&fixture->queue);
}

static void fixture_close(Fixture *fixture, gconstpointer data)
{
    (void)data;
    frame_queue_clear(&fixture->queue);
    frame_pool_free(fixture->pool); // asserts that no frame is out
}

static Frame *fixture_append(Fixture *fixture, uint32_t length_bytes)
{
    Frame *frame = frame_new(fixture->pool, length_bytes);

    frame->length_bytes = length_bytes;
    frame_queue_append(&fixture->queue, frame);
    return frame;
}

static void queue_assert_sums(const FrameQueue *queue, uint64_t n_frames, uint64_t n_bytes)
{
    g_assert_cmpuint(queue->n_frames, ==, n_frames);
    g_assert_cmpuint(frame_queue_count(queue), ==, n_frames);
    g_assert_cmpuint(queue->n_bytes, ==, n_bytes);
}

static void test_empty(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_assert_null(frame_queue_peek(&fixture->queue));
    g_assert_null(frame_queue_take(&fixture->queue));
    queue_assert_sums(&fixture->queue, 0, 0);
}

static void test_first_in_first_out(Fixture *fixture, gconstpointer data)
{
    Frame *frames[3];

    (void)data;
    for (uint32_t n = 0; n < 3; n++) {
        frames[n] = fixture_append(fixture, 100 + n);
        g_assert_true(frame_queue_peek(&fixture->queue) == frames[0]);
    }
    queue_assert_sums(&fixture->queue, 3, 303);
    for (uint32_t n = 0; n < 3; n++) {
        g_assert_true(frame_queue_peek(&fixture->queue) == frames[n]);
        g_assert_true(frame_queue_take(&fixture->queue) == frames[n]);
        g_assert_null(frames[n]->next);
        frame_free(frames[n]);
    }
    queue_assert_sums(&fixture->queue, 0, 0);
}

static void test_works_again_after_it_was_empty(Fixture *fixture, gconstpointer data)
{
    (void)data;
    for (int round = 0; round < 3; round++) {
        Frame *first = fixture_append(fixture, 60);
        Frame *second = fixture_append(fixture, 1514);

        g_assert_true(frame_queue_take(&fixture->queue) == first);
        queue_assert_sums(&fixture->queue, 1, 1514);
        g_assert_true(frame_queue_take(&fixture->queue) == second);
        g_assert_null(frame_queue_take(&fixture->queue));
        queue_assert_sums(&fixture->queue, 0, 0);
        frame_free(first);
        frame_free(second);
    }
}

static void test_forgets_where_a_frame_was_queued_before(Fixture *fixture, gconstpointer data)
{
    Frame *frame = frame_new(fixture->pool, 60);

    (void)data;
    frame->next = frame; // left over from elsewhere
    frame_queue_append(&fixture->queue, frame);
    g_assert_cmpuint(frame_queue_count(&fixture->queue), ==, 1);
}

static void test_clear_frees_all(Fixture *fixture, gconstpointer data)
{
    (void)data;
    for (int n = 0; n < 5; n++)
        fixture_append(fixture, 60);
    g_assert_cmpuint(frame_pool_in_use_frames(fixture->pool), ==, 5);
    frame_queue_clear(&fixture->queue);
    g_assert_cmpuint(frame_pool_in_use_frames(fixture->pool), ==, 0);
    queue_assert_sums(&fixture->queue, 0, 0);
    fixture_append(fixture, 60); // and it can be used on
    queue_assert_sums(&fixture->queue, 1, 60);
}

static void add(const char *path, void (*test)(Fixture *, gconstpointer))
{
    g_test_add(path, Fixture, NULL, fixture_open, test, fixture_close);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    add("/core/frame_queue/empty", test_empty);
    add("/core/frame_queue/first-in-first-out", test_first_in_first_out);
    add("/core/frame_queue/works-again-after-it-was-empty", test_works_again_after_it_was_empty);
    add("/core/frame_queue/forgets-where-a-frame-was-queued-before",
        test_forgets_where_a_frame_was_queued_before);
    add("/core/frame_queue/clear-frees-all", test_clear_frees_all);
    return g_test_run();
}
