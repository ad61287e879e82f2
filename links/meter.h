// SPDX-License-Identifier: Apache-2.0
// Meter: what a link direction achieved, measured where frames leave it.
#pragma once

#include "core/frame.h"
#include "core/histogram.h"

typedef struct {
    Histogram delay;     // from the wire's start (after queue and serialisation) to the departure
    Histogram queue;     // from entering the link to when sending it onto the wire began
    Histogram lateness;  // departure against the instant the link demanded
    Counter late_frames; // departures later than `late_ns` by more than the spacing asks for
    int64_t late_ns;     // INT64_MAX: none counts as late
    Counter bytes;       // departed, link-layer bytes
    Counter first_entered_ns; // plus one, so that 0 is none
    Counter last_departed_ns;
    Counter busiest_second_bytes;

    int64_t window_start_ns; // of the second being counted; of the measuring thread only
    uint64_t window_bytes;

    Histogram queue_frames; // how many each frame found waiting before it, counted by the queue
} Meter;

static_assert(sizeof(Meter) == 5 * 64, "a meter is five lines of memory, the last for queues");

// Takes memory for the histograms' buckets, most of which is never touched.
void meter_init(Meter *meter);
void meter_clear(Meter *meter);

// Counts a frame that left at `departed_ns` of engine time; frame->due_ns is what was demanded.
void meter_depart(Meter *meter, const Frame *frame, int64_t departed_ns);

// Bits a second: the mean from the first frame's entry to the last one's departure, and the mean
// of the busiest second (of the whole, where that was shorter). 0 without frames.
uint64_t meter_mean_rate_bps(const Meter *meter);
uint64_t meter_peak_rate_bps(const Meter *meter);
