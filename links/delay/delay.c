// SPDX-License-Identifier: Apache-2.0
// Delay: holds each frame for the link's delay, with jitter around it. Order is kept: a frame that
// drew a shorter delay than the one before waits behind it, and leaves together with it. So where
// frames come closer together than the jitter, their mean delay is above the mean asked for, as on
// any real path that keeps order. So does one that came after the delay was made shorter. Only
// `jitter: {reorder: yes}` lets each frame leave at the time that it drew, as tc-netem does.
#include "links/delay/delay.h"

#include "core/frame_heap.h"
#include "core/frame_queue.h"
#include "links/delay/jitter_source.h"

typedef struct {
    Stage stage;
    Event due; // of the first of those under way
    FrameQueue under_way;
    int64_t delay_ns;
    int64_t last_due_ns;  // of all frames so far
    FrameHeap *reordered; // in which frames are under way instead, from the first such one on
    bool reorders;        // what comes now
    JitterSource *source; // NULL as long as the delay has not varied
} DelayStage;

#define DELAY_MAX_NS (UINT64_C(3600) * 1000000000)

static const ParamSpec delay_params[] = {
    {.name = "delay",
     .type = PARAM_DURATION,
     .offset = offsetof(DelayConfig, delay_ns),
     .alternative = true,
     .max = DELAY_MAX_NS,
     .summary = "one way, from the last bit sent to the arrival"},
    {.name = "trace",
     .type = PARAM_OBJECT,
     .offset = offsetof(DelayConfig, trace),
     .alternative = true,
     .object_class = &delay_trace_class,
     .words = param_none_words,
     .summary = "a file with a delay a line, for one frame each, on top of the delay"},
    {.name = "loop",
     .type = PARAM_BOOLEAN,
     .offset = offsetof(DelayConfig, loop),
     .fallback = "yes",
     .summary = "whether the trace starts again at its end, or its last delay stays"},
    PARAM_END,
};

static const char *const delay_distributions[] = {
    [JITTER_UNIFORM] = "uniform",
    [JITTER_NORMAL] = "normal",
    [JITTER_PARETO] = "pareto",
    [JITTER_PARETONORMAL] = "paretonormal",
    [JITTER_EXPONENTIAL] = "exponential",
    [JITTER_GAMMA] = "gamma",
    [JITTER_TABLE] = "table",
    NULL,
};

static const ParamSpec delay_jitter_params[] = {
    {.name = "deviation",
     .type = PARAM_DURATION,
     .offset = offsetof(DelayConfig, jitter_ns),
     .max = DELAY_MAX_NS,
     .required = true,
     .summary = "uniform: delay plus or minus this; all others: the standard deviation"},
    {.name = "distribution",
     .type = PARAM_CHOICE,
     .offset = offsetof(DelayConfig, distribution),
     .fallback = "uniform",
     .choices = delay_distributions,
     .summary = "of the delays around the mean"},
    {.name = "shape",
     .type = PARAM_COUNT,
     .offset = offsetof(DelayConfig, shape),
     .min = 1,
     .max = 1000,
     .summary = "of the gamma distribution: 1 is exponential, a large one nearly normal"},
    {.name = "file",
     .type = PARAM_OBJECT,
     .offset = offsetof(DelayConfig, file),
     .object_class = &dist_file_class,
     .words = param_none_words,
     .summary = "of the table: a distribution of tc-netem (.dist)"},
    {.name = "correlation",
     .type = PARAM_LIMIT,
     .offset = offsetof(DelayConfig, correlation),
     .max = DELAY_MAX_NS,
     .summary = "the distance, in packets or time, at which it is one half"},
    {.name = "reorder",
     .type = PARAM_BOOLEAN,
     .offset = offsetof(DelayConfig, reorder),
     .fallback = "no",
     .summary = "whether frames leave when their own delay is over, past those before them"},
    PARAM_END,
};

static const StageKey delay_keys[] = {
    {"delay", delay_params, "the time a frame is under way, one way",
     "is under way for {delay}[, and what {trace} has for it on top]"},
    {"jitter", delay_jitter_params, "how much the delay varies around its mean",
     "takes more or less than that, {distribution} with a deviation of {deviation}[, alike by half "
     "at a distance of {correlation}][, overtaking those ahead of it: {reorder}]"},
    {NULL, NULL, NULL},
};

static bool delay_is_needed(const void *config)
{
    const DelayConfig *delay = config;

    return delay->delay_ns != 0 || delay->trace != NULL;
}

static bool delay_has_no_trace(const void *config)
{
    return ((const DelayConfig *)config)->trace == NULL;
}

static const IdleParam delay_idle_params[] = {
    {"loop", delay_has_no_trace, "without a trace: add that, or leave loop out"},
    {NULL, NULL, NULL},
};

static bool delay_reorders(const void *config)
{
    return ((const DelayConfig *)config)->reorder;
}

// What is wrong with the jitter of a configuration, NULL for nothing.
static const char *delay_jitter_fault(const DelayConfig *delay)
{
    if (delay->jitter_ns != 0 && delay->trace != NULL)
        return "the trace varies the delay already: remove jitter, or the trace";
    if (delay->jitter_ns != 0 && delay->delay_ns == 0)
        return "varies the delay, and there is none: add delay, or remove jitter";
    if (delay->distribution == JITTER_TABLE && delay->file == NULL)
        return "the distribution table needs file: the name of a table of tc-netem (.dist)";
    if (delay->distribution != JITTER_TABLE && delay->file != NULL)
        return "a file is for the distribution table: add that, or remove file";
    if (delay->distribution == JITTER_GAMMA && delay->shape == 0)
        return "the distribution gamma needs shape: 1 to 1000";
    if (delay->distribution != JITTER_GAMMA && delay->shape != 0)
        return "a shape is for the distribution gamma: add that, or remove shape";
    if (delay->correlation.unit == LIMIT_BYTES)
        return "the correlation is a distance in packets or time: write 10 packets or 20ms";
    return NULL;
}

static bool delay_check(const void *config, GError **error)
{
    const char *fault = delay_jitter_fault(config);

    if (fault != NULL)
        g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE, "jitter: %s", fault);
    return fault == NULL;
}

static bool delay_varies(const DelayStage *self)
{
    return self->source != NULL && jitter_source_varies(self->source);
}

static inline void delay_hold(DelayStage *self, Frame *frame, int64_t due_ns)
{
    frame->due_ns = due_ns;
    if (self->reordered != NULL)
        frame_heap_add(self->reordered, frame);
    else
        frame_queue_append(&self->under_way, frame);
    if (!event_is_armed(&self->due) || due_ns < self->due.due_ns)
        stage_arm(&self->stage, &self->due, due_ns);
}

// When segment `number` is due: where order is kept, behind all before it.
static int64_t delay_draw(DelayStage *self, const Frame *frame, unsigned number)
{
    int64_t due_ns = engine_now(self->stage.engine) +
                     jitter_source_next_ns(self->source, &self->stage, frame, number);
    int64_t behind_ns = MAX(due_ns, self->last_due_ns);

    self->last_due_ns = behind_ns;
    return self->reorders ? due_ns : behind_ns;
}

// Holds the segments in groups whose instants lie within the spacing, in order; each is due with
// its last.
static void delay_hold_varied(DelayStage *self, Frame *frame)
{
    int64_t next_due_ns = delay_draw(self, frame, 0);

    while (frame != NULL) {
        int64_t first_due_ns = next_due_ns, last_due_ns = next_due_ns;
        unsigned n_together = 1;
        Frame *group;

        for (; n_together < frame->n_segments; n_together++) {
            next_due_ns = delay_draw(self, frame, n_together);
            if (next_due_ns - first_due_ns > self->stage.lane->spacing_ns ||
                next_due_ns < last_due_ns)
                break;
            last_due_ns = next_due_ns;
        }
        group = stage_take_front(&self->stage, &frame, n_together);
        if (group == NULL)
            continue;
        group->due_span_ns += (uint32_t)(last_due_ns - first_due_ns);
        delay_hold(self, group, last_due_ns);
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

    if (delay_varies(self))
        delay_hold_varied(self, frame);
    else
        delay_hold_constantly(self, frame);
}

static void delay_due_reordered(DelayStage *self)
{
    int64_t now_ns = engine_now(self->stage.engine), first_due_ns;
    Frame *frame;

    while ((frame = frame_heap_take(self->reordered, now_ns)) != NULL)
        stage_forward(&self->stage, frame);
    first_due_ns = frame_heap_first_due_ns(self->reordered);
    if (first_due_ns != INT64_MAX)
        stage_arm(&self->stage, &self->due, first_due_ns);
}

static void delay_due(Event *event)
{
    DelayStage *self = (DelayStage *)((char *)event - offsetof(DelayStage, due));
    int64_t now_ns = engine_now(self->stage.engine);
    Frame *head;

    if (self->reordered != NULL) {
        delay_due_reordered(self);
        return;
    }
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
    frame_queue_init(&self->under_way);
}

// From now on frames are under way in a heap, which keeps also what is in order.
static void delay_begin_to_reorder(DelayStage *self)
{
    Frame *frame;

    self->reordered = g_new(FrameHeap, 1);
    frame_heap_init(self->reordered);
    while ((frame = frame_queue_take(&self->under_way)) != NULL)
        frame_heap_add(self->reordered, frame);
}

// Frames under way keep the instants that they were given.
static void delay_apply(Stage *stage)
{
    DelayStage *self = (DelayStage *)stage;
    const DelayConfig *delay = stage->config;

    self->delay_ns = delay->delay_ns;
    self->reorders = delay->reorder;
    if (self->source == NULL && (delay->jitter_ns != 0 || delay->trace != NULL))
        self->source = g_new0(JitterSource, 1);
    if (self->source != NULL)
        jitter_source_apply(self->source, delay);
    if (self->reorders && self->reordered == NULL)
        delay_begin_to_reorder(self);
}

static void delay_clear(Stage *stage)
{
    DelayStage *self = (DelayStage *)stage;

    engine_disarm(stage->engine, &self->due);
    frame_queue_clear(&self->under_way);
    if (self->reordered != NULL)
        frame_heap_clear(self->reordered);
    g_free(self->reordered);
    if (self->source != NULL)
        jitter_source_clear(self->source);
    g_free(self->source);
}

static int64_t delay_least_ns(const Stage *stage)
{
    const DelayStage *self = (const DelayStage *)stage;

    return delay_varies(self) ? jitter_source_least_ns(self->source) : self->delay_ns;
}

static uint64_t delay_held_frames(const Stage *stage)
{
    const DelayStage *self = (const DelayStage *)stage;

    return frame_queue_count(&self->under_way) +
           (self->reordered != NULL ? frame_heap_count(self->reordered) : 0);
}

const StageClass delay_stage_class = {
    .name = "delay",
    .summary = "delay and jitter",
    .position = STAGE_DELAY,
    .keys = delay_keys,
    .config_bytes = sizeof(DelayConfig),
    .stage_bytes = sizeof(DelayStage),
    .event_offset = offsetof(DelayStage, due),
    .is_needed = delay_is_needed,
    .reorders = delay_reorders,
    .check = delay_check,
    .idle_params = delay_idle_params,
    .init = delay_init,
    .apply = delay_apply,
    .clear = delay_clear,
    .push = delay_push,
    .least_ns = delay_least_ns,
    .held_frames = delay_held_frames,
};
