// SPDX-License-Identifier: Apache-2.0
// Live: what changes in a running lab: its timeline, on the data thread, and the main thread's
// side of it: commands that change links, and looks at what is in force.
#pragma once

#include "sim/devices/device.h"
#include "sim/realtime/data_thread.h"
#include "sim/timeline/timeline.h"

typedef struct Live Live;

// All of these must outlive it.
Live *live_new(const Scenario *scenario, Topology *topology, Engine *engine,
               DataThread *data_thread);
void live_free(Live *live);

// Before the start: an interface of a host, whose device shows the carrier.
void live_add(Live *live, const InterfaceSpec *spec, Device *device);

// Before the start: `restart` is called on the data thread when the tasks of a host are to be
// started anew.
void live_listen(Live *live, void (*restart)(void *data, const NodeSpec *host), void *data);

// Right before the data thread starts, and when it has ended.
void live_begin(Live *live);
void live_end(Live *live);

// Starts a timeline that waits for tasks, if none has yet, and returns the engine time. From the
// main thread.
int64_t live_start_timeline(Live *live);

// As timeline_carry_out(), at engine time `*at_ns`. From the main thread, while the lab runs.
bool live_carry_out(Live *live, TimelineEntry *const *entries, unsigned n_entries, int64_t *at_ns,
                    GError **error);

// What is in force on a direction of a link.
typedef struct {
    LinkConfig *config;
    bool is_down;
    uint64_t n_changes; // of the configuration, so far
} LiveDirection;

// Brings what the next two return up to date, all of one engine time. From the main thread.
void live_look(Live *live);
const LiveDirection *live_direction(const Live *live, const LinkSpec *link,
                                    LinkDirection direction);
const ChangeLog *live_changes(const Live *live);

// Whether the n-th interface that was added has ever been without a carrier.
bool live_has_lost_carrier(const Live *live, unsigned n);
