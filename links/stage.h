// SPDX-License-Identifier: Apache-2.0
// Stage: one impairment in one direction of a link, of a class that links/stage_class.h describes.
#pragma once

#include "core/engine.h"
#include "core/frame.h"
#include "core/sink.h"
#include "core/super_frame.h"
#include "links/link_counters.h"
#include "links/loss/loss_runs.h"
#include "links/meter.h"
#include "links/stage_class.h"
#include "links/witness.h"

typedef struct LinkConfig LinkConfig;

enum { LANE_QUEUE_BYTES = 256 };

// What all stages of one direction of a link share: touched where something happens to a frame, and
// not where it goes its way.
typedef struct {
    LinkCounters *counters;
    const LinkConfig *config;
    int64_t spacing_ns; // departures no further apart may leave as one super-frame
    Witness *witnesses; // NULL without
    LossRuns
        *_Atomic runs; // of losses on the wire; NULL as long as no stage there could lose a frame
    Meter *meter;
    void *queue_room; // LANE_QUEUE_BYTES, apart from what frames touch; NULL while it is taken
    Sink *back; // has a frame of its own leave the other direction at once, counted there as a copy
} Lane;

struct Stage {
    Sink sink;
    Sink *next; // where frames that survive go
    Engine *engine;
    RandomKey key; // of its own stream of draws
    Lane *lane;
    int64_t beyond_ns; // what leaves it leaves the simulation no sooner than so much later
    const StageClass *class;
    const void *config; // of its class
};

static_assert(sizeof(Stage) == 64, "what stages begin with is one line of memory");

// For a stage's own draws: 64 bits that depend on the number of the frame's segment (0 for an
// ordinary frame), on which copy of it this is, and on `draw` (below 2^24) only.
static inline uint64_t stage_draw(const Stage *stage, const Frame *frame, unsigned segment,
                                  uint32_t draw)
{
    return random_draw(stage->key, frame->index + segment, draw | (uint32_t)frame->copy << 24);
}

// Whether such a draw hits with that probability.
static inline bool stage_hits(const Stage *stage, const Frame *frame, unsigned segment,
                              uint32_t draw, Probability probability)
{
    return stage_draw(stage, frame, segment, draw) >> 32 < probability;
}

// Arms an event at which the stage lets a frame go.
static inline void stage_arm(Stage *stage, Event *event, int64_t due_ns)
{
    event->slack_ns = stage->beyond_ns;
    engine_arm(stage->engine, event, due_ns);
}

static inline void stage_forward(Stage *stage, Frame *frame)
{
    sink_push(stage->next, frame);
}

// Counts the first `n_segments` of `frame`, which the caller then gives up, as dropped. Lost on the
// wire they also make bursts and gaps; a copy's fate is not that of the frame.
static inline void stage_count_drop(Stage *stage, const Frame *frame, unsigned n_segments,
                                    DropReason reason)
{
    const Lane *lane = stage->lane;

    drop_count(&lane->counters->drops, reason, n_segments);
    if (lane->witnesses != NULL)
        witnesses_dropped(lane->witnesses, frame, n_segments, reason, engine_now(stage->engine));
    if (stage->class->position == STAGE_WIRE && reason != DROP_NO_MEMORY && frame->copy == 0)
        loss_runs_add(lane->runs, frame->index, n_segments);
}

// Drops segments at the front of a super-frame, fewer than it has.
static inline void stage_drop_front(Stage *stage, Frame *frame, unsigned n_segments,
                                    DropReason reason)
{
    stage_count_drop(stage, frame, n_segments, reason);
    super_frame_drop_front(frame, n_segments);
}

// The first `n_segments` of `*frame` (1 to all) as a frame of their own; `*frame` becomes the rest,
// NULL without one. NULL, with these segments dropped, when there is no memory for the cut.
Frame *stage_take_front(Stage *stage, Frame **frame, unsigned n_segments);

// Asks `survives` once for each segment of `frame`, in order, and gives `keep` what does, in runs
// of neighbours; the others are dropped. `segment` counts from the front of the `frame` at hand.
typedef bool StageSurvives(Stage *stage, const Frame *frame, unsigned segment);
void stage_sift(Stage *stage, Frame *frame, StageSurvives *survives, DropReason reason,
                void (*keep)(Stage *stage, Frame *frame));

enum { STAGE_FETCH_BYTES = 320 };

// For Event.fetch: what a frame that leaves this stage touches next, as far as it lies together.
static inline void stage_fetch_next(const Stage *stage)
{
    engine_fetch(stage->next, STAGE_FETCH_BYTES);
}

static inline void stage_drop(Stage *stage, Frame *frame, DropReason reason)
{
    stage_count_drop(stage, frame, frame->n_segments, reason);
    frame_free(frame);
}
