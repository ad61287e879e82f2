// SPDX-License-Identifier: Apache-2.0
// How it works: for each of the two slot classes one stretch of address space as large as the whole
// limit is reserved, and slots are taken from its start; freed ones go onto a stack, so the slot
// used next is the one most likely still in the cache. Memory is touched only as far as it has ever
// been needed at once, and both classes share one limit. Of huge pages one look-up of an address
// serves a thousand frames, where many are under way.
#include "core/frame.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <sys/mman.h>

typedef struct {
    uint8_t *start;
    uint64_t n_taken; // slots ever taken from the stretch
    uint32_t slot_bytes;
    Frame *free_frames; // stack
} Slab;

struct FramePool {
    uint64_t limit_bytes;
    uint64_t in_use_bytes; // slots of both classes
    uint64_t in_use_frames;
    Slab small;
    Slab large;
};

static bool slab_init(Slab *slab, uint64_t limit_bytes, uint32_t slot_bytes)
{
    void *start = mmap(NULL, limit_bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (start == MAP_FAILED)
        return false;
    madvise(start, limit_bytes, MADV_HUGEPAGE); // refused by a kernel without them: no matter
    *slab = (Slab){.start = start, .slot_bytes = slot_bytes};
    return true;
}

FramePool *frame_pool_new(uint64_t limit_bytes)
{
    FramePool *pool = g_new0(FramePool, 1);

    // Rounded to whole large slots, and so to whole pages.
    pool->limit_bytes = MAX(limit_bytes / FRAME_LARGE_SLOT_BYTES, 1) * FRAME_LARGE_SLOT_BYTES;
    if (!slab_init(&pool->small, pool->limit_bytes, FRAME_SMALL_SLOT_BYTES)) {
        g_free(pool);
        return NULL;
    }
    if (!slab_init(&pool->large, pool->limit_bytes, FRAME_LARGE_SLOT_BYTES)) {
        int saved_errno = errno;

        munmap(pool->small.start, pool->limit_bytes);
        g_free(pool);
        errno = saved_errno;
        return NULL;
    }
    return pool;
}

void frame_pool_free(FramePool *pool)
{
    g_assert(pool->in_use_frames == 0);
    munmap(pool->large.start, pool->limit_bytes);
    munmap(pool->small.start, pool->limit_bytes);
    g_free(pool);
}

uint64_t frame_pool_in_use_frames(const FramePool *pool)
{
    return pool->in_use_frames;
}

uint64_t frame_pool_in_use_bytes(const FramePool *pool)
{
    return pool->in_use_bytes;
}

static Frame *slab_take(FramePool *pool, Slab *slab)
{
    Frame *frame = slab->free_frames;

    if (slab->slot_bytes > pool->limit_bytes - pool->in_use_bytes)
        return NULL;
    pool->in_use_bytes += slab->slot_bytes;
    if (frame != NULL) {
        slab->free_frames = frame->next;
        return frame;
    }
    return (Frame *)(void *)(slab->start + slab->n_taken++ * slab->slot_bytes);
}

Frame *frame_new(FramePool *pool, uint32_t room_bytes)
{
    Slab *slab = room_bytes <= FRAME_SMALL_BYTES ? &pool->small : &pool->large;
    Frame *frame;

    g_assert(room_bytes <= FRAME_MAX_BYTES);
    frame = slab_take(pool, slab);
    if (frame == NULL)
        return NULL;
    frame->pool = pool;
    frame->room_bytes = slab->slot_bytes - (uint32_t)sizeof(Frame);
    frame_reset(frame);
    pool->in_use_frames++;
    return frame;
}

void frame_reset(Frame *frame)
{
    FramePool *pool = frame->pool;
    uint32_t room_bytes = frame->room_bytes;

    memset(frame, 0, offsetof(Frame, headroom));
    frame->pool = pool;
    frame->room_bytes = room_bytes;
    frame->n_segments = 1;
}

void frame_copy_state(Frame *copy, const Frame *frame)
{
    uint32_t room_bytes = copy->room_bytes;

    memcpy(copy, frame, offsetof(Frame, headroom));
    copy->room_bytes = room_bytes;
    copy->start_bytes = 0;
    copy->next = NULL;
}

Frame *frame_copy(const Frame *frame)
{
    Frame *copy = frame_new(frame->pool, frame->length_bytes);

    if (copy == NULL)
        return NULL;
    frame_copy_state(copy, frame);
    memcpy(copy->buffer, frame_bytes_const(frame), frame->length_bytes);
    return copy;
}

void frame_free(Frame *frame)
{
    FramePool *pool = frame->pool;
    Slab *slab =
        frame->room_bytes + sizeof(Frame) == FRAME_SMALL_SLOT_BYTES ? &pool->small : &pool->large;

    frame->next = slab->free_frames;
    slab->free_frames = frame;
    pool->in_use_bytes -= slab->slot_bytes;
    pool->in_use_frames--;
}
