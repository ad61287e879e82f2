// SPDX-License-Identifier: Apache-2.0
// Timeline: carries out what a scenario's `timeline:` and commands to a running lab change, on the
// engine's thread. All that is due at one instant is worked out and checked before any of it is put
// in force, at that instant.
#pragma once

#include "core/engine.h"
#include "sim/scenario/topology.h"
#include "sim/timeline/change_log.h"

typedef struct Timeline Timeline;

// What others have to do; each may be NULL.
typedef struct {
    // A link has lost its carrier, or got it back.
    void (*set_carrier)(void *data, const LinkSpec *link, bool has_carrier);
    // The tasks of a host are to be started anew.
    void (*restart)(void *data, const NodeSpec *host);
    void *data;
} TimelineEvents;

// All of these must outlive it.
Timeline *timeline_new(const Scenario *scenario, Topology *topology, Engine *engine,
                       TimelineEvents events);
void timeline_free(Timeline *timeline);

// The engine's present time becomes the timeline's 0. Does nothing when it has started.
void timeline_start(Timeline *timeline);

// Carries out entries that no file holds, at the engine's present time, between two events: all or
// none. The error reads "LINK: NAME: what is wrong". Their times other than for_ns and over_ns have
// no meaning. It keeps references where it needs them.
bool timeline_carry_out(Timeline *timeline, TimelineEntry *const *entries, unsigned n_entries,
                        GError **error);

const ChangeLog *timeline_log(const Timeline *timeline);
