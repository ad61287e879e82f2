// SPDX-License-Identifier: Apache-2.0
// DirectionReport: what one direction of a link was asked for and has done, as plain numbers.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/drop.h"
#include "links/fault/faults.h"
#include "links/link.h"
#include "sim/scenario/scenario.h"

typedef struct {
    uint64_t count;
    int64_t p50_ns, p90_ns, p95_ns, p99_ns, p999_ns, max_ns;
} Spread;

// A share measured in trials, with its 95 % interval (Wilson's score).
typedef struct {
    uint64_t n_hits, n_trials;
    double share, low, high;
} MeasuredShare;

// What has come of one rule of `faults` in one direction.
typedef struct {
    const FaultRule *rule;
    uint64_t matched_frames, hit_frames;
} FaultReport;

// RFC 4737, as links/delay/reordering.h has it.
typedef struct {
    bool is_watched; // else all below is 0
    uint64_t frames, reordered_frames, n_reordered_frames, max_extent;
    double ratio, mean_extent, n_ratio;
} ReorderingReport;

// What a direction of a link is set to at the moment of the report.
typedef struct {
    const LinkConfig *config;
    bool is_down;
    uint64_t n_changes; // of the configuration, from that of the file
} LinkInForce;

typedef struct {
    const LinkSpec *link;
    LinkDirection direction;
    const char *from, *to; // node names
    LinkInForce in_force;

    uint64_t in_frames, in_bytes, out_frames, out_bytes, copied_frames, held_frames;
    uint64_t marked_frames;    // by queues, with ECN
    uint64_t corrupted_frames; // that went on
    uint64_t dropped_frames[N_DROP_REASONS];
    int64_t unaccounted_frames; // in + copied - out - dropped - held

    Spread delay;        // of the wire, at the departure
    Spread queue;        // waiting, until it began to be sent
    Spread queue_frames; // which each frame found waiting before it: of frames, not of ns
    Spread lateness;     // against the instant demanded
    uint64_t late_frames;
    int64_t late_ns; // from when on a frame of this direction is late
    uint64_t mean_rate_bps, peak_rate_bps;
    MeasuredShare loss;
    RunLengths loss_bursts, loss_gaps; // of frames lost on the wire
    GArray *faults;                    // of FaultReport
    bool is_replayed;                  // recorded fates stood in for drawn ones
    uint64_t unrecorded_frames;        // then: without a recorded one
    ReorderingReport reordering;
} DirectionReport;
