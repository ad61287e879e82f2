// SPDX-License-Identifier: Apache-2.0
// How it works: a radix heap (Ahuja, Mehlhorn, Orlin, Tarjan: "Faster algorithms for the shortest
// path problem", J. ACM 37, 1990). Nothing is ever due before what was taken last, `base`. A frame
// lies on the level of the highest digit in which its due time differs from that, in the bucket of
// this digit: of all frames, those of the lowest level and its lowest digit are first. When that
// bucket is due its first time becomes the base and its frames move down, each at most once for
// every digit. A bucket is a list in the order of arrival, moved in that order: ties stay right.
//
// As long as there are few frames they stand in order in a ring instead: most of those that come
// are among the last that are due, so finding their place takes a few steps. When the ring is full
// they all go to the levels, and frames go to the ring again once these are empty.
#include "core/frame_heap.h"

void frame_heap_init(FrameHeap *heap)
{
    heap->base_ns = 0;
    heap->first_few = heap->end_few = 0;
    heap->levels = 0;
    for (unsigned level = 0; level < FRAME_HEAP_N_LEVELS; level++)
        heap->digits[level] = 0;
}

static FrameHeapEntry *frame_heap_few(FrameHeap *heap, uint32_t at)
{
    return &heap->few[at % FRAME_HEAP_FEW];
}

static void frame_heap_add_level(FrameHeap *heap, Frame *frame)
{
    uint64_t difference = (uint64_t)frame->due_ns ^ (uint64_t)heap->base_ns;
    unsigned level = (63 - (unsigned)__builtin_clzll(difference | 1)) / FRAME_HEAP_DIGIT_BITS;
    unsigned digit =
        (unsigned)(frame->due_ns >> level * FRAME_HEAP_DIGIT_BITS) % FRAME_HEAP_N_DIGITS;
    FrameHeapBucket *bucket = &heap->buckets[level][digit];

    if ((heap->digits[level] >> digit & 1) == 0) {
        heap->levels |= 1U << level;
        heap->digits[level] |= (uint16_t)(1U << digit);
        bucket->tail = &bucket->head;
        bucket->first_due_ns = frame->due_ns;
    }
    if (frame->due_ns < bucket->first_due_ns)
        bucket->first_due_ns = frame->due_ns;
    frame->next = NULL;
    *bucket->tail = frame;
    bucket->tail = &frame->next;
}

void frame_heap_add(FrameHeap *heap, Frame *frame)
{
    const int64_t due_ns = frame->due_ns;
    uint32_t at = heap->end_few;

    if (heap->levels == 0 && heap->end_few - heap->first_few == FRAME_HEAP_FEW)
        while (heap->first_few != heap->end_few)
            frame_heap_add_level(heap, frame_heap_few(heap, heap->first_few++)->frame);
    if (heap->levels != 0) {
        frame_heap_add_level(heap, frame);
        return;
    }
    for (; at != heap->first_few && frame_heap_few(heap, at - 1)->due_ns > due_ns; at--)
        *frame_heap_few(heap, at) = *frame_heap_few(heap, at - 1);
    *frame_heap_few(heap, at) = (FrameHeapEntry){due_ns, frame};
    heap->end_few++;
}

// The bucket of the first frame on the levels; there is one.
static FrameHeapBucket *frame_heap_first(const FrameHeap *heap)
{
    int level = __builtin_ctz(heap->levels);

    return (FrameHeapBucket *)&heap->buckets[level][__builtin_ctz(heap->digits[level])];
}

int64_t frame_heap_first_due_ns(const FrameHeap *heap)
{
    if (heap->levels != 0)
        return frame_heap_first(heap)->first_due_ns;
    return heap->first_few != heap->end_few ? heap->few[heap->first_few % FRAME_HEAP_FEW].due_ns
                                            : INT64_MAX;
}

static void frame_heap_mark_empty(FrameHeap *heap, const FrameHeapBucket *bucket)
{
    size_t number = (size_t)(bucket - heap->buckets[0]);
    unsigned level = (unsigned)(number / FRAME_HEAP_N_DIGITS);

    heap->digits[level] &= (uint16_t) ~(1U << number % FRAME_HEAP_N_DIGITS);
    if (heap->digits[level] == 0)
        heap->levels &= ~(1U << level);
}

// Empties the bucket, which is not on the lowest level, and returns its first frame; with the due
// time of that as the base all others come to lie on lower levels.
static Frame *frame_heap_spread(FrameHeap *heap, const FrameHeapBucket *bucket)
{
    Frame *frame = bucket->head, *first = NULL, *next;

    heap->base_ns = bucket->first_due_ns;
    frame_heap_mark_empty(heap, bucket);
    for (; frame != NULL; frame = next) {
        next = frame->next;
        if (first == NULL && frame->due_ns == heap->base_ns)
            first = frame;
        else
            frame_heap_add_level(heap, frame);
    }
    return first;
}

static Frame *frame_heap_take_few(FrameHeap *heap, int64_t now_ns)
{
    const FrameHeapEntry *first = frame_heap_few(heap, heap->first_few);

    if (heap->first_few == heap->end_few || first->due_ns > now_ns)
        return NULL;
    heap->base_ns = first->due_ns;
    heap->first_few++;
    first->frame->next = NULL;
    return first->frame;
}

Frame *frame_heap_take(FrameHeap *heap, int64_t now_ns)
{
    FrameHeapBucket *bucket;
    Frame *frame;

    if (heap->levels == 0)
        return frame_heap_take_few(heap, now_ns);
    bucket = frame_heap_first(heap);
    if (bucket->first_due_ns > now_ns)
        return NULL;
    if ((heap->levels & 1) == 0) {
        frame = frame_heap_spread(heap, bucket);
    } else { // all of it are due at one instant
        frame = bucket->head;
        bucket->head = frame->next;
        if (bucket->head == NULL)
            frame_heap_mark_empty(heap, bucket);
    }
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

    for (uint32_t at = heap->first_few; at != heap->end_few; at++)
        n_frames += heap->few[at % FRAME_HEAP_FEW].frame->n_segments;
    for (unsigned level = 0; level < FRAME_HEAP_N_LEVELS; level++)
        for (unsigned digit = 0; digit < FRAME_HEAP_N_DIGITS; digit++)
            if ((heap->digits[level] >> digit & 1) != 0)
                for (const Frame *frame = heap->buckets[level][digit].head; frame != NULL;
                     frame = frame->next)
                    n_frames += frame->n_segments;
    return n_frames;
}
