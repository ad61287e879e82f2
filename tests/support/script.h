// SPDX-License-Identifier: Apache-2.0
// Script: a source that pushes frames into a sink at given engine times. Each frame starts with its
// serial number (four bytes, host order, counted from 0), so that a Probe can tell which it was.
#pragma once

#include <glib.h>

#include "core/engine.h"
#include "core/frame.h"
#include "core/sink.h"

typedef struct {
    Event event;
    Engine *engine;
    FramePool *pool;
    Sink *to;
    GArray *lines; // what is still to be pushed, and what was
    unsigned next;
} Script;

void script_init(Script *script, Engine *engine, FramePool *pool, Sink *to);
void script_clear(Script *script);

// Adds `n_frames` frames of `length_bytes` (4 at least), the first at `at_ns` (not before what was
// added earlier), each `gap_ns` after the one before. The engine has to be run for them to move.
void script_add(Script *script, int64_t at_ns, int64_t gap_ns, unsigned n_frames,
                uint32_t length_bytes);
