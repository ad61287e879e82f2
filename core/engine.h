// SPDX-License-Identifier: Apache-2.0
// Engine: virtual time and the queue of events. Passive: a driver says up to when to run, and
// nothing here knows whether that driver follows a clock or jumps from event to event.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Engine Engine;
typedef struct Event Event;

#define ENGINE_NEVER_NS INT64_MAX

// Embedded in whatever waits. The queue holds copies of the due times, so that it is kept in order
// without touching the events.
struct Event {
    void (*fire)(Event *event); // called disarmed; may arm again
    int64_t due_ns;             // of the engine; EVENT_DISARMED while it waits for nothing

    // How long after it was due firing it still makes nothing late, at least 0: what else happens
    // because of it is due no sooner than that. The owner may set it after event_init(), at any
    // time. It moves engine_next_wake_ns() and nothing else.
    int64_t slack_ns;

    // Asks the processor for the memory that firing it will touch, with engine_fetch(); NULL for
    // none. The owner may set it likewise. Called, while it is armed and others fire, where so many
    // events are armed that it pays.
    void (*fetch)(const Event *event);
};

// Asks for a stretch of memory to be written to soon; any address will do, also NULL.
static inline void engine_fetch(const void *start, size_t n_bytes)
{
    for (size_t at = 0; at < n_bytes; at += 64)
        __builtin_prefetch((const void *)((uintptr_t)start + at), 1);
}

#define EVENT_DISARMED INT64_C(-1)

static inline void event_init(Event *event, void (*fire)(Event *event))
{
    *event = (Event){.fire = fire, .due_ns = EVENT_DISARMED};
}

static inline bool event_is_armed(const Event *event)
{
    return event->due_ns != EVENT_DISARMED;
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

// When the engine must run at the latest for nothing to become late: the earliest due_ns + slack_ns
// of all events, ENGINE_NEVER_NS without one. Where finding it would mean looking at more than
// ENGINE_WAKE_VISITS events it may be earlier than that, though never before engine_next_due_ns().
int64_t engine_next_wake_ns(const Engine *engine);

enum { ENGINE_WAKE_VISITS = 256 };

// Fires all that is due up to and including `until_ns`, which must not be in the engine's past;
// then it is `until_ns`.
void engine_run_until(Engine *engine, int64_t until_ns);

// For tests: whether the queue is in order and every event in it knows that it is armed.
bool engine_is_consistent(const Engine *engine);
