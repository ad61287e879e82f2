// SPDX-License-Identifier: Apache-2.0
// What is due next lies in a short sorted array, `near`; everything due at `limit_ns` or later
// waits in a radix queue, `far`. An event that is armed goes to one of them; when `near` runs short
// it takes the first slot of `far`, and when it gets long its later half goes back. So an event
// moves a few times however many others there are, where in a heap it would pass half of the
// levels of all of them, each in another line of memory.
//
// Events of one instant are always together, and whatever moves them keeps their order: they fire
// in the order of arming, on every machine.
//
// With thousands of links no cache holds what their events touch. So `near` is kept a few events
// long, and each event's memory is asked for while others fire.
#include "core/engine.h"

#include <glib.h>
#include <string.h>

#include "core/radix_queue.h"

enum {
    NEAR_FILL = 32,       // so many events, or less, are taken from `far` at once
    NEAR_MAX = 64,        // of more, half go back
    NEAR_LEAST = 12,      // with fewer, what is due soon is taken in advance
    NEAR_AHEAD_NS = 8192, // and so soon is soon
    FETCH_FROM = 1000,    // with fewer events armed, all they touch is in some cache
    FETCH_EVENT = 8,      // so many events ahead, an event's own memory is asked for
    FETCH_TOUCHED = 4,    // and so many ahead, what it will touch
};

struct Engine {
    int64_t now_ns;
    Appointment *near; // from near_start up to near_end, by due_ns
    uint32_t near_start;
    uint32_t near_end;
    uint32_t near_room;
    uint32_t n_armed;
    uint64_t limit_ns; // UINT64_MAX while `far` is empty
    RadixQueue far;
};

Engine *engine_new(void)
{
    Engine *engine = g_new0(Engine, 1);

    engine->near_room = 2 * NEAR_MAX;
    engine->near = g_new(Appointment, engine->near_room);
    engine->limit_ns = UINT64_MAX;
    radix_queue_init(&engine->far);
    return engine;
}

void engine_free(Engine *engine)
{
    radix_queue_clear(&engine->far);
    g_free(engine->near);
    g_free(engine);
}

int64_t engine_now(const Engine *engine)
{
    return engine->now_ns;
}

// Makes room for as many more at the end.
static void near_make_room(Engine *engine, uint64_t n_more)
{
    uint32_t n_near = engine->near_end - engine->near_start;

    if (engine->near_end + n_more <= engine->near_room)
        return;
    memmove(engine->near, engine->near + engine->near_start, n_near * sizeof *engine->near);
    engine->near_start = 0;
    engine->near_end = n_near;
    if (n_near + n_more > engine->near_room / 2) {
        engine->near_room = 2 * (uint32_t)(n_near + n_more);
        engine->near = g_renew(Appointment, engine->near, engine->near_room);
    }
}

// Puts what stands behind the end in its place, behind all that are due up to then.
static inline void near_insert(Engine *engine, Appointment appointment)
{
    uint32_t at = engine->near_end++;

    for (; at > engine->near_start && engine->near[at - 1].due_ns > appointment.due_ns; at--)
        engine->near[at] = engine->near[at - 1];
    engine->near[at] = appointment;
}

// Takes the first slot of `far`, which is not empty, to the end of `near`.
static void near_fill(Engine *engine)
{
    uint64_t n_more = radix_queue_refine(&engine->far, NEAR_FILL);
    uint64_t end_ns;

    near_make_room(engine, n_more);
    end_ns = radix_queue_take(&engine->far, engine->near + engine->near_end);
    engine->limit_ns = radix_queue_is_empty(&engine->far) ? UINT64_MAX : end_ns;
    while (n_more-- > 0)
        near_insert(engine, engine->near[engine->near_end]);
}

// Gives the later half back, or what of it is not due together with the first of all.
static void near_shorten(Engine *engine)
{
    const Appointment *near = engine->near;
    uint32_t from = engine->near_start + (engine->near_end - engine->near_start) / 2;
    int64_t first_due_ns = near[engine->near_start].due_ns;

    if (near[engine->near_end - 1].due_ns == first_due_ns)
        return;
    while (near[from].due_ns == first_due_ns)
        from++;
    while (near[from - 1].due_ns == near[from].due_ns)
        from--;
    if (radix_queue_is_empty(&engine->far) || (uint64_t)near[from].due_ns < engine->far.base_ns)
        radix_queue_rebase(&engine->far, engine->now_ns);
    for (uint32_t at = from; at < engine->near_end; at++)
        radix_queue_add(&engine->far, near[at]);
    engine->limit_ns = (uint64_t)near[from].due_ns;
    engine->near_end = from;
}

static void near_remove(Engine *engine, const Event *event)
{
    uint32_t at = engine->near_start;
    uint32_t n_before = engine->near_end - at; // that may be due before it

    while (n_before > 0) {
        uint32_t half = n_before / 2;

        if (engine->near[at + half].due_ns < event->due_ns) {
            at += half + 1;
            n_before -= half + 1;
        } else {
            n_before = half;
        }
    }
    while (engine->near[at].event != event)
        at++;
    engine->near_end--;
    memmove(engine->near + at, engine->near + at + 1,
            (engine->near_end - at) * sizeof *engine->near);
}

void engine_arm(Engine *engine, Event *event, int64_t due_ns)
{
    Appointment appointment = {due_ns, event};

    g_assert(due_ns >= engine->now_ns);
    engine_disarm(engine, event);
    event->due_ns = due_ns;
    engine->n_armed++;
    if ((uint64_t)due_ns >= engine->limit_ns) {
        radix_queue_add(&engine->far, appointment);
        return;
    }
    near_make_room(engine, 1);
    near_insert(engine, appointment);
    if (engine->near_end - engine->near_start > NEAR_MAX)
        near_shorten(engine);
}

void engine_disarm(Engine *engine, Event *event)
{
    if (!event_is_armed(event))
        return;
    if ((uint64_t)event->due_ns < engine->limit_ns) {
        near_remove(engine, event);
    } else {
        radix_queue_remove(&engine->far, event);
        if (radix_queue_is_empty(&engine->far))
            engine->limit_ns = UINT64_MAX;
    }
    event->due_ns = EVENT_DISARMED;
    engine->n_armed--;
}

int64_t engine_next_due_ns(const Engine *engine)
{
    if (engine->near_start < engine->near_end)
        return engine->near[engine->near_start].due_ns;
    return radix_queue_next_due_ns(&engine->far);
}

// In the order in which things are due, until what comes is due no sooner than the best so far.
int64_t engine_next_wake_ns(const Engine *engine)
{
    int64_t wake_ns = ENGINE_NEVER_NS;
    uint64_t n_visits = ENGINE_WAKE_VISITS;

    for (uint32_t at = engine->near_start; at < engine->near_end; at++) {
        if (engine->near[at].due_ns >= wake_ns)
            return wake_ns;
        if (n_visits-- == 0)
            return engine->near[at].due_ns;
        wake_ns = MIN(wake_ns, appointment_wake_ns(engine->near[at]));
    }
    return radix_queue_wake_ns(&engine->far, wake_ns, n_visits);
}

// Asks for the memory of what is to be fired soon, and keeps `near` long enough for that.
static inline void near_fetch(Engine *engine)
{
    const Appointment *next;

    if (engine->near_end - engine->near_start < NEAR_LEAST && !radix_queue_is_empty(&engine->far) &&
        radix_queue_next_due_ns(&engine->far) - engine->now_ns < NEAR_AHEAD_NS)
        near_fill(engine);
    next = engine->near + engine->near_start;
    if (engine->near_end - engine->near_start > FETCH_EVENT)
        __builtin_prefetch(next[FETCH_EVENT].event, 1);
    if (engine->near_end - engine->near_start > FETCH_TOUCHED &&
        next[FETCH_TOUCHED].event->fetch != NULL)
        next[FETCH_TOUCHED].event->fetch(next[FETCH_TOUCHED].event);
}

void engine_run_until(Engine *engine, int64_t until_ns)
{
    g_assert(until_ns >= engine->now_ns);
    for (;;) {
        Appointment next;

        if (engine->near_start == engine->near_end) {
            engine->near_start = engine->near_end = 0;
            if (radix_queue_is_empty(&engine->far) ||
                radix_queue_next_due_ns(&engine->far) > until_ns)
                break;
            near_fill(engine);
        }
        next = engine->near[engine->near_start];
        if (next.due_ns > until_ns)
            break;
        if (engine->n_armed >= FETCH_FROM)
            near_fetch(engine);
        engine->near_start++;
        engine->n_armed--;
        engine->now_ns = next.due_ns;
        next.event->due_ns = EVENT_DISARMED;
        next.event->fire(next.event);
    }
    engine->now_ns = until_ns;
}

bool engine_is_consistent(const Engine *engine)
{
    for (uint32_t at = engine->near_start; at < engine->near_end; at++) {
        const Appointment *appointment = &engine->near[at];

        if (appointment->due_ns != appointment->event->due_ns ||
            (uint64_t)appointment->due_ns >= engine->limit_ns ||
            (at > engine->near_start && appointment->due_ns < appointment[-1].due_ns))
            return false;
    }
    return radix_queue_is_empty(&engine->far) == (engine->limit_ns == UINT64_MAX) &&
           radix_queue_is_consistent(&engine->far, engine->limit_ns);
}
