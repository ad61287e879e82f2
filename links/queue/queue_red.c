// SPDX-License-Identifier: Apache-2.0
// The queue ruled by RED. Its thresholds are amounts as limits are: what is asked for as a time
// counts bytes with overhead at the rate. Not given, they follow from a target for the delay, as
// the weight does from the rate (Adaptive RED, section 4).
#include "core/scale.h"
#include "links/queue/admission.h"
#include "links/queue/red.h"
#include "links/queue/timed_fifo.h"

typedef struct {
    Limit limit, min, max;
    int64_t target_ns;
    Probability weight, max_probability;
    bool gentle, adaptive, ecn;
} RedConfig;

typedef struct {
    TimedFifo fifo;
    Red red;
    RedParams params;
    LimitUnit unit; // that lengths are counted in
} RedQueue;

enum { RED_LEAST_FRAMES = 5 };

#define RED_LENGTH_MAX ((UINT64_C(1) << 37) - 1)
#define RED_UNLIMITED_BPS UINT64_C(100000000000)
#define NS_PER_S 1000000000

static const ParamSpec red_params[] = {
    QUEUE_LIMIT_PARAM(offsetof(RedConfig, limit), "1000 packets"),
    {.name = "min",
     .type = PARAM_LIMIT,
     .offset = offsetof(RedConfig, min),
     .min = 1,
     .summary = "the mean length of the queue from which on packets are hit"},
    {.name = "max",
     .type = PARAM_LIMIT,
     .offset = offsetof(RedConfig, max),
     .min = 1,
     .summary = "the mean length at which the probability is reached"},
    {.name = "target",
     .type = PARAM_DURATION,
     .offset = offsetof(RedConfig, target_ns),
     .fallback = "5ms",
     .min = 1000,
     .max = UINT64_C(10000000000),
     .summary = "without min and max: the mean delay aimed at"},
    {.name = "probability",
     .type = PARAM_PROBABILITY,
     .offset = offsetof(RedConfig, max_probability),
     .fallback = "10%",
     .summary = "of a packet's being hit at max; with adaptive, at first"},
    {.name = "weight",
     .type = PARAM_PROBABILITY,
     .offset = offsetof(RedConfig, weight),
     .summary = "of the present length in the mean; by default from the rate"},
    {.name = "gentle",
     .type = PARAM_BOOLEAN,
     .offset = offsetof(RedConfig, gentle),
     .fallback = "yes",
     .summary = "whether the probability rises on to 100 % at twice max, not at once"},
    {.name = "adaptive",
     .type = PARAM_BOOLEAN,
     .offset = offsetof(RedConfig, adaptive),
     .fallback = "yes",
     .summary = "whether probability follows the traffic"},
    {.name = "ecn",
     .type = PARAM_BOOLEAN,
     .offset = offsetof(RedConfig, ecn),
     .summary = "whether packets that know ECN are marked, not dropped, while below"},
    PARAM_END,
};

static const StageKey red_keys[] = {
    {"queue", red_params, "what waits for its turn, its mean length held down by RED",
     "waits for its turn in a queue of {limit}, from which RED drops ahead of that"},
    {NULL, NULL, NULL},
};

// A threshold as a length.
static uint64_t red_length(const TimedFifo *fifo, Limit threshold)
{
    uint64_t rate_bps =
        fifo->fifo.queue.rate_bps > 0 ? fifo->fifo.queue.rate_bps : RED_UNLIMITED_BPS;
    uint64_t length = threshold.amount;

    if (threshold.unit == LIMIT_TIME)
        length = scale(rate_bps, threshold.amount, UINT64_C(8) * NS_PER_S);
    return CLAMP(length, 1, RED_LENGTH_MAX);
}

static void red_set_thresholds(RedQueue *self, const RedConfig *config)
{
    const Queue *queue = &self->fifo.fifo.queue;
    uint64_t least_bytes =
        RED_LEAST_FRAMES * overhead_wire_bytes(&queue->overhead, QUEUE_FULL_FRAME_BYTES);
    Limit half = {LIMIT_TIME, (uint64_t)config->target_ns / 2};

    self->unit = config->min.amount != 0 ? config->min.unit : LIMIT_TIME;
    if (config->min.amount != 0) {
        self->params.min = red_length(&self->fifo, config->min);
        self->params.max = red_length(&self->fifo, config->max);
    } else {
        self->params.min = MAX(red_length(&self->fifo, half), least_bytes);
        self->params.max = 3 * self->params.min;
    }
    if (self->params.max <= self->params.min)
        self->params.max = self->params.min + 1;
}

static void red_queue_apply(Queue *queue)
{
    RedQueue *self = (RedQueue *)queue;
    const RedConfig *config = queue->config;
    uint64_t rate_bps = queue->rate_bps > 0 ? queue->rate_bps : RED_UNLIMITED_BPS;
    uint64_t packet_bits = 8 * overhead_wire_bytes(&queue->overhead, QUEUE_FULL_FRAME_BYTES);
    const RedParams before = self->params;

    red_set_thresholds(self, config);
    self->params.packet_ns = (int64_t)MAX(packet_bits * NS_PER_S / rate_bps, 1);
    self->params.weight =
        config->weight != 0 ? config->weight : red_weight((double)rate_bps / (double)packet_bits);
    self->params.max_probability = config->max_probability;
    self->params.is_gentle = config->gentle;
    self->params.is_adaptive = config->adaptive;
    if (before.max == 0) // the first
        red_init(&self->red, &self->params, engine_now(queue->stage->engine));
    else
        red_apply(&self->red, &before, &self->params);
}

static Admission red_queue_judge(Queue *queue, const Frame *frame, unsigned segment)
{
    RedQueue *self = (RedQueue *)queue;
    const Backlog *backlog = &queue->backlog;
    uint64_t length = self->unit == LIMIT_PACKETS ? backlog->frames
                      : self->unit == LIMIT_BYTES ? backlog->bytes
                                                  : backlog->wire_bytes;
    uint32_t draw = (uint32_t)(stage_draw(queue->stage, frame, segment, 0) >> 32);
    RedFate fate =
        red_arrive(&self->red, &self->params, engine_now(queue->stage->engine), length, draw);

    // RFC 3168, section 7: beyond the thresholds of RED packets are dropped rather than marked.
    return admission_of(queue, frame, segment, fate != RED_PASS,
                        fate == RED_EARLY && ((const RedConfig *)queue->config)->ecn);
}

static void red_queue_enqueue(Queue *queue, Frame *frame)
{
    admission_sift(queue, frame, red_queue_judge, timed_fifo_keep);
}

static Frame *red_queue_dequeue(Queue *queue)
{
    RedQueue *self = (RedQueue *)queue;
    Frame *group = timed_fifo_dequeue(queue);

    // The last segment of a group waits until its own turn.
    if (queue->waiting.frames == 0)
        red_emptied(&self->red, MAX(self->fifo.group_end_ns, engine_now(queue->stage->engine)));
    return group;
}

static const QueueClass red_queue_class = {
    .queue_bytes = sizeof(RedQueue),
    .init = fifo_init,
    .apply = red_queue_apply,
    .clear = fifo_clear,
    .enqueue = red_queue_enqueue,
    .dequeue = red_queue_dequeue,
    .drain = fifo_drain,
    .held_frames = fifo_held_frames,
};

static bool red_check(const void *config, GError **error)
{
    const RedConfig *red = config;
    const char *problem = NULL;

    if ((red->min.amount != 0) != (red->max.amount != 0))
        problem = "min and max go together: add the other, or leave out both";
    else if (red->min.amount != 0 && red->min.unit != red->max.unit)
        problem = "min and max must be of one kind: both times, sizes or packets";
    else if (red->min.amount != 0 && red->min.amount >= red->max.amount)
        problem = "min must be below max";
    if (problem == NULL)
        return true;
    g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE, "queue: %s", problem);
    return false;
}

static bool red_has_thresholds(const void *config)
{
    return ((const RedConfig *)config)->min.amount != 0;
}

static const IdleParam red_idle_params[] = {
    {"target", red_has_thresholds, "beside min and max: leave out one or the others"},
    {NULL, NULL, NULL},
};

static bool red_is_needed(const void *config)
{
    return ((const RedConfig *)config)->limit.amount != 0;
}

static Limit red_queue_limit(const void *config)
{
    return ((const RedConfig *)config)->limit;
}

const StageClass queue_red_stage_class = {
    .name = "queue_red",
    .summary = "RED: drops or marks at random by the mean length of the queue",
    .position = STAGE_QUEUE,
    .selector = "discipline",
    .variant = "red",
    .needs_rate = true,
    .keys = red_keys,
    .config_bytes = sizeof(RedConfig),
    .queue = &red_queue_class,
    .is_needed = red_is_needed,
    .check = red_check,
    .idle_params = red_idle_params,
    .queue_limit = red_queue_limit,
};
