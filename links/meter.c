// SPDX-License-Identifier: Apache-2.0
// What a link direction achieved: delay, queueing and lateness of each departure, and the rate.
#include "links/meter.h"

#include <glib.h>

#include "core/scale.h"

#define NS_PER_S UINT64_C(1000000000)
#define METER_WINDOW_NS ((int64_t)NS_PER_S)

void meter_init(Meter *meter, MeterRoom *room)
{
    *meter = (Meter){.late_ns = INT64_MAX, .room = room};
    histogram_init(&meter->delay, room->delay);
    histogram_init(&meter->queue, room->queue);
    histogram_init(&meter->lateness, room->lateness);
    histogram_init(&room->queued, room->queued_buckets);
}

static void meter_count(Meter *meter, int64_t queue_ns, int64_t delay_ns, int64_t lateness_ns)
{
    histogram_add(&meter->queue, queue_ns);
    histogram_add(&meter->delay, delay_ns);
    histogram_add(&meter->lateness, lateness_ns);
}

static void meter_count_bytes(Meter *meter, uint64_t bytes, int64_t departed_ns)
{
    if (departed_ns - meter->window_start_ns >= METER_WINDOW_NS) {
        meter->window_start_ns +=
            (departed_ns - meter->window_start_ns) / METER_WINDOW_NS * METER_WINDOW_NS;
        meter->window_bytes = 0;
    }
    meter->window_bytes += bytes;
    if (meter->window_bytes > counter_get(&meter->busiest_second_bytes))
        counter_set(&meter->busiest_second_bytes, meter->window_bytes);
    counter_add(&meter->bytes, bytes);
}

// The segments of a super-frame were to leave one after another, and left together with the last.
static void meter_count_segments(Meter *meter, const Frame *frame, int64_t departed_ns)
{
    const int64_t n_gaps = frame->n_segments - 1, last_due_ns = frame->due_ns - frame->due_lag_ns;

    for (int64_t n_behind = n_gaps; n_behind >= 0; n_behind--) {
        int64_t wired_ns = frame->wired_ns - (int64_t)frame->wired_span_ns * n_behind / n_gaps;
        int64_t due_ns = last_due_ns - (int64_t)frame->due_span_ns * n_behind / n_gaps;

        meter_count(meter, wired_ns - frame->sending_ns - frame->entered_ns, departed_ns - wired_ns,
                    departed_ns - due_ns);
    }
}

void meter_depart(Meter *meter, const Frame *frame, int64_t departed_ns)
{
    if (counter_get(&meter->bytes) == 0) {
        counter_set(&meter->first_entered_ns, (uint64_t)frame->entered_ns + 1);
        meter->window_start_ns = departed_ns;
    }
    counter_set(&meter->last_departed_ns, (uint64_t)departed_ns);
    if (departed_ns > frame->due_ns && departed_ns - frame->due_ns > meter->late_ns)
        counter_add(&meter->late_frames, frame->n_segments);
    if (frame->n_segments == 1)
        meter_count(meter, frame->wired_ns - frame->sending_ns - frame->entered_ns,
                    departed_ns - frame->wired_ns,
                    departed_ns - (frame->due_ns - frame->due_lag_ns));
    else
        meter_count_segments(meter, frame, departed_ns);
    meter_count_bytes(meter, frame_wire_bytes(frame), departed_ns);
}

Histogram *meter_queue_frames(const Meter *meter)
{
    Histogram *lengths = histogram_new();

    histogram_add_times(lengths, 0, counter_get(&meter->unqueued_frames));
    histogram_merge(lengths, &meter->room->queued);
    return lengths;
}

static uint64_t meter_elapsed_ns(const Meter *meter)
{
    uint64_t first_ns = counter_get(&meter->first_entered_ns);
    uint64_t last_ns = counter_get(&meter->last_departed_ns);

    return first_ns > 0 && last_ns > first_ns - 1 ? last_ns - (first_ns - 1) : 0;
}

uint64_t meter_mean_rate_bps(const Meter *meter)
{
    uint64_t elapsed_ns = meter_elapsed_ns(meter);

    return elapsed_ns == 0 ? 0 : scale(counter_get(&meter->bytes), 8 * NS_PER_S, elapsed_ns);
}

uint64_t meter_peak_rate_bps(const Meter *meter)
{
    if (meter_elapsed_ns(meter) < NS_PER_S)
        return meter_mean_rate_bps(meter);
    return counter_get(&meter->busiest_second_bytes) * 8;
}
