// SPDX-License-Identifier: Apache-2.0
// The dual queue of RFC 9332: packets marked for L4S (ECT(1) or CE, RFC 9331) in one, all others in
// another, ruled by DualPI2. It judges each segment by itself as it leaves.
#include "core/ecn.h"
#include "links/queue/dualpi2.h"
#include "links/queue/queue.h"

typedef struct {
    Limit limit;
    int64_t target_ns, update_ns, step_ns, shift_ns;
    uint64_t alpha, beta, coupling;
    Probability protection;
    int scheduler, overload;
    bool any_ect;
} DualPi2Config;

typedef struct {
    Queue queue;
    FrameQueue frames[N_DUALPI2_QUEUES];
    DualPi2 dualpi2;
    DualPi2Params params;
    bool is_alone; // what is put in first leaves at once, before the rest of it comes
} DualPi2Queue;

enum { OVERLOAD_DROP, OVERLOAD_OVERFLOW };

static const char *const dualpi2_schedulers[] = {"weighted", "time-shifted", NULL};
static const char *const dualpi2_overloads[] = {"drop", "overflow", NULL};

static const ParamSpec dualpi2_params[] = {
    QUEUE_LIMIT_PARAM(offsetof(DualPi2Config, limit), "10000 packets"),
    {.name = "target",
     .type = PARAM_DURATION,
     .offset = offsetof(DualPi2Config, target_ns),
     .fallback = "15ms",
     .max = UINT64_C(10000000000),
     .summary = "the delay of the classic queue that it aims at"},
    {.name = "update",
     .type = PARAM_DURATION,
     .offset = offsetof(DualPi2Config, update_ns),
     .fallback = "16ms",
     .min = 100000,
     .max = UINT64_C(10000000000),
     .summary = "how often it moves its probability"},
    {.name = "alpha",
     .type = PARAM_COUNT,
     .offset = offsetof(DualPi2Config, alpha),
     .fallback = "41",
     .max = DUALPI2_GAIN_MAX,
     .summary = "how fast it answers to the delay, in 1/256 Hz"},
    {.name = "beta",
     .type = PARAM_COUNT,
     .offset = offsetof(DualPi2Config, beta),
     .fallback = "819",
     .max = DUALPI2_GAIN_MAX,
     .summary = "how fast it answers to the change of the delay, likewise"},
    {.name = "step",
     .type = PARAM_DURATION,
     .offset = offsetof(DualPi2Config, step_ns),
     .fallback = "1ms",
     .max = UINT64_C(10000000000),
     .summary = "the delay from which on packets for L4S are marked"},
    {.name = "coupling",
     .type = PARAM_COUNT,
     .offset = offsetof(DualPi2Config, coupling),
     .fallback = "2",
     .min = 1,
     .max = 255,
     .summary = "how many times as likely a packet for L4S is marked"},
    {.name = "protection",
     .type = PARAM_PROBABILITY,
     .offset = offsetof(DualPi2Config, protection),
     .fallback = "10%",
     .summary = "the share of the classic queue when both have packets"},
    {.name = "scheduler",
     .type = PARAM_CHOICE,
     .offset = offsetof(DualPi2Config, scheduler),
     .fallback = "weighted",
     .choices = dualpi2_schedulers,
     .summary = "which queue is next: by shares, or by age with a lead for L4S"},
    {.name = "shift",
     .type = PARAM_DURATION,
     .offset = offsetof(DualPi2Config, shift_ns),
     .fallback = "50ms",
     .max = UINT64_C(10000000000),
     .summary = "that lead"},
    {.name = "overload",
     .type = PARAM_CHOICE,
     .offset = offsetof(DualPi2Config, overload),
     .fallback = "drop",
     .choices = dualpi2_overloads,
     .summary = "when marking is not enough: drop from both queues, or let them fill up"},
    {.name = "any-ect",
     .type = PARAM_BOOLEAN,
     .offset = offsetof(DualPi2Config, any_ect),
     .summary = "whether ECT(0) counts as L4S, too"},
    PARAM_END,
};

static const StageKey dualpi2_keys[] = {
    {"queue", dualpi2_params, "what waits for its turn, L4S apart, ruled by DualPI2",
     "waits for its turn in a queue of {limit}, L4S apart from all else, the delay of which "
     "DualPI2 holds near {target}"},
    {NULL, NULL, NULL},
};

static void dualpi2_since(const DualPi2Queue *self, int64_t since_ns[N_DUALPI2_QUEUES])
{
    for (int side = 0; side < N_DUALPI2_QUEUES; side++) {
        const Frame *head = frame_queue_peek(&self->frames[side]);

        since_ns[side] = head != NULL ? head->wired_ns : DUALPI2_EMPTY_NS;
    }
}

static void dualpi2_queue_advance(DualPi2Queue *self, int64_t since_ns[N_DUALPI2_QUEUES])
{
    dualpi2_since(self, since_ns);
    dualpi2_advance(&self->dualpi2, &self->params, engine_now(self->queue.stage->engine), since_ns);
}

static void dualpi2_queue_apply(Queue *queue)
{
    DualPi2Queue *self = (DualPi2Queue *)queue;
    const DualPi2Config *config = queue->config;
    int64_t now_ns = engine_now(queue->stage->engine), since_ns[N_DUALPI2_QUEUES];
    bool is_first = self->params.update_ns == 0;

    if (!is_first)
        dualpi2_queue_advance(self, since_ns);
    self->params = (DualPi2Params){
        .target_ns = config->target_ns,
        .update_ns = config->update_ns,
        .step_ns = config->step_ns,
        .shift_ns = config->shift_ns,
        .alpha = (uint32_t)config->alpha,
        .beta = (uint32_t)config->beta,
        .coupling = (uint32_t)config->coupling,
        .protection_ppm =
            (uint32_t)((config->protection * 1000000 + RANDOM_ALWAYS / 2) / RANDOM_ALWAYS),
        .scheduler = (DualPi2Scheduler)config->scheduler,
        .drops_on_overload = config->overload == OVERLOAD_DROP,
    };
    if (is_first)
        dualpi2_init(&self->dualpi2, &self->params, now_ns);
    else
        dualpi2_apply(&self->dualpi2, &self->params, now_ns);
}

static void dualpi2_queue_init(Queue *queue)
{
    for (int side = 0; side < N_DUALPI2_QUEUES; side++)
        frame_queue_init(&((DualPi2Queue *)queue)->frames[side]);
}

static void dualpi2_queue_clear(Queue *queue)
{
    for (int side = 0; side < N_DUALPI2_QUEUES; side++)
        frame_queue_clear(&((DualPi2Queue *)queue)->frames[side]);
}

static void dualpi2_queue_keep(Stage *stage, Frame *frame)
{
    DualPi2Queue *self = (DualPi2Queue *)stage_queue(stage);
    EcnCodepoint codepoint = ecn_codepoint(frame);
    bool is_l4s = codepoint == ECN_ECT1 || codepoint == ECN_CE ||
                  (codepoint == ECN_ECT0 && ((const DualPi2Config *)self->queue.config)->any_ect);

    queue_count_in(&self->queue, frame);
    frame_queue_append(&self->frames[is_l4s ? DUALPI2_L4S : DUALPI2_CLASSIC], frame);
}

static void dualpi2_queue_enqueue(Queue *queue, Frame *frame)
{
    DualPi2Queue *self = (DualPi2Queue *)queue;
    int64_t since_ns[N_DUALPI2_QUEUES];

    dualpi2_queue_advance(self, since_ns);
    self->is_alone = queue->is_wire_free;
    stage_sift(queue->stage, frame, queue_admits, DROP_QUEUE_FULL, dualpi2_queue_keep);
}

// Takes the first segment of one queue and judges it; NULL when it was dropped.
static Frame *dualpi2_queue_take(DualPi2Queue *self, DualPi2Side side)
{
    Queue *queue = &self->queue;
    DualPi2Packet packet = {
        .side = side,
        .delay_ns = queue_sojourn_ns(queue, frame_queue_peek(&self->frames[side])),
        .backlog_bytes = queue->waiting.bytes,
    };
    Frame *front = queue_take_front(queue, &self->frames[side], 1);
    bool is_alone = self->is_alone;
    DualPi2Fate fate;

    self->is_alone = false;
    if (front == NULL)
        return NULL;
    packet.is_followed = !is_alone && frame_queue_peek(&self->frames[side]) != NULL;
    if (is_alone)
        packet.backlog_bytes = frame_wire_bytes(front);
    packet.knows_ecn = ecn_codepoint(front) != ECN_NOT_ECT;
    packet.draw = stage_draw(queue->stage, front, 0, 0);
    fate = dualpi2_judge(&self->dualpi2, &self->params, &packet);
    if (fate == DUALPI2_DROP) {
        stage_drop(queue->stage, front, DROP_AQM);
        return NULL;
    }
    if (fate == DUALPI2_MARK)
        queue_mark(queue, front);
    dualpi2_charge(&self->dualpi2, &self->params, side, (uint32_t)frame_wire_bytes(front),
                   frame_queue_peek(&self->frames[!side]) != NULL);
    return front;
}

static Frame *dualpi2_queue_dequeue(Queue *queue)
{
    DualPi2Queue *self = (DualPi2Queue *)queue;
    int64_t since_ns[N_DUALPI2_QUEUES];
    Frame *front = NULL;

    dualpi2_queue_advance(self, since_ns);
    while (front == NULL && queue->waiting.frames > 0) {
        dualpi2_since(self, since_ns);
        front = dualpi2_queue_take(self, dualpi2_choose(&self->dualpi2, &self->params, since_ns));
    }
    if (queue->waiting.frames == 0)
        dualpi2_rest(&self->dualpi2, &self->params);
    return front;
}

static Frame *dualpi2_queue_drain(Queue *queue)
{
    DualPi2Queue *self = (DualPi2Queue *)queue;
    int64_t since_ns[N_DUALPI2_QUEUES];
    Frame *head;

    dualpi2_since(self, since_ns);
    head =
        frame_queue_take(&self->frames[since_ns[DUALPI2_L4S] == DUALPI2_EMPTY_NS ||
                                               (since_ns[DUALPI2_CLASSIC] != DUALPI2_EMPTY_NS &&
                                                since_ns[DUALPI2_CLASSIC] < since_ns[DUALPI2_L4S])
                                           ? DUALPI2_CLASSIC
                                           : DUALPI2_L4S]);
    if (head != NULL)
        queue_count_out(queue, head);
    return head;
}

static uint64_t dualpi2_queue_held_frames(const Queue *queue)
{
    const DualPi2Queue *self = (const DualPi2Queue *)queue;

    return frame_queue_count(&self->frames[DUALPI2_L4S]) +
           frame_queue_count(&self->frames[DUALPI2_CLASSIC]);
}

static const QueueClass dualpi2_queue_class = {
    .queue_bytes = sizeof(DualPi2Queue),
    .init = dualpi2_queue_init,
    .apply = dualpi2_queue_apply,
    .clear = dualpi2_queue_clear,
    .enqueue = dualpi2_queue_enqueue,
    .dequeue = dualpi2_queue_dequeue,
    .drain = dualpi2_queue_drain,
    .held_frames = dualpi2_queue_held_frames,
};

static bool dualpi2_is_weighted(const void *config)
{
    return ((const DualPi2Config *)config)->scheduler == DUALPI2_WEIGHTED;
}

static bool dualpi2_is_time_shifted(const void *config)
{
    return ((const DualPi2Config *)config)->scheduler == DUALPI2_TIME_SHIFTED;
}

static const IdleParam dualpi2_idle_params[] = {
    {"shift", dualpi2_is_weighted, "without scheduler: time-shifted"},
    {"protection", dualpi2_is_time_shifted, "without scheduler: weighted"},
    {NULL, NULL, NULL},
};

static bool dualpi2_is_needed(const void *config)
{
    return ((const DualPi2Config *)config)->limit.amount != 0;
}

static Limit dualpi2_queue_limit(const void *config)
{
    return ((const DualPi2Config *)config)->limit;
}

const StageClass queue_dualpi2_stage_class = {
    .name = "queue_dualpi2",
    .summary = "DualPI2: L4S and classic traffic apart, their marks coupled",
    .position = STAGE_QUEUE,
    .selector = "discipline",
    .variant = "dualpi2",
    .needs_rate = true,
    .keys = dualpi2_keys,
    .config_bytes = sizeof(DualPi2Config),
    .queue = &dualpi2_queue_class,
    .is_needed = dualpi2_is_needed,
    .idle_params = dualpi2_idle_params,
    .queue_limit = dualpi2_queue_limit,
};
