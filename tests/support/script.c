// SPDX-License-Identifier: Apache-2.0
// One event, armed for the next line: a script of any length is one entry of the heap.
#include "tests/support/script.h"

#include <string.h>

typedef struct {
    int64_t at_ns;
    uint32_t length_bytes;
} ScriptLine;

static void script_arm(Script *script)
{
    if (script->next < script->lines->len)
        engine_arm(script->engine, &script->event,
                   g_array_index(script->lines, ScriptLine, script->next).at_ns);
}

static void script_fire(Event *event)
{
    Script *script = (Script *)event; // the event is its first member
    ScriptLine line = g_array_index(script->lines, ScriptLine, script->next);
    uint32_t serial = script->next++;
    Frame *frame = frame_new(script->pool, line.length_bytes);

    g_assert_nonnull(frame);
    frame->length_bytes = line.length_bytes;
    memset(frame_bytes(frame), 0, line.length_bytes);
    memcpy(frame_bytes(frame), &serial, sizeof serial);
    script_arm(script);
    sink_push(script->to, frame);
}

void script_init(Script *script, Engine *engine, FramePool *pool, Sink *to)
{
    *script = (Script){
        .engine = engine,
        .pool = pool,
        .to = to,
        .lines = g_array_new(FALSE, FALSE, sizeof(ScriptLine)),
    };
    event_init(&script->event, script_fire);
}

void script_clear(Script *script)
{
    engine_disarm(script->engine, &script->event);
    g_array_unref(g_steal_pointer(&script->lines));
}

void script_add(Script *script, int64_t at_ns, int64_t gap_ns, unsigned n_frames,
                uint32_t length_bytes)
{
    g_assert_cmpuint(length_bytes, >=, sizeof(uint32_t));
    for (unsigned n = 0; n < n_frames; n++) {
        ScriptLine line = {.at_ns = at_ns + (int64_t)n * gap_ns, .length_bytes = length_bytes};

        if (script->lines->len > 0)
            g_assert_cmpint(line.at_ns, >=,
                            g_array_index(script->lines, ScriptLine, script->lines->len - 1).at_ns);
        g_array_append_val(script->lines, line);
    }
    if (!event_is_armed(&script->event))
        script_arm(script);
}
