// SPDX-License-Identifier: Apache-2.0
// StageClass: the constant descriptor of a stage. A stage is one file in links/ with its parameter
// tables, and one line in links/meson.build.
#pragma once

#include "core/frame.h"
#include "core/param.h"
#include "core/random.h"
#include "core/sink.h"

typedef struct Stage Stage;
typedef struct StageClass StageClass;
typedef struct QueueClass QueueClass;

// One key of a link in the scenario file and the parameters behind it. A plain value sets the
// first parameter of the table: `loss: 1%` is `loss: {rate: 1%}`.
typedef struct {
    const char *name;
    const ParamSpec *params;
    const char *summary;
    // What becomes of a frame, for `taploom explain`: "is lost with a probability of {rate}".
    // {NAME} stands for a parameter's value, and what is in brackets goes when no parameter in them
    // has been set. NULL for the summary and all parameters that have.
    const char *effect;
} StageKey;

// A parameter that does nothing in some configurations: to give it there is a mistake.
typedef struct {
    const char *param;
    bool (*is_idle)(const void *config);
    const char *reason; // behind "has no effect ": "without a trace"
} IdleParam;

// Where along the link a stage stands: a frame meets lower positions first.
typedef enum {
    STAGE_GUARD = 5,
    STAGE_QUEUE = 10,
    STAGE_WIRE = 20,
    STAGE_DELAY = 30,
    STAGE_RELEASE = 40,
} StagePosition;

// Classes with the same key are its variants, told apart by a word: `loss: {model: gilbert, …}`.
// One of them is chosen in each configuration, at first the one listed first. Such a class has no
// other key.
struct StageClass {
    const char *name;
    const char *summary;
    StagePosition position;
    const char *selector, *variant; // "model", "gilbert"; NULL for a class that has no variants
    const StageKey *keys;           // ended by a NULL name; none: no scenario can ask for it
    size_t config_bytes;            // of the structure its parameter tables fill
    size_t stage_bytes;             // of its own structure, which begins with a Stage
    size_t event_offset; // in that, of the event at which it lets frames go, whose slack the link
                         // keeps up to date; 0 for none
    bool needs_rate;     // what its keys say has no effect on a link without a rate

    // For a discipline, which is no stage itself: the rate stage takes frames from such a queue.
    const QueueClass *queue;

    // Whether this configuration does anything at all: a stage that does not is left out.
    bool (*is_needed)(const void *config);
    // Rules between parameters that ranges cannot say; NULL for none. The error is
    // "KEY: what is wrong".
    bool (*check)(const void *config, GError **error);
    const IdleParam *idle_params; // ended by a NULL name; NULL where all have an effect
    // Sets up `stage`, whose common part is ready and whose own is zero; apply() follows.
    // NULL where there is nothing to set up.
    void (*init)(Stage *stage);
    // Takes over stage->config, which may have moved: behind init(), and whenever that has changed
    // since, between two events. Frames that it holds stay. A configuration that is_needed() denies
    // has to work too.
    void (*apply)(Stage *stage);
    // Frees what it holds, frames included; NULL for a stage that owns nothing.
    void (*clear)(Stage *stage);
    // Takes a frame or a super-frame, each segment of which has its own fate. NULL for a class that
    // is never a stage, but read by others.
    void (*push)(Sink *sink, Frame *frame);
    // The least time for which it holds any frame that it lets go; NULL for 0.
    int64_t (*least_ns)(const Stage *stage);
    // Frames it holds at this moment, counted one by one; NULL for a stage that holds none.
    uint64_t (*held_frames)(const Stage *stage);
    // Tells the stage of one direction of its like in the other, when both have just been applied;
    // NULL for most.
    void (*pair)(Stage *stage, Stage *other);
    // Gives all frames that it holds, in order, to `heir`: another variant of its key, which has
    // been chosen in its stead and just been applied. NULL for a stage that holds none.
    void (*bequeath)(Stage *stage, Stage *heir);

    // Whether frames may leave it in another order; NULL for never.
    bool (*reorders)(const void *config);

    // What it makes of a link's figures; NULL for classes that do not bear on them.
    Probability (*mean_loss)(const void *config);
    bool loses_in_runs; // whether what it loses depends on what was lost before
    uint64_t (*mean_rate_bps)(const void *config);
    Limit (*queue_limit)(const void *config); // as asked, amount 0 for the default
};

// All stage classes in the order of their positions, ended by NULL; made by meson.
extern const StageClass *const stage_classes[];
