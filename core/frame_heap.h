// SPDX-License-Identifier: Apache-2.0
// FrameHeap: frames by the time at which they are due; those due together in the order in which
// they came. It owns what it holds, and takes no memory of its own.
#pragma once

#include "core/frame.h"

enum {
    FRAME_HEAP_DIGIT_BITS = 4,
    FRAME_HEAP_N_DIGITS = 1 << FRAME_HEAP_DIGIT_BITS,
    FRAME_HEAP_N_LEVELS = 64 / FRAME_HEAP_DIGIT_BITS,
    FRAME_HEAP_FEW = 64, // a power of two
};

typedef struct {
    Frame *head;
    Frame **tail;
    int64_t first_due_ns; // of those in it
} FrameHeapBucket;

typedef struct {
    int64_t due_ns;
    Frame *frame;
} FrameHeapEntry;

typedef struct {
    int64_t base_ns;                      // not after any frame in it, nor any to come
    uint32_t first_few, end_few;          // of `few`, round and round
    uint32_t levels;                      // a bit for each level that has frames
    uint16_t digits[FRAME_HEAP_N_LEVELS]; // and for each bucket of a level
    FrameHeapEntry few[FRAME_HEAP_FEW];   // all frames, in order, unless any level has some
    FrameHeapBucket buckets[FRAME_HEAP_N_LEVELS][FRAME_HEAP_N_DIGITS];
} FrameHeap;

void frame_heap_init(FrameHeap *heap);

// Takes `frame`, whose due_ns is not before the `now_ns` of any frame_heap_take() so far.
void frame_heap_add(FrameHeap *heap, Frame *frame);

// When its first frame is due, INT64_MAX without one.
int64_t frame_heap_first_due_ns(const FrameHeap *heap);

// The first frame, when that is due at `now_ns`; else NULL.
Frame *frame_heap_take(FrameHeap *heap, int64_t now_ns);

// Frees every frame in it.
void frame_heap_clear(FrameHeap *heap);

// The frames in it, segments counted, one by one: for checks.
uint64_t frame_heap_count(const FrameHeap *heap);
