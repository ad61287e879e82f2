// SPDX-License-Identifier: Apache-2.0
// The queue ruled by PIE (RFC 8033), its delay that of Little's law with the rate known, where the
// RFC estimates that.
#include "links/queue/admission.h"
#include "links/queue/pie_config.h"
#include "links/queue/timed_fifo.h"

typedef struct {
    TimedFifo fifo;
    Pie pie;
    PieParams params;
} PieQueue;

static const ParamSpec pie_params[] = {
    QUEUE_LIMIT_PARAM(offsetof(PieConfig, limit), "1000 packets"),
    PIE_CONFIG_PARAMS,
    PARAM_END,
};

static const StageKey pie_keys[] = {
    {"queue", pie_params, "what waits for its turn, its delay held near a target by PIE",
     "waits for its turn in a queue of {limit}, the delay of which PIE holds near {target}"},
    {NULL, NULL, NULL},
};

// Makes up for the updates that have fallen due since the queue last changed.
static void pie_queue_advance(PieQueue *self)
{
    int64_t now_ns = engine_now(self->fifo.fifo.queue.stage->engine);
    Pie *pie = &self->pie;

    while (pie->due_ns <= now_ns) {
        // While a group is under way the delay differs from update to update.
        int64_t until_ns = pie->due_ns < self->fifo.group_end_ns ? pie->due_ns : now_ns;

        pie_advance(pie, &self->params, until_ns, timed_fifo_delay_ns(&self->fifo, pie->due_ns));
    }
}

static void pie_queue_apply(Queue *queue)
{
    PieQueue *self = (PieQueue *)queue;
    int64_t now_ns = engine_now(queue->stage->engine);
    bool is_first = self->params.update_ns == 0;

    if (!is_first)
        pie_queue_advance(self);
    self->params = pie_config_params(queue->config);
    if (is_first)
        pie_init(&self->pie, &self->params, now_ns);
    else
        pie_apply(&self->pie, &self->params, now_ns);
}

static Admission pie_queue_judge(Queue *queue, const Frame *frame, unsigned segment)
{
    PieQueue *self = (PieQueue *)queue;
    const PieConfig *config = queue->config;
    int64_t delay_ns = timed_fifo_sending_ns(&self->fifo, queue->backlog.wire_bytes);
    uint32_t draw = (uint32_t)(stage_draw(queue->stage, frame, segment, 0) >> 32);
    bool is_hit = pie_hits(&self->pie, &self->params, queue->backlog.bytes, delay_ns, draw);
    Admission fate =
        admission_of(queue, frame, segment, is_hit, config->ecn && pie_may_mark(&self->pie));

    if (fate == ADMISSION_FULL)
        pie_overflow(&self->pie);
    return fate;
}

static void pie_queue_enqueue(Queue *queue, Frame *frame)
{
    pie_queue_advance((PieQueue *)queue);
    admission_sift(queue, frame, pie_queue_judge, timed_fifo_keep);
}

static Frame *pie_queue_dequeue(Queue *queue)
{
    pie_queue_advance((PieQueue *)queue);
    return timed_fifo_dequeue(queue);
}

static const QueueClass pie_queue_class = {
    .queue_bytes = sizeof(PieQueue),
    .init = fifo_init,
    .apply = pie_queue_apply,
    .clear = fifo_clear,
    .enqueue = pie_queue_enqueue,
    .dequeue = pie_queue_dequeue,
    .drain = fifo_drain,
    .held_frames = fifo_held_frames,
};

static bool pie_is_needed(const void *config)
{
    return ((const PieConfig *)config)->limit.amount != 0;
}

static Limit pie_queue_limit(const void *config)
{
    return ((const PieConfig *)config)->limit;
}

const StageClass queue_pie_stage_class = {
    .name = "queue_pie",
    .summary = "PIE: drops or marks at random so as to hold the delay near a target",
    .position = STAGE_QUEUE,
    .selector = "discipline",
    .variant = "pie",
    .needs_rate = true,
    .keys = pie_keys,
    .config_bytes = sizeof(PieConfig),
    .queue = &pie_queue_class,
    .is_needed = pie_is_needed,
    .queue_limit = pie_queue_limit,
};
