// SPDX-License-Identifier: Apache-2.0
// Stage: one impairment in one direction of a link. StageClass: its constant descriptor.
// A stage is one file in links/ with its parameter tables, and one line in links/meson.build.
#pragma once

#include "core/drop.h"
#include "core/engine.h"
#include "core/frame.h"
#include "core/param.h"
#include "core/random.h"
#include "core/sink.h"

typedef struct Stage Stage;
typedef struct StageClass StageClass;

// One key of a link in the scenario file and the parameters behind it. A plain value sets the
// first parameter of the table: `loss: 1%` is `loss: {rate: 1%}`.
typedef struct {
    const char *name;
    const ParamSpec *params;
    const char *summary;
} StageKey;

// Where along the link a stage stands: a frame meets lower positions first.
typedef enum { STAGE_QUEUE = 10, STAGE_WIRE = 20, STAGE_DELAY = 30 } StagePosition;

struct StageClass {
    const char *name;
    const char *summary;
    StagePosition position;
    const StageKey *keys; // ended by a NULL name
    size_t config_bytes;  // of the structure its parameter tables fill
    size_t stage_bytes;   // of its own structure, which begins with a Stage

    // Whether this configuration does anything at all: a stage that does not is left out.
    bool (*is_needed)(const void *config);
    // Rules between parameters that ranges cannot say; NULL for none. Names the key at fault.
    bool (*check)(const void *config, GError **error);
    // Sets up `stage`, whose common part is ready; `config` outlives it.
    void (*init)(Stage *stage, const void *config);
    // Frees what it holds, frames included; NULL for a stage that owns nothing.
    void (*clear)(Stage *stage);
    void (*push)(Sink *sink, Frame *frame);
    // Frames it holds at this moment, counted one by one; NULL for a stage that holds none.
    uint64_t (*held_frames)(const Stage *stage);
};

// All stage classes in the order of their positions, ended by NULL; made by meson.
extern const StageClass *const stage_classes[];

struct Stage {
    Sink sink;
    Sink *next; // where frames that survive go
    const StageClass *class;
    const void *config;
    Engine *engine;
    RandomKey key;       // of its own stream of draws
    DropCounters *drops; // of its link direction
};

// For a stage's own draws: 64 bits that depend on the frame's number and `draw` only.
static inline uint64_t stage_draw(const Stage *stage, const Frame *frame, uint32_t draw)
{
    return random_draw(stage->key, frame->index, draw);
}

static inline void stage_forward(Stage *stage, Frame *frame)
{
    sink_push(stage->next, frame);
}

static inline void stage_drop(Stage *stage, Frame *frame, DropReason reason)
{
    drop_count(stage->drops, reason);
    frame_free(frame);
}
