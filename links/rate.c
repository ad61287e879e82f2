// SPDX-License-Identifier: Apache-2.0
// Rate: sends one frame at a time at a constant rate; others wait in a drop-tail queue, whose limit
// counts the frames that wait and never the one under way. A serialiser in the sense of traffic
// control: without credit, two frames are never closer than the first takes to send.
//
// How it works: sending a frame takes (length + overhead) x 8 / rate seconds. What the division to
// nanoseconds leaves is carried to the next frame of the same busy period, so a backlog leaves at
// exactly the rate however long it lasts.
//
// A super-frame waits as a whole and is sent in groups of segments whose departures lie within the
// spacing; a group leaves with its last segment. The limit is held against what would wait if each
// segment were sent by itself: those of the group under way that have not begun count as waiting.
#include "links/rate.h"

#include "core/frame_queue.h"
#include "core/scale.h"

typedef struct {
    uint64_t frames, bytes; // without overhead
} Backlog;

typedef struct {
    Stage stage;
    Event sent;         // the frame under way has left
    Frame *under_way;   // or a group of segments
    uint64_t remainder; // of the last division, in bit-nanoseconds below the rate
    int64_t free_ns;    // when the last frame left: from there the remainder counts
    uint64_t rate_bps;
    uint64_t overhead_bytes;
    FrameQueue waiting;
    int64_t started_ns; // sending what is under way, with that remainder
    uint64_t started_remainder;
    Backlog backlog; // while a frame is being admitted, with what of it was so far
    bool is_wire_free;
    uint64_t limit_frames; // each bound that does not apply is UINT64_MAX
    uint64_t limit_bytes;
    uint64_t limit_wire_bytes;
} RateStage;

#define NS_PER_S UINT64_C(1000000000)

static const ParamSpec rate_params[] = {
    {.name = "rate",
     .type = PARAM_RATE,
     .offset = offsetof(RateConfig, rate_bps),
     .min = 1,
     .max = UINT64_C(100000000000),
     .summary = "bits a second that leave, link-layer headers included"},
    PARAM_END,
};

static const ParamWord rate_overhead_words[] = {{"ethernet", 24}, {NULL, 0}};

static const ParamSpec rate_overhead_params[] = {
    {.name = "overhead",
     .type = PARAM_SIZE,
     .offset = offsetof(RateConfig, overhead_bytes),
     .max = 1000,
     .words = rate_overhead_words,
     .summary = "what each frame costs besides its length; ethernet: preamble, FCS and gap"},
    PARAM_END,
};

static const ParamSpec rate_queue_params[] = {
    {.name = "limit",
     .type = PARAM_LIMIT,
     .offset = offsetof(RateConfig, queue),
     .min = 1,
     .summary = "how much may wait: as time at the rate, as bytes or as packets"},
    PARAM_END,
};

static const StageKey rate_keys[] = {
    {"rate", rate_params, "the rate at which frames leave; unlimited when not given"},
    {"overhead", rate_overhead_params, "bytes of each frame on the wire that are not in it"},
    {"queue", rate_queue_params, "the drop-tail queue; 100 ms and at least 16 full frames"},
    {NULL, NULL, NULL},
};

static bool rate_is_needed(const void *config)
{
    return ((const RateConfig *)config)->rate_bps != 0;
}

static bool rate_check(const void *config, GError **error)
{
    const RateConfig *rate = config;

    if (rate->rate_bps != 0)
        return true;
    if (rate->queue.amount != 0)
        g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE,
                    "queue: without a rate nothing ever waits: add rate, or remove queue");
    else if (rate->overhead_bytes != 0)
        g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE,
                    "overhead: without a rate it has no effect: add rate, or remove overhead");
    else
        return true;
    return false;
}

Limit rate_queue_limit(const RateConfig *config)
{
    uint64_t at_rate_bytes = config->rate_bps / 8 * RATE_DEFAULT_QUEUE_NS / NS_PER_S;
    uint64_t floor_bytes = RATE_DEFAULT_QUEUE_FRAMES * RATE_FULL_FRAME_BYTES;

    if (config->queue.amount != 0)
        return config->queue;
    // A limit in time counts overhead as well, one in bytes does not.
    if (at_rate_bytes < floor_bytes + RATE_DEFAULT_QUEUE_FRAMES * config->overhead_bytes)
        return (Limit){LIMIT_BYTES, floor_bytes};
    return (Limit){LIMIT_TIME, RATE_DEFAULT_QUEUE_NS};
}

// How many segments of `frame`, whose turn it is, are sent as one: those whose departures lie
// within the spacing.
static unsigned rate_group_size(const RateStage *self, const Frame *frame)
{
    uint64_t slot, n_gaps;

    if (frame->n_segments == 1)
        return 1;
    slot = (frame_segment_bytes(frame) + self->overhead_bytes) * 8 * NS_PER_S;
    n_gaps = scale((uint64_t)self->stage.spacing_ns, self->rate_bps, slot);
    return n_gaps < frame->n_segments ? (unsigned)n_gaps + 1 : frame->n_segments;
}

static void rate_send(RateStage *self, Frame *group)
{
    uint64_t bits = (frame_wire_bytes(group) + group->n_segments * self->overhead_bytes) * 8;
    int64_t now_ns = engine_now(self->stage.engine);
    uint64_t work;

    if (now_ns > self->free_ns)
        self->remainder = 0;
    work = bits * NS_PER_S + self->remainder;
    if (group->n_segments > 1) {
        uint64_t slot = (frame_segment_bytes(group) + self->overhead_bytes) * 8 * NS_PER_S;

        group->wired_span_ns =
            (uint32_t)(work / self->rate_bps - (slot + self->remainder) / self->rate_bps);
        group->due_span_ns = group->wired_span_ns;
    }
    self->under_way = group;
    self->started_ns = now_ns;
    self->started_remainder = self->remainder;
    self->remainder = work % self->rate_bps;
    stage_arm(&self->stage, &self->sent, now_ns + (int64_t)(work / self->rate_bps));
}

// Sends the first group of what waits.
static void rate_send_next(RateStage *self)
{
    Frame *group = NULL;

    while (group == NULL && frame_queue_peek(&self->waiting) != NULL) {
        Frame *rest = frame_queue_take(&self->waiting);

        group = stage_take_front(&self->stage, &rest, rate_group_size(self, rest));
        if (rest != NULL)
            frame_queue_prepend(&self->waiting, rest);
    }
    if (group != NULL)
        rate_send(self, group);
}

static void rate_sent(Event *event)
{
    RateStage *self = (RateStage *)((char *)event - offsetof(RateStage, sent));
    Frame *group = self->under_way;

    self->under_way = NULL;
    self->free_ns = engine_now(self->stage.engine);
    rate_send_next(self);
    group->wired_ns = engine_now(self->stage.engine);
    stage_forward(&self->stage, group);
}

// Counts those of the group under way whose own turn has not come yet: they wait like any other.
static void rate_count_unsent(const RateStage *self, Backlog *backlog)
{
    const Frame *group = self->under_way;
    uint64_t slot, elapsed, n_sent, n_begun;

    if (group == NULL || group->n_segments == 1)
        return;
    // The k-th has left when k x slot + remainder is below (elapsed + 1) x rate: see rate_send().
    slot = (frame_segment_bytes(group) + self->overhead_bytes) * 8 * NS_PER_S;
    elapsed = (uint64_t)(engine_now(self->stage.engine) - self->started_ns);
    n_sent = ((elapsed + 1) * self->rate_bps - self->started_remainder - 1) / slot;
    n_begun = n_sent + 1;
    if (n_begun >= group->n_segments)
        return;
    backlog->frames += group->n_segments - n_begun;
    backlog->bytes += frame_wire_bytes(group) - n_begun * frame_segment_bytes(group);
}

// Whether a segment finds room in the queue, or the wire free.
static bool rate_admits(Stage *stage, const Frame *frame, unsigned segment)
{
    RateStage *self = (RateStage *)stage;
    Backlog *backlog = &self->backlog;
    uint64_t bytes = segment + 1 == frame->n_segments ? frame_last_segment_bytes(frame)
                                                      : frame_segment_bytes(frame);

    if (self->is_wire_free) {
        self->is_wire_free = false;
        return true;
    }
    if (backlog->frames + 1 > self->limit_frames || backlog->bytes + bytes > self->limit_bytes ||
        backlog->bytes + bytes + (backlog->frames + 1) * self->overhead_bytes >
            self->limit_wire_bytes)
        return false;
    backlog->frames++;
    backlog->bytes += bytes;
    return true;
}

static void rate_keep(Stage *stage, Frame *frame)
{
    frame_queue_append(&((RateStage *)stage)->waiting, frame);
}

static void rate_push(Sink *sink, Frame *frame)
{
    RateStage *self = (RateStage *)sink;

    if (self->under_way == NULL && frame->n_segments == 1) {
        rate_send(self, frame);
        return;
    }
    self->is_wire_free = self->under_way == NULL;
    self->backlog = (Backlog){self->waiting.n_frames, self->waiting.n_bytes};
    rate_count_unsent(self, &self->backlog);
    stage_sift(&self->stage, frame, rate_admits, DROP_QUEUE_FULL, rate_keep);
    if (self->under_way == NULL)
        rate_send_next(self);
}

static void rate_fetch(const Event *event)
{
    const RateStage *self = (const RateStage *)((const char *)event - offsetof(RateStage, sent));

    engine_fetch(self, offsetof(RateStage, backlog));
    engine_fetch(self->under_way, 64);
    stage_fetch_next(&self->stage);
}

static void rate_init(Stage *stage, const void *config)
{
    RateStage *self = (RateStage *)stage;
    const RateConfig *rate = config;
    Limit limit = rate_queue_limit(rate);

    event_init(&self->sent, rate_sent);
    self->sent.fetch = rate_fetch;
    frame_queue_init(&self->waiting);
    self->rate_bps = rate->rate_bps;
    self->overhead_bytes = rate->overhead_bytes;
    self->limit_frames = limit.unit == LIMIT_PACKETS ? limit.amount : UINT64_MAX;
    self->limit_bytes = limit.unit == LIMIT_BYTES ? limit.amount : UINT64_MAX;
    self->limit_wire_bytes =
        limit.unit == LIMIT_TIME ? scale(rate->rate_bps, limit.amount, 8 * NS_PER_S) : UINT64_MAX;
}

static void rate_clear(Stage *stage)
{
    RateStage *self = (RateStage *)stage;

    engine_disarm(stage->engine, &self->sent);
    g_clear_pointer(&self->under_way, frame_free);
    frame_queue_clear(&self->waiting);
}

static uint64_t rate_held_frames(const Stage *stage)
{
    const RateStage *self = (const RateStage *)stage;

    return frame_queue_count(&self->waiting) +
           (self->under_way != NULL ? self->under_way->n_segments : 0);
}

const StageClass rate_stage_class = {
    .name = "rate",
    .summary = "a rate, and the drop-tail queue in front of it",
    .position = STAGE_QUEUE,
    .keys = rate_keys,
    .config_bytes = sizeof(RateConfig),
    .stage_bytes = sizeof(RateStage),
    .is_needed = rate_is_needed,
    .check = rate_check,
    .init = rate_init,
    .clear = rate_clear,
    .push = rate_push,
    .held_frames = rate_held_frames,
};
