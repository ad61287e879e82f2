// SPDX-License-Identifier: Apache-2.0
// Rig: links in virtual time, each with a source in front of it and a drain behind, whose costs in
// processor time are compared in short turns with those of other rigs.
#pragma once

#include "core/engine.h"
#include "core/frame.h"
#include "links/link.h"

// What is sent into a link, one frame each `gap_ns`.
typedef struct {
    // The `number`-th frame, from 0.
    Frame *(*make)(FramePool *pool, uint32_t length_bytes, uint64_t number);
    uint32_t length_bytes;
    int64_t gap_ns;
} RigFlow;

typedef struct {
    Sink sink;
    uint64_t n_frames;
} RigDrain;

typedef struct RigSource RigSource;

typedef struct {
    Engine *engine;
    FramePool *pool;
    LinkConfig *config; // of all links, in both directions
    Link **links;
    unsigned n_links;
    RigDrain drain, near; // behind the links, and in front of them
    RigSource *sources;
} Rig;

// What a turn has cost for each frame that was sent, and for each that arrived at the drain.
typedef struct {
    double sent_ns, arrived_ns;
} RigTurn;

// Takes `config`. The links, named link0 and on, are not connected forward.
Rig *rig_new(unsigned n_links, LinkConfig *config);
void rig_free(Rig *rig);

// Sends `flow` into a link from `at_ns` on.
void rig_start(Rig *rig, unsigned link, const RigFlow *flow, int64_t at_ns);

// Runs for at least `turn_ns` of the processor time of this thread, which others on the machine do
// not take.
RigTurn rig_turn(const Rig *rig, int64_t turn_ns);

// Of an array of doubles, which it sorts.
double rig_median(GArray *values);
