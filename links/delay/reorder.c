// SPDX-License-Identifier: Apache-2.0
// Reorder: holds chosen frames back until `extent` frames that came later have passed, or for that
// time. Frames held back do not pass each other. Where no more frames come, those held back by a
// number of frames leave a while after the last that passed.
#include "links/delay/reorder.h"

#include "core/frame_queue.h"

typedef struct {
    Stage stage;
    Event release;   // of the first held back: when it is due, or when nothing has passed for long
    FrameQueue held; // due_ns: when each is due, or, by frames, at which `n_passed`
    ReorderConfig config;
    uint64_t n_passed;    // frames
    int64_t last_pass_ns; // or the last time that one was held back
} ReorderStage;

#define REORDER_MAX_NS (UINT64_C(3600) * 1000000000)

static const ParamSpec reorder_params[] = {
    {.name = "rate",
     .type = PARAM_PROBABILITY,
     .offset = offsetof(ReorderConfig, rate),
     .required = true,
     .summary = "share of frames held back, each on its own"},
    {.name = "extent",
     .type = PARAM_LIMIT,
     .offset = offsetof(ReorderConfig, extent),
     .fallback = "3 packets",
     .min = 1,
     .max = REORDER_MAX_NS,
     .summary = "until so many later frames have passed, or for so long"},
    {.name = "timeout",
     .type = PARAM_DURATION,
     .offset = offsetof(ReorderConfig, timeout_ns),
     .fallback = "100ms",
     .min = 1,
     .max = REORDER_MAX_NS,
     .summary = "frames held back leave when nothing has passed for so long"},
    PARAM_END,
};

static const StageKey reorder_keys[] = {
    {"reorder", reorder_params, "frames held back until later ones have passed",
     "is held back by {extent} with a probability of {rate}"},
    {NULL, NULL, NULL},
};

static bool reorder_is_needed(const void *config)
{
    return ((const ReorderConfig *)config)->rate != 0;
}

static bool reorder_check(const void *config, GError **error)
{
    if (((const ReorderConfig *)config)->extent.unit != LIMIT_BYTES)
        return true;
    g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE,
                "reorder: the extent is in packets or time: write 3 packets or 5ms");
    return false;
}

static bool reorder_extent_is_time(const void *config)
{
    return ((const ReorderConfig *)config)->extent.unit == LIMIT_TIME;
}

static const IdleParam reorder_idle_params[] = {
    {"timeout", reorder_extent_is_time, "beside an extent in time, which ends by itself"},
    {NULL, NULL, NULL},
};

static bool reorder_is_by_time(const ReorderStage *self)
{
    return self->config.extent.unit == LIMIT_TIME;
}

static bool reorder_chooses(const ReorderStage *self, const Frame *frame, unsigned segment)
{
    return stage_hits(&self->stage, frame, segment, 0, self->config.rate);
}

static void reorder_hold(ReorderStage *self, Frame *frame)
{
    int64_t now_ns = engine_now(self->stage.engine);
    int64_t extent = (int64_t)self->config.extent.amount;

    self->last_pass_ns = now_ns;
    frame->due_ns = extent + (reorder_is_by_time(self) ? now_ns : (int64_t)self->n_passed);
    frame_queue_append(&self->held, frame);
    if (!event_is_armed(&self->release))
        stage_arm(&self->stage, &self->release,
                  reorder_is_by_time(self) ? frame->due_ns : now_ns + self->config.timeout_ns);
}

// Lets go what is due at `now`, a time or a number of frames.
static void reorder_let_go(ReorderStage *self, int64_t now)
{
    const Frame *head;

    while ((head = frame_queue_peek(&self->held)) != NULL && head->due_ns <= now)
        stage_forward(&self->stage, frame_queue_take(&self->held));
    if (head == NULL)
        engine_disarm(self->stage.engine, &self->release);
}

static void reorder_pass(ReorderStage *self, Frame *frame)
{
    self->n_passed += frame->n_segments;
    stage_forward(&self->stage, frame);
    if (frame_queue_peek(&self->held) == NULL || reorder_is_by_time(self))
        return;
    self->last_pass_ns = engine_now(self->stage.engine);
    reorder_let_go(self, (int64_t)self->n_passed);
}

// How many frames may pass at once: up to where the first one held back is let go.
static unsigned reorder_room(const ReorderStage *self, unsigned n_segments)
{
    const Frame *head = frame_queue_peek(&self->held);
    uint64_t room = n_segments;

    if (head != NULL && !reorder_is_by_time(self))
        room = (uint64_t)head->due_ns - self->n_passed;
    return (unsigned)MIN(room, n_segments);
}

static void reorder_push(Sink *sink, Frame *frame)
{
    ReorderStage *self = (ReorderStage *)sink;

    while (frame != NULL) {
        bool is_chosen = reorder_chooses(self, frame, 0);
        unsigned room = is_chosen ? 1 : reorder_room(self, frame->n_segments), n_alike = 1;
        Frame *front;

        while (n_alike < room && !reorder_chooses(self, frame, n_alike))
            n_alike++;
        front = stage_take_front(&self->stage, &frame, n_alike);
        if (front == NULL)
            continue;
        if (is_chosen)
            reorder_hold(self, front);
        else
            reorder_pass(self, front);
    }
}

static void reorder_release(Event *event)
{
    ReorderStage *self = (ReorderStage *)((char *)event - offsetof(ReorderStage, release));
    int64_t now_ns = engine_now(self->stage.engine);
    const Frame *head;

    if (!reorder_is_by_time(self)) {
        int64_t due_ns = self->last_pass_ns + self->config.timeout_ns;

        if (due_ns > now_ns)
            stage_arm(&self->stage, &self->release, due_ns);
        else
            reorder_let_go(self, INT64_MAX);
        return;
    }
    reorder_let_go(self, now_ns);
    head = frame_queue_peek(&self->held);
    if (head != NULL)
        stage_arm(&self->stage, &self->release, head->due_ns);
}

static void reorder_init(Stage *stage)
{
    ReorderStage *self = (ReorderStage *)stage;

    event_init(&self->release, reorder_release);
    frame_queue_init(&self->held);
}

// What is held back stays so, but where time and frames change places.
static void reorder_apply(Stage *stage)
{
    ReorderStage *self = (ReorderStage *)stage;
    const ReorderConfig *config = stage->config;

    if (self->config.extent.unit != config->extent.unit)
        reorder_let_go(self, INT64_MAX);
    self->config = *config;
}

static void reorder_clear(Stage *stage)
{
    ReorderStage *self = (ReorderStage *)stage;

    engine_disarm(stage->engine, &self->release);
    frame_queue_clear(&self->held);
}

static uint64_t reorder_held_frames(const Stage *stage)
{
    return frame_queue_count(&((const ReorderStage *)stage)->held);
}

const StageClass reorder_stage_class = {
    .name = "reorder",
    .summary = "frames held back",
    .position = STAGE_DELAY,
    .keys = reorder_keys,
    .config_bytes = sizeof(ReorderConfig),
    .stage_bytes = sizeof(ReorderStage),
    .event_offset = offsetof(ReorderStage, release),
    .is_needed = reorder_is_needed,
    .reorders = reorder_is_needed,
    .check = reorder_check,
    .idle_params = reorder_idle_params,
    .init = reorder_init,
    .apply = reorder_apply,
    .clear = reorder_clear,
    .push = reorder_push,
    .held_frames = reorder_held_frames,
};
