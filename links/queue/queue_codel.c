// SPDX-License-Identifier: Apache-2.0
// CoDel as a discipline: one queue, from whose head links/queue/codel.h drops.
#include "links/queue/codel_config.h"

#include "links/queue/aqm_frames.h"
#include "links/queue/fifo.h"

typedef struct {
    FifoQueue fifo;
    Codel codel;
} CodelQueue;

static const ParamSpec queue_codel_params[] = {
    QUEUE_LIMIT_PARAM(offsetof(CodelConfig, limit), "1000 packets"),
    CODEL_PARAMS(CodelConfig, , "no"),
    PARAM_END,
};

static const StageKey queue_codel_keys[] = {
    {"queue", queue_codel_params, "CoDel: drops at the head once it has been long for too long",
     "waits for its turn in a queue of {limit}, at the head of which CoDel drops when frames have "
     "waited longer than {target} for {interval}"},
    {NULL, NULL, NULL},
};

static bool queue_codel_check(const void *config, GError **error)
{
    const CodelConfig *codel = config;

    return codel_config_check(codel->target_ns, codel->interval_ns, error);
}

static Frame *queue_codel_dequeue(Queue *queue)
{
    CodelQueue *self = (CodelQueue *)queue;
    const CodelConfig *config = queue->config;
    CodelParams params = codel_config_params(config);
    int64_t now_ns = engine_now(queue->stage->engine);
    AqmFrames frames = {queue, &self->fifo.frames, config->ecn, 1, NULL};
    const Frame *head = frame_queue_peek(&self->fifo.frames);

    if (head != NULL && head->n_segments > 1) {
        unsigned n_group = queue_group_size(queue, head);
        AqmPacket packet = aqm_frames_peek(queue, &self->fifo.frames, n_group);

        if (codel_is_calm(&self->codel, &params, &packet, now_ns, aqm_frames_until_ns(queue)))
            frames.n_group = n_group;
    }
    codel_dequeue(&self->codel, &params, now_ns, &aqm_frames_class, &frames);
    return frames.at_hand;
}

// The last packet taken left CoDel in the state that one which does not wait would: it may pass by.
static const QueueClass queue_codel_queue_class = {
    .queue_bytes = sizeof(CodelQueue),
    .is_bypassed = true,
    .init = fifo_init,
    .clear = fifo_clear,
    .enqueue = fifo_enqueue,
    .dequeue = queue_codel_dequeue,
    .drain = fifo_drain,
    .held_frames = fifo_held_frames,
};

static bool queue_codel_is_needed(const void *config)
{
    (void)config;
    return true;
}

static Limit queue_codel_limit(const void *config)
{
    return ((const CodelConfig *)config)->limit;
}

const StageClass queue_codel_stage_class = {
    .name = "queue_codel",
    .summary = "controlled delay (RFC 8289)",
    .position = STAGE_QUEUE,
    .selector = "discipline",
    .variant = "codel",
    .needs_rate = true,
    .keys = queue_codel_keys,
    .config_bytes = sizeof(CodelConfig),
    .queue = &queue_codel_queue_class,
    .is_needed = queue_codel_is_needed,
    .check = queue_codel_check,
    .queue_limit = queue_codel_limit,
};
