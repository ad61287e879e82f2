// SPDX-License-Identifier: Apache-2.0
// Link: two directions, each a chain of stages with counters and a meter.
#pragma once

#include "core/engine.h"
#include "core/frame.h"
#include "core/sink.h"
#include "links/delay/reordering.h"
#include "links/fate_table.h"
#include "links/link_config.h"
#include "links/link_counters.h"
#include "links/meter.h"

typedef struct Link Link;

// Frame.copy of what leaves a direction without having entered it: answers that rules of `faults`
// gave in the other one. Its number is that of the next frame to enter.
enum { LINK_ANSWER_COPY = UINT8_MAX };

// FORWARD is from the first endpoint to the second.
typedef enum { LINK_FORWARD, LINK_REVERSE, N_LINK_DIRECTIONS } LinkDirection;

// `name` keys the randomness; both configurations must outlive the link, as must the engine.
Link *link_new(Engine *engine, uint64_t seed, const char *name, const LinkConfig *forward,
               const LinkConfig *reverse);

// Frees held frames too.
void link_free(Link *link);

// Where frames that travel in `direction` enter, and, once, where they leave to.
Sink *link_entry(Link *link, LinkDirection direction);
void link_connect(Link *link, LinkDirection direction, Sink *out);

// The least time that a frame takes through it.
int64_t link_least_ns(const Link *link, LinkDirection direction);

// Tells that what leaves the link leaves the simulation no sooner than `beyond_ns` later (at first:
// 0). Events in the link that lead to nothing before may then be fired so much later, though by no
// more than LINK_MAX_SLACK_NS: they wake no driver of their own.
void link_set_beyond(Link *link, LinkDirection direction, int64_t beyond_ns);

#define LINK_MAX_SLACK_NS INT64_C(1000000)

// Puts a copy of another configuration, which link_config_check_values() accepts, in force from now
// on, between two events: what a frame has already been given (an instant to leave, a place in the
// queue) it keeps, and whatever it meets later is as the new one says; what is being sent goes on
// at the new rate. Frames keep their order.
void link_configure(Link *link, LinkDirection direction, const LinkConfig *config);

// Has `witness`, which stays the caller's and must outlive the link, see what becomes of all frames
// of that direction from now on, between two events.
void link_add_witness(Link *link, LinkDirection direction, Witness *witness);

// Has `changed` called when link_configure() has changed what link_least_ns() returns, whoever
// called it. Once, before the first of them.
typedef void LinkLeastChanged(void *data, LinkDirection direction);
void link_watch(Link *link, LinkLeastChanged *changed, void *data);

// Has that direction, as long as nothing has gone through it, meet the fates of `table`, which must
// outlive the link, instead of drawing them, whatever is configured later (see links/replay.h).
void link_set_replay(Link *link, LinkDirection direction, const FateTable *table);

// While a direction is down, what enters it and what would leave it is dropped (DROP_LINK_DOWN).
void link_set_down(Link *link, LinkDirection direction, bool is_down);
bool link_is_down(const Link *link, LinkDirection direction);

// Whoever carries frames of `direction` out of the simulation (a device) takes the meter and calls
// meter_depart() at the real departure; otherwise the link does, in engine time.
Meter *link_take_meter(Link *link, LinkDirection direction);

// A departure that the meter sees is late by more than link_late_ns() of the configuration in
// force; without this none is.
void link_judge(Link *link, LinkDirection direction, int64_t late_floor_ns,
                Probability late_of_delay);

// The larger of a time and a share of the delay.
int64_t link_late_ns(const LinkConfig *config, int64_t late_floor_ns, Probability late_of_delay);

// The stage of that class, NULL where the configuration needs none. From any thread for `faults`
// and the gate of a replay, else on the engine's.
const Stage *link_stage(const Link *link, LinkDirection direction, const StageClass *class);

const char *link_name(const Link *link);
const LinkConfig *link_config(const Link *link, LinkDirection direction);
const LinkCounters *link_counters(const Link *link, LinkDirection direction);
const Meter *link_meter(const Link *link, LinkDirection direction);

// How often its configuration was changed by link_configure(); from any thread.
uint64_t link_n_changes(const Link *link, LinkDirection direction);

// Bursts and gaps of what was lost on the wire; NULL when nothing there could lose a frame.
const LossRuns *link_loss_runs(const Link *link, LinkDirection direction);

// How far out of order frames have left; NULL where no configuration so far could reorder them.
const Reordering *link_reordering(const Link *link, LinkDirection direction);

// Frames in its stages, counted one by one: what conservation is checked with. Only on the
// engine's thread, or when that has ended.
uint64_t link_held_frames(const Link *link, LinkDirection direction);
