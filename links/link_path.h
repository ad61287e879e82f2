// SPDX-License-Identifier: Apache-2.0
// LinkPath: one direction of a link, for links/link.c. LinkTrack: what of it a passing frame
// touches: an entry that numbers and counts frames, the stages, and an exit that counts them again.
#pragma once

#include <stdalign.h>

#include "links/link.h"
#include "links/rate/trace_runner.h"
#include "links/replay.h"
#include "links/stage.h"

enum { LINE_BYTES = 64 };

typedef struct LinkPath LinkPath;

// What a frame touches that passes, in one block of memory with the stages behind it, in that
// order. With thousands of links no cache holds them all, and a hop costs what it touches in lines
// of memory, and in pages.
typedef struct {
    Sink entry;
    Sink *first; // stage or exit
    Engine *engine;
    LinkPath *path;
    LinkCounters counters; // in_frames is the number of the next frame

    alignas(LINE_BYTES) Sink exit;
    Sink *out; // beyond the link
    Meter meter;
} LinkTrack;

static_assert(offsetof(LinkTrack, counters.out_bytes) < LINE_BYTES,
              "what is touched on entering has left its line of memory");
static_assert(offsetof(LinkTrack, meter.delay) % LINE_BYTES == 0,
              "what is touched on leaving does not fill its lines of memory");

// A direction, with all that has to do with few frames or none. So large that it has pages of its
// own, of which but the first is hardly ever touched: tracks lie close together, on few pages.
struct LinkPath {
    LinkTrack *track;
    Lane lane;               // with the configuration in force: the one given at first, or
    LinkConfig *own_config;  // NULL until something is changed
    const FateTable *replay; // NULL: fates are drawn
    Sink answer;             // where frames come from that the other direction made
    uint64_t seed;           // with the link's name and the direction: of its randomness
    const char *name;
    LinkDirection direction;
    int64_t beyond_ns;              // as told by link_set_beyond()
    size_t track_bytes;             // stages included
    Reordering *_Atomic reordering; // NULL as long as no configuration has reordered
    TraceRunner *runner;            // NULL without a trace so far
    // Looked at by other threads too: they come before the start, and stay.
    const Stage *faults, *replay_gate; // NULL without
    bool is_down;
    bool meter_taken;
    bool is_judged; // by link_judge(), with these
    int64_t late_floor_ns;
    Probability late_of_delay;
    LossRuns runs;
    max_align_t queue_room[LANE_QUEUE_BYTES / sizeof(max_align_t)];
    MeterRoom meter_room;
};

// Chooses what frames meet at both ends, by whether it is down, watched, or measured by others.
void link_path_choose_ends(LinkPath *path);

// For LinkPath.answer.
void link_answer(Sink *sink, Frame *frame);
