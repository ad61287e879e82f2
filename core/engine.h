// SPDX-License-Identifier: Apache-2.0
// Engine: virtual time and the heap of events. Passive: a driver says up to when to run, and
// nothing here knows whether that driver follows a clock or jumps from event to event.
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct Engine Engine;
typedef struct Event Event;

#define ENGINE_NEVER_NS INT64_MAX

// Embedded in whatever waits. The heap holds copies of the keys, so that sifting touches one array.
struct Event {
    void (*fire)(Event *event); // called disarmed; may arm again
    uint32_t heap_index;        // EVENT_DISARMED while it waits for nothing
};

#define EVENT_DISARMED UINT32_MAX

static inline void event_init(Event *event, void (*fire)(Event *event))
{
    *event = (Event){.fire = fire, .heap_index = EVENT_DISARMED};
}

static inline bool event_is_armed(const Event *event)
{
    return event->heap_index != EVENT_DISARMED;
}

// Time starts at 0.
Engine *engine_new(void);

// Armed events are forgotten; their owners may be freed before or after.
void engine_free(Engine *engine);

// Nanoseconds since the engine's start. While an event fires: that event's due time, however late
// the driver is.
int64_t engine_now(const Engine *engine);

// Fires `event` at `due_ns`, not earlier than now; an armed event is moved. Events due at the same
// instant fire in the order in which they were armed.
void engine_arm(Engine *engine, Event *event, int64_t due_ns);

// Does nothing to an event that is not armed.
void engine_disarm(Engine *engine, Event *event);

// When the next event is due, ENGINE_NEVER_NS without one.
int64_t engine_next_due_ns(const Engine *engine);

// Fires all that is due up to and including `until_ns`, which must not be in the engine's past;
// then it is `until_ns`.
void engine_run_until(Engine *engine, int64_t until_ns);

// For tests: whether the heap is ordered and every armed event knows its place.
bool engine_is_consistent(const Engine *engine);
