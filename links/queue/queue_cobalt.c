// SPDX-License-Identifier: Apache-2.0
// COBALT as a discipline: one queue, from whose head links/queue/cobalt.h drops.
//
// Deviation from CAKE: there BLUE is told that the queue is empty when the next packet is asked for
// in vain, here when the next one comes and finds the wire free. And an overflow while a group of
// segments is under way, no longer than the spacing, bears on those behind the group only.
#include "core/scale.h"
#include "links/queue/aqm_frames.h"
#include "links/queue/cobalt.h"
#include "links/queue/codel_config.h"
#include "links/queue/fifo.h"

#define NS_PER_S UINT64_C(1000000000)

typedef struct {
    Limit limit;
    int64_t target_ns;
    int64_t interval_ns;
    bool ecn;
} CobaltConfig;

typedef struct {
    FifoQueue fifo;
    Cobalt cobalt;
    CobaltParams params;
    bool has_passed; // the first segment at the head has been judged already
} CobaltQueue;

static const ParamSpec queue_cobalt_params[] = {
    QUEUE_LIMIT_PARAM(offsetof(CobaltConfig, limit), "4MiB"),
    {.name = "target",
     .type = PARAM_DURATION,
     .offset = offsetof(CobaltConfig, target_ns),
     .fallback = "5ms",
     .min = 1000,
     .max = CODEL_MAX_INTERVAL_NS,
     .summary = "how long packets may wait for as long as it likes; at least 1.5 full frames"},
    {.name = "interval",
     .type = PARAM_DURATION,
     .offset = offsetof(CobaltConfig, interval_ns),
     .fallback = "100ms",
     .min = 1000,
     .max = CODEL_MAX_INTERVAL_NS,
     .summary = "for how long they may wait longer: a round trip, about the worst"},
    {.name = "ecn",
     .type = PARAM_BOOLEAN,
     .offset = offsetof(CobaltConfig, ecn),
     .fallback = "yes",
     .summary = "mark packets that know ECN instead of dropping them, but for BLUE's drops"},
    PARAM_END,
};

static const StageKey queue_cobalt_keys[] = {
    {"queue", queue_cobalt_params, "COBALT: CoDel, and BLUE for flows that do not answer to it",
     "waits for its turn in a queue of {limit}, kept short by CoDel, longer than {target} for "
     "{interval} being too long, and by BLUE"},
    {NULL, NULL, NULL},
};

static void queue_cobalt_apply(Queue *queue)
{
    CobaltQueue *self = (CobaltQueue *)queue;
    const CobaltConfig *config = queue->config;
    uint64_t mtu_bytes = overhead_wire_bytes(&queue->overhead, QUEUE_FULL_FRAME_BYTES);
    uint64_t mtu_ns = queue->rate_bps > 0 ? scale(mtu_bytes * 8, NS_PER_S, queue->rate_bps) : 0;

    self->params = cobalt_params(config->target_ns, config->interval_ns, (int64_t)mtu_ns);
}

// Puts `frame` in, and tells whether some of it found no room.
static bool queue_cobalt_overflows(Queue *queue, Frame *frame)
{
    const Counter *full = &queue->stage->lane->counters->drops.frames[DROP_QUEUE_FULL];
    uint64_t n_dropped_before = counter_get(full);

    fifo_enqueue(queue, frame);
    return counter_get(full) != n_dropped_before;
}

// When the first segment need not wait it is taken, the last one there, before others come.
static void queue_cobalt_enqueue(Queue *queue, Frame *frame)
{
    CobaltQueue *self = (CobaltQueue *)queue;
    int64_t now_ns = engine_now(queue->stage->engine);
    bool passes = queue->is_wire_free, overflows;
    Cobalt passed;

    if (passes) {
        AqmFrames first = {queue, NULL, false, 1, frame};

        cobalt_rest(&self->cobalt, &self->params, now_ns);
        passed = self->cobalt;
        cobalt_pass(&passed, &self->params, now_ns, &aqm_frames_class, &first);
    }
    overflows = queue_cobalt_overflows(queue, frame);
    // Where that makes no difference, a group can still leave as one.
    self->has_passed = passes && (overflows || self->cobalt.drop_probability > 0);
    if (self->has_passed)
        self->cobalt = passed;
    if (overflows)
        cobalt_overflow(&self->cobalt, &self->params, now_ns);
}

// How many segments of the head may be judged as one.
static unsigned queue_cobalt_group_size(const CobaltQueue *self, const Frame *head)
{
    const Queue *queue = &self->fifo.queue;
    unsigned n_group;
    AqmPacket packet;

    if (head == NULL || head->n_segments == 1)
        return 1;
    n_group = queue_group_size(queue, head);
    packet = aqm_frames_peek(queue, &self->fifo.frames, n_group);
    return cobalt_is_calm(&self->cobalt, &self->params, &packet, engine_now(queue->stage->engine),
                          aqm_frames_until_ns(queue))
               ? n_group
               : 1;
}

static Frame *queue_cobalt_dequeue(Queue *queue)
{
    CobaltQueue *self = (CobaltQueue *)queue;
    const CobaltConfig *config = queue->config;
    const Frame *head = frame_queue_peek(&self->fifo.frames);
    AqmFrames frames = {queue, &self->fifo.frames, config->ecn, queue_cobalt_group_size(self, head),
                        NULL};

    if (self->has_passed) {
        self->has_passed = false;
        return queue_take_front(queue, &self->fifo.frames, 1);
    }
    cobalt_dequeue(&self->cobalt, &self->params, engine_now(queue->stage->engine),
                   &aqm_frames_class, &frames);
    return frames.at_hand;
}

static const QueueClass queue_cobalt_queue_class = {
    .queue_bytes = sizeof(CobaltQueue),
    .init = fifo_init,
    .apply = queue_cobalt_apply,
    .clear = fifo_clear,
    .enqueue = queue_cobalt_enqueue,
    .dequeue = queue_cobalt_dequeue,
    .drain = fifo_drain,
    .held_frames = fifo_held_frames,
};

static bool queue_cobalt_is_needed(const void *config)
{
    (void)config;
    return true;
}

static bool queue_cobalt_check(const void *config, GError **error)
{
    const CobaltConfig *cobalt = config;

    return codel_config_check(cobalt->target_ns, cobalt->interval_ns, error);
}

static Limit queue_cobalt_limit(const void *config)
{
    return ((const CobaltConfig *)config)->limit;
}

const StageClass queue_cobalt_stage_class = {
    .name = "queue_cobalt",
    .summary = "CoDel and BLUE together, as in CAKE",
    .position = STAGE_QUEUE,
    .selector = "discipline",
    .variant = "cobalt",
    .needs_rate = true,
    .keys = queue_cobalt_keys,
    .config_bytes = sizeof(CobaltConfig),
    .queue = &queue_cobalt_queue_class,
    .is_needed = queue_cobalt_is_needed,
    .check = queue_cobalt_check,
    .queue_limit = queue_cobalt_limit,
};
