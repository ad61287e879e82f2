// SPDX-License-Identifier: Apache-2.0
// FrameHeap: beside a plain search for the first, with times of every size, equal ones too.
#include "core/frame_heap.h"

#include <glib.h>

#include "tests/support/dice.h"

enum { N_STEPS = 20000 };

// What is in the heap, in the order in which it came; the model.
typedef struct {
    int64_t due_ns;
    uint64_t index;
} Entry;

static guint first_of(const GArray *model)
{
    guint first = 0;

    for (guint i = 1; i < model->len; i++)
        if (g_array_index(model, Entry, i).due_ns < g_array_index(model, Entry, first).due_ns)
            first = i;
    return first;
}

static void assert_takes_in_order(uint32_t range, uint32_t n_wanted)
{
    FramePool *pool = frame_pool_new(1 << 27);
    GArray *model = g_array_new(FALSE, FALSE, sizeof(Entry));
    Dice dice = dice_new(range);
    int64_t now_ns = 0;
    FrameHeap heap;

    frame_heap_init(&heap);
    g_assert_cmpint(frame_heap_first_due_ns(&heap), ==, INT64_MAX);
    g_assert_null(frame_heap_take(&heap, INT64_MAX - 1));
    for (uint64_t i = 0; i < N_STEPS; i++) {
        Frame *frame;

        if (dice_throw(&dice, 2 * n_wanted) >= model->len) {
            Entry entry = {now_ns + (int64_t)dice_throw(&dice, range), i};

            frame = frame_new(pool, 60);
            frame->due_ns = entry.due_ns;
            frame->index = i;
            frame_heap_add(&heap, frame);
            g_array_append_val(model, entry);
        }
        now_ns += dice_throw(&dice, range / n_wanted + 1);
        while ((frame = frame_heap_take(&heap, now_ns)) != NULL) {
            guint first = first_of(model);

            g_assert_cmpint(frame->due_ns, <=, now_ns);
            g_assert_cmpuint(frame->index, ==, g_array_index(model, Entry, first).index);
            g_array_remove_index(model, first);
            frame_free(frame);
        }
        g_assert_cmpint(frame_heap_first_due_ns(&heap), ==,
                        model->len > 0 ? g_array_index(model, Entry, first_of(model)).due_ns
                                       : INT64_MAX);
        g_assert_cmpuint(frame_heap_count(&heap), ==, model->len);
    }
    g_assert_cmpuint(model->len, >=, range > 1);
    frame_heap_clear(&heap);
    g_assert_cmpuint(frame_heap_count(&heap), ==, 0);
    g_array_unref(model);
    frame_pool_free(pool); // asserts that none is out
}

static void test_takes_in_order(void)
{
    assert_takes_in_order(1, 10); // all due at once
    assert_takes_in_order(5, 10); // many ties
    assert_takes_in_order(1000, 100);
    assert_takes_in_order(UINT32_MAX, 50);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/core/frame_heap/takes-in-order", test_takes_in_order);
    return g_test_run();
}
