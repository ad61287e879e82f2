// SPDX-License-Identifier: Apache-2.0
// Slot: collects frames and lets them go together when a slot opens, as links do that ask for their
// turn (DOCSIS, Wi-Fi, LTE). What tc-netem(8) does with `slot MIN MAX packets N bytes N`: the first
// frame behind an open slot asks for the next one, which opens after a time drawn from MIN to MAX,
// each as likely; a slot that has let go its packets or bytes (the frame that goes beyond is let go
// as well) is followed by another, that long after it.
//
// The draw belongs to the frame that asked: draw 0 where it came, 1 where it was the last of a
// slot.
#include "links/rate/slot.h"

#include "core/frame_queue.h"
#include "core/scale.h"

typedef struct {
    Stage stage;
    Event open; // the next slot, while frames wait for it
    FrameQueue waiting;
    int64_t slot_ns; // when the last slot that was drawn opens, or opened
    uint64_t left_packets, left_bytes;
    const SlotConfig *config;
} SlotStage;

#define SLOT_MAX_NS (UINT64_C(60) * 1000000000)

static const ParamSpec slot_params[] = {
    {.name = "min",
     .type = PARAM_DURATION,
     .offset = offsetof(SlotConfig, min_ns),
     .max = SLOT_MAX_NS,
     .required = true,
     .summary = "the shortest time to the next slot"},
    {.name = "max",
     .type = PARAM_DURATION,
     .offset = offsetof(SlotConfig, max_ns),
     .max = SLOT_MAX_NS,
     .summary = "the longest; the same as min when not given"},
    {.name = "packets",
     .type = PARAM_COUNT,
     .offset = offsetof(SlotConfig, packets),
     .max = 1000000000,
     .summary = "how many frames a slot lets go; 0: all"},
    {.name = "bytes",
     .type = PARAM_SIZE,
     .offset = offsetof(SlotConfig, bytes),
     .max = 1000000000,
     .summary = "how many bytes it lets go, its last frame in full; 0B: all"},
    PARAM_END,
};

static const StageKey slot_keys[] = {
    {"slot", slot_params, "frames collected, and let go together in slots",
     "waits for the next slot, {min}[ to {max}] behind the one before[, of at most {packets} "
     "frames][, of at most {bytes}]"},
    {NULL, NULL, NULL},
};

static bool slot_is_needed(const void *config)
{
    const SlotConfig *slot = config;

    return slot->min_ns != 0 || slot->max_ns != 0;
}

static bool slot_check(const void *config, GError **error)
{
    const SlotConfig *slot = config;

    if (slot->max_ns != 0 && slot->max_ns < slot->min_ns) {
        g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE,
                    "slot: max is below min: write at least min, or leave it out");
        return false;
    }
    if ((slot->packets == 0 && slot->bytes == 0) || slot_is_needed(slot))
        return true;
    g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE,
                "slot: without a time no frame waits for one: write min above 0ns");
    return false;
}

// Draws the next slot for a segment of `frame`, that asks for it now.
static void slot_draw(SlotStage *self, const Frame *frame, unsigned segment, uint32_t draw)
{
    uint64_t min_ns = (uint64_t)self->config->min_ns;
    uint64_t max_ns = MAX((uint64_t)self->config->max_ns, min_ns);
    uint64_t random = stage_draw(&self->stage, frame, segment, draw);
    uint64_t wait_ns = min_ns + scale(random >> 32, max_ns - min_ns + 1, UINT64_C(1) << 32);

    self->slot_ns = engine_now(self->stage.engine) + (int64_t)wait_ns;
    self->left_packets = self->config->packets != 0 ? self->config->packets : UINT64_MAX;
    self->left_bytes = self->config->bytes != 0 ? self->config->bytes : UINT64_MAX;
}

// Takes segments at the front of `frame` out of the open slot's room: those that it still has room
// for, at least one. Whether it is full then.
static bool slot_fill(SlotStage *self, const Frame *frame, unsigned *n_segments)
{
    for (*n_segments = 0; *n_segments < frame->n_segments;) {
        uint64_t bytes = ++*n_segments == frame->n_segments ? frame_last_segment_bytes(frame)
                                                            : frame_segment_bytes(frame);

        self->left_packets -= self->left_packets != UINT64_MAX;
        if (self->left_bytes != UINT64_MAX)
            self->left_bytes -= MIN(self->left_bytes, bytes);
        if (self->left_packets == 0 || self->left_bytes == 0)
            return true;
    }
    return false;
}

// Lets go what waits, as far as the slots that are open now have room.
static void slot_let_go(SlotStage *self)
{
    Frame *frame;

    while ((frame = frame_queue_peek(&self->waiting)) != NULL &&
           self->slot_ns <= engine_now(self->stage.engine)) {
        unsigned n_segments;
        bool is_full = slot_fill(self, frame, &n_segments);
        Frame *front;

        if (is_full)
            slot_draw(self, frame, n_segments - 1, 1);
        frame = frame_queue_take(&self->waiting);
        front = stage_take_front(&self->stage, &frame, n_segments);
        if (frame != NULL)
            frame_queue_prepend(&self->waiting, frame);
        if (front == NULL)
            continue;
        front->due_span_ns = front->due_lag_ns = 0; // all of it was to leave now
        stage_forward(&self->stage, front);
    }
    if (frame_queue_peek(&self->waiting) != NULL)
        stage_arm(&self->stage, &self->open, self->slot_ns);
}

static void slot_open(Event *event)
{
    slot_let_go((SlotStage *)((char *)event - offsetof(SlotStage, open)));
}

static void slot_push(Sink *sink, Frame *frame)
{
    SlotStage *self = (SlotStage *)sink;

    if (frame_queue_peek(&self->waiting) == NULL && self->slot_ns < engine_now(self->stage.engine))
        slot_draw(self, frame, 0, 0);
    frame_queue_append(&self->waiting, frame);
    if (!event_is_armed(&self->open))
        slot_let_go(self);
}

static void slot_init(Stage *stage)
{
    SlotStage *self = (SlotStage *)stage;

    event_init(&self->open, slot_open);
    frame_queue_init(&self->waiting);
    self->slot_ns = -1;
}

// What waits keeps its slot, unless there are none any more.
static void slot_apply(Stage *stage)
{
    SlotStage *self = (SlotStage *)stage;

    self->config = stage->config;
    if (slot_is_needed(self->config))
        return;
    engine_disarm(stage->engine, &self->open);
    self->slot_ns = engine_now(stage->engine);
    self->left_packets = self->left_bytes = UINT64_MAX;
    slot_let_go(self);
}

static void slot_clear(Stage *stage)
{
    SlotStage *self = (SlotStage *)stage;

    engine_disarm(stage->engine, &self->open);
    frame_queue_clear(&self->waiting);
}

static uint64_t slot_held_frames(const Stage *stage)
{
    return frame_queue_count(&((const SlotStage *)stage)->waiting);
}

const StageClass slot_stage_class = {
    .name = "slot",
    .summary = "frames let go together in slots",
    .position = STAGE_RELEASE,
    .keys = slot_keys,
    .config_bytes = sizeof(SlotConfig),
    .stage_bytes = sizeof(SlotStage),
    .event_offset = offsetof(SlotStage, open),
    .is_needed = slot_is_needed,
    .check = slot_check,
    .init = slot_init,
    .apply = slot_apply,
    .clear = slot_clear,
    .push = slot_push,
    .held_frames = slot_held_frames,
};
