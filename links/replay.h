// SPDX-License-Identifier: Apache-2.0
// Replay: recorded fates stand in for what one direction of a link would draw. Two stages do it:
// the gate drops what was dropped before it was sent, and the flight, behind the rate, drops what
// was lost on the wire, makes the copies and holds all else for as long as it was under way.
//
// Of the configuration only rules of `faults`, the rate and what belongs to it stay in force, and
// the queue never drops: who waits, and for how long, follows from the traffic at hand.
#pragma once

#include "core/counter.h"
#include "links/fate_table.h"
#include "links/link_config.h"

typedef struct {
    const FateTable *table; // NULL: nothing is replayed
} ReplayConfig;

extern const StageClass replay_gate_stage_class;
extern const StageClass replay_flight_stage_class;

// Makes `config` one that replays `table`, which must outlive it.
void replay_set_table(LinkConfig *config, const FateTable *table);

// Whether stages of `class` are left out where `config` replays.
bool replay_leaves_out(const LinkConfig *config, const StageClass *class);

// Frames without a recorded fate, which met the rate and the delay only. `gate` is the stage of
// that class, NULL without one; to be read by any thread.
uint64_t replay_unrecorded_frames(const Stage *gate);
