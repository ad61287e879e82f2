// SPDX-License-Identifier: Apache-2.0
// How it works: a radix heap (Ahuja, Mehlhorn, Orlin, Tarjan: "Faster algorithms for the shortest
// path problem", J. ACM 37, 1990). Nothing is ever due before what was taken last, `base`, and a
// frame lies in the bucket of the highest bit in which its due time differs from that. When the
// lowest bucket is due its first time becomes the base and its frames move down, each at most once
// for every bit. A bucket is a list in the order of arrival, moved in that order: ties stay right.
#include "core/frame_heap.h"

static unsigned frame_heap_bucket_of(const FrameHeap *heap, int64_t due_ns)
{
    uint64_t difference = (uint64_t)due_ns ^ (uint64_t)heap->base_ns;

    return difference == 0 ? 0 : 64 - (unsigned)__builtin_clzll(difference);
}

void frame_heap_init(FrameHeap *heap)
{
    heap->base_ns = 0;
    heap->occupied = 0;
}

void frame_heap_add(FrameHeap *heap, Frame *frame)
{
    unsigned number = frame_heap_bucket_of(heap, frame->due_ns);
    FrameHeapBucket *bucket = &heap->buckets[number];

    if ((heap->occupied >> number & 1) == 0) {
        heap->occupied |= UINT64_C(1) << number;
        bucket->tail = &bucket->head;
        bucket->first_due_ns = frame->due_ns;
    }
    if (frame->due_ns < bucket->first_due_ns)
        bucket->first_due_ns = frame->due_ns;
    frame->next = NULL;
    *bucket->tail = frame;
    bucket->tail = &frame->next;
}

int64_t frame_heap_first_due_ns(const FrameHeap *heap)
{
    return heap->occupied != 0 ? heap->buckets[__builtin_ctzll(heap->occupied)].first_due_ns
                               : INT64_MAX;
}

Frame *frame_heap_take(FrameHeap *heap, int64_t now_ns)
{
    FrameHeapBucket *bucket = &heap->buckets[0];
    Frame *frame;

    if (frame_heap_first_due_ns(heap) > now_ns || heap->occupied == 0)
        return NULL;
    if ((heap->occupied & 1) == 0) {
        FrameHeapBucket *lowest = &heap->buckets[__builtin_ctzll(heap->occupied)];
        Frame *next;

        heap->base_ns = lowest->first_due_ns;
        heap->occupied &= heap->occupied - 1;
        for (frame = lowest->head; frame != NULL; frame = next) {
            next = frame->next;
            frame_heap_add(heap, frame);
        }
    }
    frame = bucket->head;
    bucket->head = frame->next;
    if (bucket->head == NULL)
        heap->occupied &= ~UINT64_C(1);
    frame->next = NULL;
    return frame;
}

void frame_heap_clear(FrameHeap *heap)
{
    for (Frame *frame; (frame = frame_heap_take(heap, INT64_MAX)) != NULL;)
        frame_free(frame);
}

uint64_t frame_heap_count(const FrameHeap *heap)
{
    uint64_t n_frames = 0;

    for (unsigned number = 0; number < FRAME_HEAP_N_BUCKETS; number++)
        if ((heap->occupied >> number & 1) != 0)
            for (const Frame *frame = heap->buckets[number].head; frame != NULL;
                 frame = frame->next)
                n_frames += frame->n_segments;
    return n_frames;
}
