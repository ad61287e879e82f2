// SPDX-License-Identifier: Apache-2.0
// The event heap: a binary heap of (due, sequence, event). Keys lie in the array itself, so sifting
// reads no event but those it moves. The sequence number, given at arming, breaks ties: events of
// one instant fire in the order in which they were armed, on every machine.
#include "core/engine.h"

#include <glib.h>

typedef struct {
    int64_t due_ns;
    uint64_t seq;
    Event *event;
} HeapSlot;

struct Engine {
    int64_t now_ns;
    uint64_t next_seq;
    HeapSlot *heap;
    uint32_t n_armed;
    uint32_t n_slots;
};

Engine *engine_new(void)
{
    Engine *engine = g_new0(Engine, 1);

    engine->n_slots = 64;
    engine->heap = g_new(HeapSlot, engine->n_slots);
    return engine;
}

void engine_free(Engine *engine)
{
    g_free(engine->heap);
    g_free(engine);
}

int64_t engine_now(const Engine *engine)
{
    return engine->now_ns;
}

static inline bool slot_is_before(const HeapSlot *a, const HeapSlot *b)
{
    return a->due_ns < b->due_ns || (a->due_ns == b->due_ns && a->seq < b->seq);
}

static inline void heap_place(Engine *engine, uint32_t at, HeapSlot slot)
{
    engine->heap[at] = slot;
    slot.event->heap_index = at;
}

static void heap_sift_up(Engine *engine, uint32_t at, HeapSlot slot)
{
    while (at > 0) {
        uint32_t parent = (at - 1) / 2;

        if (!slot_is_before(&slot, &engine->heap[parent]))
            break;
        heap_place(engine, at, engine->heap[parent]);
        at = parent;
    }
    heap_place(engine, at, slot);
}

static void heap_sift_down(Engine *engine, uint32_t at, HeapSlot slot)
{
    for (;;) {
        uint32_t child = 2 * at + 1;

        if (child >= engine->n_armed)
            break;
        if (child + 1 < engine->n_armed &&
            slot_is_before(&engine->heap[child + 1], &engine->heap[child]))
            child++;
        if (!slot_is_before(&engine->heap[child], &slot))
            break;
        heap_place(engine, at, engine->heap[child]);
        at = child;
    }
    heap_place(engine, at, slot);
}

// Puts `slot` where the one at `at` was, whichever way it has to go from there.
static void heap_replace(Engine *engine, uint32_t at, HeapSlot slot)
{
    if (at > 0 && slot_is_before(&slot, &engine->heap[(at - 1) / 2]))
        heap_sift_up(engine, at, slot);
    else
        heap_sift_down(engine, at, slot);
}

void engine_arm(Engine *engine, Event *event, int64_t due_ns)
{
    HeapSlot slot = {.due_ns = due_ns, .seq = engine->next_seq++, .event = event};

    g_assert(due_ns >= engine->now_ns);
    if (event_is_armed(event)) {
        heap_replace(engine, event->heap_index, slot);
        return;
    }
    if (engine->n_armed == engine->n_slots) {
        engine->n_slots *= 2;
        engine->heap = g_renew(HeapSlot, engine->heap, engine->n_slots);
    }
    heap_sift_up(engine, engine->n_armed++, slot);
}

void engine_disarm(Engine *engine, Event *event)
{
    uint32_t at = event->heap_index;

    if (!event_is_armed(event))
        return;
    event->heap_index = EVENT_DISARMED;
    engine->n_armed--;
    if (at != engine->n_armed)
        heap_replace(engine, at, engine->heap[engine->n_armed]);
}

int64_t engine_next_due_ns(const Engine *engine)
{
    return engine->n_armed > 0 ? engine->heap[0].due_ns : ENGINE_NEVER_NS;
}

void engine_run_until(Engine *engine, int64_t until_ns)
{
    g_assert(until_ns >= engine->now_ns);
    while (engine->n_armed > 0 && engine->heap[0].due_ns <= until_ns) {
        Event *event = engine->heap[0].event;

        engine->now_ns = engine->heap[0].due_ns;
        engine_disarm(engine, event);
        event->fire(event);
    }
    engine->now_ns = until_ns;
}

bool engine_is_consistent(const Engine *engine)
{
    for (uint32_t at = 0; at < engine->n_armed; at++) {
        if (engine->heap[at].event->heap_index != at)
            return false;
        if (at > 0 && slot_is_before(&engine->heap[at], &engine->heap[(at - 1) / 2]))
            return false;
    }
    return true;
}
