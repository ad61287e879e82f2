// SPDX-License-Identifier: Apache-2.0
// Meter: what a link direction achieved, measured where frames leave it.
#pragma once

#include "core/frame.h"
#include "core/histogram.h"

// What most departures do not touch.
typedef struct {
    Histogram queued; // of frames that found others waiting: how many
    HistogramBucket delay[HISTOGRAM_N_BUCKETS], queue[HISTOGRAM_N_BUCKETS];
    HistogramBucket lateness[HISTOGRAM_N_BUCKETS], queued_buckets[HISTOGRAM_N_BUCKETS];
} MeterRoom;

// In the order in which a departure touches it; the link's exit stands in front of it and fills the
// first line of memory. A frame that finds nothing waiting touches four lines.
typedef struct {
    Counter bytes; // departed, link-layer bytes
    Counter last_departed_ns;
    Counter busiest_second_bytes;
    int64_t window_start_ns; // of the second being counted; of the measuring thread only
    uint64_t window_bytes;
    Counter unqueued_frames; // which found nothing waiting before them, counted by the queue

    Histogram delay;    // from the wire's start (after queue and serialisation) to the departure
    Histogram queue;    // from entering the link to when sending it onto the wire began
    Histogram lateness; // departure against the instant the link demanded

    MeterRoom *room;
    Counter late_frames;      // departures later than `late_ns` by more than the spacing asks for
    int64_t late_ns;          // INT64_MAX: none counts as late
    Counter first_entered_ns; // plus one, so that 0 is none
} Meter;

// `room` is zeroed, remains the caller's and outlives the meter; most of it is never touched.
void meter_init(Meter *meter, MeterRoom *room);

// Counts a frame that left at `departed_ns` of engine time; frame->due_ns is what was demanded.
void meter_depart(Meter *meter, const Frame *frame, int64_t departed_ns);

// How many frames each frame found waiting before it. The caller frees it.
Histogram *meter_queue_frames(const Meter *meter);

// Bits a second: the mean from the first frame's entry to the last one's departure, and the mean
// of the busiest second (of the whole, where that was shorter). 0 without frames.
uint64_t meter_mean_rate_bps(const Meter *meter);
uint64_t meter_peak_rate_bps(const Meter *meter);
