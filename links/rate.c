// SPDX-License-Identifier: Apache-2.0
// Rate: sends one frame at a time at a constant rate; others wait in a drop-tail queue, whose limit
// counts the frames that wait and never the one under way. A serialiser in the sense of traffic
// control: without credit, two frames are never closer than the first takes to send.
//
// How it works: sending a frame takes (length + overhead) x 8 / rate seconds. What the division to
// nanoseconds leaves is carried to the next frame of the same busy period, so a backlog leaves at
// exactly the rate however long it lasts.
#include "links/rate.h"

#include "core/frame_queue.h"
#include "core/scale.h"

typedef struct {
    Stage stage;
    Event sent; // the frame under way has left
    Frame *under_way;
    FrameQueue waiting;
    uint64_t waiting_wire_bytes; // with overhead
    uint64_t remainder;          // of the last division, in bit-nanoseconds below the rate
    int64_t free_ns;             // when the last frame left: from there the remainder counts
    uint64_t rate_bps;
    uint64_t overhead_bytes;
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

static void rate_start(RateStage *self, Frame *frame)
{
    uint64_t bits = (frame->length_bytes + self->overhead_bytes) * 8;
    uint64_t work;

    if (engine_now(self->stage.engine) > self->free_ns)
        self->remainder = 0;
    work = bits * NS_PER_S + self->remainder;
    self->under_way = frame;
    self->remainder = work % self->rate_bps;
    engine_arm(self->stage.engine, &self->sent,
               engine_now(self->stage.engine) + (int64_t)(work / self->rate_bps));
}

static void rate_sent(Event *event)
{
    RateStage *self = (RateStage *)((char *)event - offsetof(RateStage, sent));
    Frame *frame = self->under_way;
    Frame *next = frame_queue_take(&self->waiting);

    self->under_way = NULL;
    self->free_ns = engine_now(self->stage.engine);
    if (next != NULL) {
        self->waiting_wire_bytes -= next->length_bytes + self->overhead_bytes;
        rate_start(self, next);
    }
    frame->wired_ns = engine_now(self->stage.engine);
    stage_forward(&self->stage, frame);
}

static void rate_push(Sink *sink, Frame *frame)
{
    RateStage *self = (RateStage *)sink;
    uint64_t wire_bytes = frame->length_bytes + self->overhead_bytes;

    if (self->under_way == NULL) {
        rate_start(self, frame);
    } else if (self->waiting.n_frames + 1 > self->limit_frames ||
               self->waiting.n_bytes + frame->length_bytes > self->limit_bytes ||
               self->waiting_wire_bytes + wire_bytes > self->limit_wire_bytes) {
        stage_drop(&self->stage, frame, DROP_QUEUE_FULL);
    } else {
        self->waiting_wire_bytes += wire_bytes;
        frame_queue_append(&self->waiting, frame);
    }
}

static void rate_init(Stage *stage, const void *config)
{
    RateStage *self = (RateStage *)stage;
    const RateConfig *rate = config;
    Limit limit = rate_queue_limit(rate);

    event_init(&self->sent, rate_sent);
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

    return frame_queue_count(&self->waiting) + (self->under_way != NULL);
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
