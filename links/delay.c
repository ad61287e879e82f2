// SPDX-License-Identifier: Apache-2.0
// Delay: holds each frame for the link's delay, with jitter around it. Order is kept: a frame that
// drew a shorter delay than the one before waits behind it, and leaves together with it. So where
// frames come closer together than the jitter, their mean delay is above the mean asked for, as on
// any real path that keeps order. So does one that came after the delay was made shorter.
#include "links/delay.h"

#include <string.h>

#include "core/frame_queue.h"
#include "links/jitter.h"

typedef struct {
    Stage stage;
    Event due; // of the head of the queue
    FrameQueue under_way;
    int64_t delay_ns;
    JitterTable *jitter; // NULL without
    int64_t last_due_ns; // of the frame that came last
    DelayConfig applied;
} DelayStage;

#define DELAY_MAX_NS (UINT64_C(3600) * 1000000000)

static const ParamSpec delay_params[] = {
    {.name = "delay",
     .type = PARAM_DURATION,
     .offset = offsetof(DelayConfig, delay_ns),
     .max = DELAY_MAX_NS,
     .summary = "one way, from the last bit sent to the arrival"},
    PARAM_END,
};

static const char *const delay_distributions[] = {
    [JITTER_UNIFORM] = "uniform", [JITTER_NORMAL] = "normal", NULL};

static const ParamSpec delay_jitter_params[] = {
    {.name = "deviation",
     .type = PARAM_DURATION,
     .offset = offsetof(DelayConfig, jitter_ns),
     .max = DELAY_MAX_NS,
     .required = true,
     .summary = "uniform: delay plus or minus this; normal: the standard deviation"},
    {.name = "distribution",
     .type = PARAM_CHOICE,
     .offset = offsetof(DelayConfig, distribution),
     .fallback = "uniform",
     .choices = delay_distributions,
     .summary = "of the delays around the mean"},
    PARAM_END,
};

static const StageKey delay_keys[] = {
    {"delay", delay_params, "the time a frame is under way, one way"},
    {"jitter", delay_jitter_params, "how much the delay varies; frames keep their order"},
    {NULL, NULL, NULL},
};

static bool delay_is_needed(const void *config)
{
    return ((const DelayConfig *)config)->delay_ns != 0;
}

static bool delay_check(const void *config, GError **error)
{
    const DelayConfig *delay = config;

    if (delay->jitter_ns == 0 || delay->delay_ns != 0)
        return true;
    g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE,
                "jitter: varies the delay, and there is none: add delay, or remove jitter");
    return false;
}

static void delay_hold(DelayStage *self, Frame *frame, int64_t due_ns)
{
    frame->due_ns = due_ns;
    frame_queue_append(&self->under_way, frame);
    if (!event_is_armed(&self->due))
        stage_arm(&self->stage, &self->due, due_ns);
}

// When segment `number` is due: behind all before it, which `self->last_due_ns` stands for.
static int64_t delay_draw(const DelayStage *self, const Frame *frame, unsigned number)
{
    int64_t delay_ns = jitter_table_at(self->jitter, stage_draw(&self->stage, frame, number, 0));

    return MAX(engine_now(self->stage.engine) + delay_ns, self->last_due_ns);
}

// Holds the segments in groups whose instants lie within the spacing; each is due with its last.
static void delay_hold_with_jitter(DelayStage *self, Frame *frame)
{
    while (frame != NULL) {
        int64_t first_due_ns = delay_draw(self, frame, 0);
        unsigned n_together = 1;
        Frame *group;

        self->last_due_ns = first_due_ns;
        for (; n_together < frame->n_segments; n_together++) {
            int64_t due_ns = delay_draw(self, frame, n_together);

            if (due_ns - first_due_ns > self->stage.spacing_ns)
                break;
            self->last_due_ns = due_ns;
        }
        group = stage_take_front(&self->stage, &frame, n_together);
        if (group == NULL)
            continue;
        group->due_span_ns += (uint32_t)(self->last_due_ns - first_due_ns);
        delay_hold(self, group, self->last_due_ns);
    }
}

static void delay_hold_constantly(DelayStage *self, Frame *frame)
{
    int64_t due_ns = engine_now(self->stage.engine) + self->delay_ns;

    if (due_ns < self->last_due_ns)
        due_ns = self->last_due_ns;
    self->last_due_ns = due_ns;
    delay_hold(self, frame, due_ns);
}

static void delay_push(Sink *sink, Frame *frame)
{
    DelayStage *self = (DelayStage *)sink;

    if (self->jitter != NULL)
        delay_hold_with_jitter(self, frame);
    else
        delay_hold_constantly(self, frame);
}

static void delay_due(Event *event)
{
    DelayStage *self = (DelayStage *)((char *)event - offsetof(DelayStage, due));
    int64_t now_ns = engine_now(self->stage.engine);
    Frame *head;

    while ((head = frame_queue_peek(&self->under_way)) != NULL && head->due_ns <= now_ns) {
        engine_fetch(head->next, 1); // while this one is on its way
        stage_forward(&self->stage, frame_queue_take(&self->under_way));
    }
    if (head != NULL)
        stage_arm(&self->stage, &self->due, head->due_ns);
}

static void delay_fetch(const Event *event)
{
    const DelayStage *self = (const DelayStage *)((const char *)event - offsetof(DelayStage, due));

    engine_fetch(self, sizeof *self);
    engine_fetch(frame_queue_peek(&self->under_way), 64);
    stage_fetch_next(&self->stage);
}

static void delay_init(Stage *stage)
{
    DelayStage *self = (DelayStage *)stage;

    event_init(&self->due, delay_due);
    self->due.fetch = delay_fetch;
    stage->event = &self->due;
    frame_queue_init(&self->under_way);
}

// Frames under way keep the instants that they were given.
static void delay_apply(Stage *stage)
{
    DelayStage *self = (DelayStage *)stage;
    const DelayConfig *delay = stage->config;

    self->delay_ns = delay->delay_ns;
    if (memcmp(&self->applied, delay, sizeof *delay) == 0)
        return;
    self->applied = *delay;
    g_clear_pointer(&self->jitter, g_free);
    if (delay->jitter_ns != 0 && delay->delay_ns != 0) {
        g_autofree Quantiles *quantiles =
            delay->distribution == JITTER_NORMAL ? quantiles_new_normal() : quantiles_new_uniform();

        self->jitter = jitter_table_new(quantiles, delay->delay_ns, delay->jitter_ns);
    }
}

static void delay_clear(Stage *stage)
{
    DelayStage *self = (DelayStage *)stage;

    engine_disarm(stage->engine, &self->due);
    frame_queue_clear(&self->under_way);
    g_clear_pointer(&self->jitter, g_free);
}

static int64_t delay_least_ns(const Stage *stage)
{
    const DelayStage *self = (const DelayStage *)stage;

    return self->jitter != NULL ? self->jitter->edge_ns[0] : self->delay_ns;
}

static uint64_t delay_held_frames(const Stage *stage)
{
    return frame_queue_count(&((const DelayStage *)stage)->under_way);
}

const StageClass delay_stage_class = {
    .name = "delay",
    .summary = "delay and jitter, in order",
    .position = STAGE_DELAY,
    .keys = delay_keys,
    .config_bytes = sizeof(DelayConfig),
    .stage_bytes = sizeof(DelayStage),
    .is_needed = delay_is_needed,
    .check = delay_check,
    .init = delay_init,
    .apply = delay_apply,
    .clear = delay_clear,
    .push = delay_push,
    .least_ns = delay_least_ns,
    .held_frames = delay_held_frames,
};
