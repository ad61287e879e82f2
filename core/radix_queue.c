// SPDX-License-Identifier: Apache-2.0
// How it works: an event stands on the level of the highest base-64 digit in which its due time
// differs from the base, in the slot of that digit. Any event of a lower level is due before any of
// a higher one, and within a level the slots stand in order. So the first slot of the lowest level
// that has any is next. One of many events is spread over the levels below, with the slot's start
// as the new base (R. Ahuja et al.: "Faster algorithms for the shortest path problem", J. ACM 37,
// 1990). An event moves a few times, from array to array, however many others there are.
//
// Ties need no sequence number: events of one instant are always in the same slot, and whatever
// moves them keeps their order.
#include "core/radix_queue.h"

#include <assert.h>
#include <string.h>

enum { CHUNK_APPOINTMENTS = 15, CHUNKS_PER_BLOCK = 64 };

struct RadixChunk {
    RadixChunk *next;
    uint64_t n_appointments;
    Appointment appointments[CHUNK_APPOINTMENTS];
};

static_assert(sizeof(RadixChunk) == 256, "a chunk is four lines of memory");

void radix_queue_init(RadixQueue *queue)
{
    queue->blocks = g_ptr_array_new_with_free_func(g_free);
}

void radix_queue_clear(RadixQueue *queue)
{
    g_ptr_array_unref(queue->blocks);
}

static void radix_queue_add_block(RadixQueue *queue)
{
    RadixChunk *block = g_new(RadixChunk, CHUNKS_PER_BLOCK);

    g_ptr_array_add(queue->blocks, block);
    for (int n = 0; n < CHUNKS_PER_BLOCK; n++) {
        block[n].next = queue->free_chunks;
        queue->free_chunks = &block[n];
    }
}

static inline RadixChunk *chunk_take(RadixQueue *queue)
{
    RadixChunk *chunk;

    if (queue->free_chunks == NULL)
        radix_queue_add_block(queue);
    chunk = queue->free_chunks;
    queue->free_chunks = chunk->next;
    chunk->next = NULL;
    chunk->n_appointments = 0;
    return chunk;
}

static inline void chunk_give(RadixQueue *queue, RadixChunk *chunk)
{
    chunk->next = queue->free_chunks;
    queue->free_chunks = chunk;
}

static inline unsigned radix_level(const RadixQueue *queue, int64_t due_ns)
{
    uint64_t difference = (uint64_t)due_ns ^ queue->base_ns;

    return (unsigned)(63 - __builtin_clzll(difference | 1)) / RADIX_DIGIT_BITS;
}

static inline unsigned radix_digit(int64_t due_ns, unsigned level)
{
    return (unsigned)(due_ns >> (level * RADIX_DIGIT_BITS)) % RADIX_N_DIGITS;
}

static inline unsigned radix_first_level(const RadixQueue *queue)
{
    return (unsigned)__builtin_ctz(queue->levels);
}

static inline unsigned radix_first_digit(const RadixQueue *queue, unsigned level)
{
    return (unsigned)__builtin_ctzll(queue->digits[level]);
}

void radix_queue_add(RadixQueue *queue, Appointment appointment)
{
    unsigned level = radix_level(queue, appointment.due_ns);
    unsigned digit = radix_digit(appointment.due_ns, level);
    RadixSlot *slot = &queue->slots[level][digit];

    if (slot->n_appointments == 0) {
        slot->first = slot->last = chunk_take(queue);
        slot->first_due_ns = appointment.due_ns;
        queue->levels |= 1u << level;
        queue->digits[level] |= UINT64_C(1) << digit;
    } else if (slot->last->n_appointments == CHUNK_APPOINTMENTS) {
        slot->last->next = chunk_take(queue);
        slot->last = slot->last->next;
    }
    slot->first_due_ns = MIN(slot->first_due_ns, appointment.due_ns);
    slot->last->appointments[slot->last->n_appointments++] = appointment;
    slot->n_appointments++;
}

static inline void radix_mark_empty(RadixQueue *queue, unsigned level, unsigned digit)
{
    queue->digits[level] &= ~(UINT64_C(1) << digit);
    if (queue->digits[level] == 0)
        queue->levels &= ~(1u << level);
}

static void slot_find_first_due(RadixSlot *slot)
{
    slot->first_due_ns = ENGINE_NEVER_NS;
    for (const RadixChunk *chunk = slot->first; chunk != NULL; chunk = chunk->next)
        for (uint64_t n = 0; n < chunk->n_appointments; n++)
            slot->first_due_ns = MIN(slot->first_due_ns, chunk->appointments[n].due_ns);
}

void radix_queue_remove(RadixQueue *queue, const Event *event)
{
    unsigned level = radix_level(queue, event->due_ns);
    unsigned digit = radix_digit(event->due_ns, level);
    RadixSlot *slot = &queue->slots[level][digit];
    RadixChunk *before = NULL, *chunk = slot->first;
    uint64_t at = 0;

    while (chunk->appointments[at].event != event) {
        if (++at == chunk->n_appointments) {
            before = chunk;
            chunk = chunk->next;
            at = 0;
        }
    }
    chunk->n_appointments--;
    memmove(chunk->appointments + at, chunk->appointments + at + 1,
            (chunk->n_appointments - at) * sizeof *chunk->appointments);
    if (chunk->n_appointments == 0) {
        *(before != NULL ? &before->next : &slot->first) = chunk->next;
        if (slot->last == chunk)
            slot->last = before;
        chunk_give(queue, chunk);
    }
    if (--slot->n_appointments == 0)
        radix_mark_empty(queue, level, digit);
    else if (event->due_ns == slot->first_due_ns)
        slot_find_first_due(slot);
}

static inline uint64_t radix_start_ns(const RadixSlot *slot, unsigned level)
{
    unsigned n_bits = level * RADIX_DIGIT_BITS;

    return (uint64_t)slot->first_due_ns >> n_bits << n_bits;
}

// Empties a slot, adding its events anew.
static void radix_spread(RadixQueue *queue, unsigned level, unsigned digit)
{
    RadixSlot *slot = &queue->slots[level][digit];

    slot->n_appointments = 0;
    radix_mark_empty(queue, level, digit);
    for (RadixChunk *chunk = slot->first, *next; chunk != NULL; chunk = next) {
        for (uint64_t n = 0; n < chunk->n_appointments; n++)
            radix_queue_add(queue, chunk->appointments[n]);
        next = chunk->next;
        chunk_give(queue, chunk);
    }
}

// Events below the highest digit in which the two bases differ go to the slot of the old base on
// that digit's level; all others stand right as they are.
void radix_queue_rebase(RadixQueue *queue, int64_t base_ns)
{
    unsigned level = radix_level(queue, base_ns);

    queue->base_ns = (uint64_t)base_ns;
    for (unsigned below = 0; below < level; below++)
        while (queue->digits[below] != 0)
            radix_spread(queue, below, radix_first_digit(queue, below));
}

uint64_t radix_queue_refine(RadixQueue *queue, uint64_t n_wanted)
{
    for (;;) {
        unsigned level = radix_first_level(queue);
        unsigned digit = radix_first_digit(queue, level);
        RadixSlot *slot = &queue->slots[level][digit];

        if (level == 0 || slot->n_appointments <= n_wanted)
            return slot->n_appointments;
        queue->base_ns = radix_start_ns(slot, level);
        radix_spread(queue, level, digit);
    }
}

uint64_t radix_queue_take(RadixQueue *queue, Appointment *into)
{
    unsigned level = radix_first_level(queue);
    unsigned digit = radix_first_digit(queue, level);
    RadixSlot *slot = &queue->slots[level][digit];

    queue->base_ns = radix_start_ns(slot, level);
    slot->n_appointments = 0;
    radix_mark_empty(queue, level, digit);
    for (RadixChunk *chunk = slot->first, *next; chunk != NULL; chunk = next) {
        memcpy(into, chunk->appointments, chunk->n_appointments * sizeof *into);
        into += chunk->n_appointments;
        next = chunk->next;
        chunk_give(queue, chunk);
    }
    return queue->base_ns + (UINT64_C(1) << (level * RADIX_DIGIT_BITS));
}

static int64_t slot_wake_ns(const RadixSlot *slot, int64_t wake_ns)
{
    for (const RadixChunk *chunk = slot->first; chunk != NULL; chunk = chunk->next)
        for (uint64_t n = 0; n < chunk->n_appointments; n++)
            wake_ns = MIN(wake_ns, appointment_wake_ns(chunk->appointments[n]));
    return wake_ns;
}

// Slot by slot, until one comes in which nothing is due before the best so far.
int64_t radix_queue_wake_ns(const RadixQueue *queue, int64_t wake_ns, uint64_t n_visits)
{
    for (uint32_t levels = queue->levels; levels != 0; levels &= levels - 1) {
        int level = __builtin_ctz(levels);

        for (uint64_t digits = queue->digits[level]; digits != 0; digits &= digits - 1) {
            const RadixSlot *slot = &queue->slots[level][__builtin_ctzll(digits)];

            if (slot->first_due_ns >= wake_ns)
                return wake_ns;
            if (slot->n_appointments > n_visits)
                return slot->first_due_ns;
            n_visits -= slot->n_appointments;
            wake_ns = slot_wake_ns(slot, wake_ns);
        }
    }
    return wake_ns;
}

static bool slot_is_consistent(const RadixQueue *queue, unsigned level, unsigned digit,
                               uint64_t from_ns)
{
    const RadixSlot *slot = &queue->slots[level][digit];
    bool is_marked = queue->digits[level] >> digit & 1;
    uint64_t n_appointments = 0;
    int64_t first_due_ns = ENGINE_NEVER_NS;

    if (!is_marked)
        return slot->n_appointments == 0;
    for (const RadixChunk *chunk = slot->first; chunk != NULL; chunk = chunk->next) {
        if (chunk->n_appointments == 0 || (chunk->next == NULL && chunk != slot->last))
            return false;
        n_appointments += chunk->n_appointments;
        for (uint64_t n = 0; n < chunk->n_appointments; n++) {
            int64_t due_ns = chunk->appointments[n].due_ns;

            if (due_ns != chunk->appointments[n].event->due_ns || (uint64_t)due_ns < from_ns ||
                radix_level(queue, due_ns) != level || radix_digit(due_ns, level) != digit)
                return false;
            first_due_ns = MIN(first_due_ns, due_ns);
        }
    }
    return n_appointments > 0 && n_appointments == slot->n_appointments &&
           first_due_ns == slot->first_due_ns;
}

bool radix_queue_is_consistent(const RadixQueue *queue, uint64_t from_ns)
{
    for (unsigned level = 0; level < RADIX_N_LEVELS; level++) {
        if ((queue->levels >> level & 1) != (queue->digits[level] != 0))
            return false;
        for (unsigned digit = 0; digit < RADIX_N_DIGITS; digit++)
            if (!slot_is_consistent(queue, level, digit, from_ns))
                return false;
    }
    return radix_queue_is_empty(queue) || queue->base_ns <= from_ns;
}
