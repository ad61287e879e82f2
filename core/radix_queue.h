// SPDX-License-Identifier: Apache-2.0
// RadixQueue: events that are not due soon, hardly sorted. The engine keeps what is due soon
// itself.
#pragma once

#include <glib.h>

#include "core/engine.h"

enum {
    RADIX_DIGIT_BITS = 6,
    RADIX_N_DIGITS = 1 << RADIX_DIGIT_BITS,
    RADIX_N_LEVELS = (63 + RADIX_DIGIT_BITS - 1) / RADIX_DIGIT_BITS,
};

// An armed event, with a copy of its due time beside it.
typedef struct {
    int64_t due_ns;
    Event *event;
} Appointment;

typedef struct RadixChunk RadixChunk;

typedef struct {
    RadixChunk *first; // none is empty
    RadixChunk *last;
    uint64_t n_appointments;
    int64_t first_due_ns; // of those in it
} RadixSlot;

typedef struct {
    uint64_t base_ns; // not after any event in it
    uint32_t levels;  // a bit for each level that has events
    uint64_t digits[RADIX_N_LEVELS];
    RadixSlot slots[RADIX_N_LEVELS][RADIX_N_DIGITS];
    RadixChunk *free_chunks;
    GPtrArray *blocks; // of chunks
} RadixQueue;

// `queue` is zeroed memory.
void radix_queue_init(RadixQueue *queue);
void radix_queue_clear(RadixQueue *queue);

static inline bool radix_queue_is_empty(const RadixQueue *queue)
{
    return queue->levels == 0;
}

// When what is next in it is due, ENGINE_NEVER_NS without any.
static inline int64_t radix_queue_next_due_ns(const RadixQueue *queue)
{
    int level, digit;

    if (queue->levels == 0)
        return ENGINE_NEVER_NS;
    level = __builtin_ctz(queue->levels);
    digit = __builtin_ctzll(queue->digits[level]);
    return queue->slots[level][digit].first_due_ns;
}

// Adds what is due at the base or later. It never allocates for fewer events than it has had.
void radix_queue_add(RadixQueue *queue, Appointment appointment);

// Searches the event's slot, which may hold many; `event`, which is in the queue, is not changed.
void radix_queue_remove(RadixQueue *queue, const Event *event);

// Sets the base, which may go back, as far as it is not after any event in the queue.
void radix_queue_rebase(RadixQueue *queue, int64_t base_ns);

// For a queue that is not empty: makes its first slot so short that it holds no more than
// `n_wanted` events, or only such as are due together, and tells how many that are.
uint64_t radix_queue_refine(RadixQueue *queue, uint64_t n_wanted);

// Takes all events of the first slot out, in the order in which they were armed where they are due
// together, else in any. Returns an instant after them that no event still in the queue is before.
uint64_t radix_queue_take(RadixQueue *queue, Appointment *into);

// The earliest due_ns + slack_ns of its events and of `wake_ns`, looking at no more than `n_visits`
// of them; where that is not enough, the earliest due_ns of those not looked at.
int64_t radix_queue_wake_ns(const RadixQueue *queue, int64_t wake_ns, uint64_t n_visits);

static inline int64_t appointment_wake_ns(Appointment appointment)
{
    int64_t slack_ns = appointment.event->slack_ns;

    return slack_ns < ENGINE_NEVER_NS - appointment.due_ns ? appointment.due_ns + slack_ns
                                                           : ENGINE_NEVER_NS;
}

// For tests: whether each event is where it belongs, and none due before `from_ns`.
bool radix_queue_is_consistent(const RadixQueue *queue, uint64_t from_ns);
