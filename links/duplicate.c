// SPDX-License-Identifier: Apache-2.0
// Duplicate: lets some frames arrive more than once. A copy follows its original at once, or after
// a time of its own; what stands behind this stage draws for each copy anew. Copies that rules of
// `faults` made are not copied again, so that a frame's number and the copy's tell all apart.
#include "core/frame_queue.h"
#include "links/stage.h"

typedef struct {
    Probability rate;
    uint64_t copies;
    int64_t delay_ns;
} DuplicateConfig;

typedef struct {
    Stage stage;
    Event due;         // of the first of the late copies
    FrameQueue copies; // that are late; due_ns says when they leave
    Probability rate;
    uint8_t n_copies;
    int64_t delay_ns;
    int64_t last_due_ns;
} DuplicateStage;

static const ParamSpec duplicate_params[] = {
    {.name = "rate",
     .type = PARAM_PROBABILITY,
     .offset = offsetof(DuplicateConfig, rate),
     .required = true,
     .summary = "share of frames of which copies arrive as well"},
    {.name = "copies",
     .type = PARAM_COUNT,
     .offset = offsetof(DuplicateConfig, copies),
     .fallback = "1",
     .min = 1,
     .max = 100,
     .summary = "of each such frame, besides itself"},
    {.name = "delay",
     .type = PARAM_DURATION,
     .offset = offsetof(DuplicateConfig, delay_ns),
     .max = UINT64_C(3600) * 1000000000,
     .summary = "how long after the frame its copies follow"},
    PARAM_END,
};

static const StageKey duplicate_keys[] = {
    {"duplicate", duplicate_params, "frames that arrive more than once",
     "arrives another time ({copies} more) with a probability of {rate}[, {delay} later]"},
    {NULL, NULL, NULL},
};

static bool duplicate_is_needed(const void *config)
{
    return ((const DuplicateConfig *)config)->rate != 0;
}

static void duplicate_let_go(DuplicateStage *self, Frame *copy)
{
    int64_t due_ns = engine_now(self->stage.engine) + self->delay_ns;

    if (self->delay_ns == 0 && frame_queue_peek(&self->copies) == NULL) {
        stage_forward(&self->stage, copy);
        return;
    }
    copy->due_ns = self->last_due_ns = MAX(due_ns, self->last_due_ns);
    frame_queue_append(&self->copies, copy);
    if (!event_is_armed(&self->due))
        stage_arm(&self->stage, &self->due, copy->due_ns);
}

// Passes on one frame and makes its copies.
static void duplicate_copy(DuplicateStage *self, Frame *frame)
{
    FrameQueue copies;
    Frame *copy;

    frame_queue_init(&copies);
    for (unsigned n = 1; n <= self->n_copies; n++) {
        counter_add(&self->stage.lane->counters->copied_frames, 1);
        copy = frame_copy(frame);
        if (copy == NULL) {
            frame->copy = (uint8_t)n;
            stage_count_drop(&self->stage, frame, 1, DROP_NO_MEMORY);
            frame->copy = 0;
            continue;
        }
        copy->copy = (uint8_t)n;
        frame_queue_append(&copies, copy);
    }
    stage_forward(&self->stage, frame);
    while ((copy = frame_queue_take(&copies)) != NULL)
        duplicate_let_go(self, copy);
}

static bool duplicate_hits(const DuplicateStage *self, const Frame *frame, unsigned segment)
{
    return frame->copy == 0 && stage_hits(&self->stage, frame, segment, 0, self->rate);
}

static void duplicate_push(Sink *sink, Frame *frame)
{
    DuplicateStage *self = (DuplicateStage *)sink;

    while (frame != NULL) {
        unsigned n_single = 0;
        Frame *front;

        while (n_single < frame->n_segments && !duplicate_hits(self, frame, n_single))
            n_single++;
        front = stage_take_front(&self->stage, &frame, MAX(n_single, 1));
        if (front == NULL)
            continue;
        if (n_single > 0)
            stage_forward(&self->stage, front);
        else
            duplicate_copy(self, front);
    }
}

static void duplicate_due(Event *event)
{
    DuplicateStage *self = (DuplicateStage *)((char *)event - offsetof(DuplicateStage, due));
    int64_t now_ns = engine_now(self->stage.engine);
    Frame *head;

    while ((head = frame_queue_peek(&self->copies)) != NULL && head->due_ns <= now_ns)
        stage_forward(&self->stage, frame_queue_take(&self->copies));
    if (head != NULL)
        stage_arm(&self->stage, &self->due, head->due_ns);
}

static void duplicate_init(Stage *stage)
{
    DuplicateStage *self = (DuplicateStage *)stage;

    event_init(&self->due, duplicate_due);
    frame_queue_init(&self->copies);
}

static void duplicate_apply(Stage *stage)
{
    DuplicateStage *self = (DuplicateStage *)stage;
    const DuplicateConfig *duplicate = stage->config;

    self->rate = duplicate->rate;
    self->n_copies = (uint8_t)duplicate->copies;
    self->delay_ns = duplicate->delay_ns;
}

static void duplicate_clear(Stage *stage)
{
    DuplicateStage *self = (DuplicateStage *)stage;

    engine_disarm(stage->engine, &self->due);
    frame_queue_clear(&self->copies);
}

static uint64_t duplicate_held_frames(const Stage *stage)
{
    return frame_queue_count(&((const DuplicateStage *)stage)->copies);
}

const StageClass duplicate_stage_class = {
    .name = "duplicate",
    .summary = "frames that arrive more than once",
    .position = STAGE_WIRE,
    .keys = duplicate_keys,
    .config_bytes = sizeof(DuplicateConfig),
    .stage_bytes = sizeof(DuplicateStage),
    .event_offset = offsetof(DuplicateStage, due),
    .is_needed = duplicate_is_needed,
    .init = duplicate_init,
    .apply = duplicate_apply,
    .clear = duplicate_clear,
    .push = duplicate_push,
    .held_frames = duplicate_held_frames,
};
