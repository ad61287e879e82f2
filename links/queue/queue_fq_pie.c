// SPDX-License-Identifier: Apache-2.0
// FQ-PIE: a queue for each flow, or a few that share a bucket, each ruled by a PIE of its own, and
// deficit round robin among them as in FQ-CoDel.
//
// How it works: the rate that a flow gets is not known, so the delay that its PIE goes by is how
// long the packet waited that was taken last, 0 once none is left (RFC 8033, Appendix A, and
// Linux's fq_pie). It changes only when a packet of the flow is taken; the updates in between are
// made up for on its next packet, so flows at rest cost nothing.
#include "core/flow_hash.h"
#include "links/queue/admission.h"
#include "links/queue/drr.h"
#include "links/queue/pie_config.h"

enum { FQ_PIE_MAX_FLOWS = 65536 };

typedef struct {
    PieConfig pie;
    uint64_t n_flows;
    uint64_t quantum_bytes;
} FqPieConfig;

typedef struct {
    DrrFlow drr; // first: drr_turn() gives it
    FrameQueue frames;
    Pie pie;
    int64_t delay_ns;
} FqPieFlow;

typedef struct {
    Queue queue;
    Drr drr;
    PieParams params;
    FqPieFlow *flows;
    uint32_t n_flows;
    FqPieFlow *flow;         // of the frame being let in
    uint64_t arriving_bytes; // of it, let in so far to wait
} FqPieQueue;

static const ParamSpec fq_pie_params[] = {
    QUEUE_LIMIT_PARAM(offsetof(FqPieConfig, pie.limit), "10240 packets"),
    PIE_CONFIG_PARAMS,
    {.name = "flows",
     .type = PARAM_COUNT,
     .offset = offsetof(FqPieConfig, n_flows),
     .fallback = "1024",
     .min = 1,
     .max = FQ_PIE_MAX_FLOWS,
     .summary = "queues into which flows are put by their hash"},
    {.name = "quantum",
     .type = PARAM_SIZE,
     .offset = offsetof(FqPieConfig, quantum_bytes),
     .fallback = "1514B",
     .min = 1,
     .max = 1000000,
     .summary = "how much a flow may send in its turn"},
    PARAM_END,
};

static const StageKey fq_pie_keys[] = {
    {"queue", fq_pie_params, "what waits for its turn, flows apart, each ruled by PIE",
     "waits in the queue of its flow, which takes turns with the others and the delay of which PIE "
     "holds near {target}; {limit} in all"},
    {NULL, NULL, NULL},
};

static void fq_pie_init(Queue *queue)
{
    drr_init(&((FqPieQueue *)queue)->drr);
}

static FqPieFlow *fq_pie_flow_of(FqPieQueue *self, const Frame *frame)
{
    uint64_t hash = flow_hash(frame, self->queue.stage->key);

    return &self->flows[flow_hash_bucket(hash, self->n_flows)];
}

static void fq_pie_advance(FqPieQueue *self, FqPieFlow *flow)
{
    pie_advance(&flow->pie, &self->params, engine_now(self->queue.stage->engine), flow->delay_ns);
}

static Admission fq_pie_judge(Queue *queue, const Frame *frame, unsigned segment)
{
    FqPieQueue *self = (FqPieQueue *)queue;
    FqPieFlow *flow = self->flow;
    uint64_t backlog_bytes = flow->frames.n_bytes + self->arriving_bytes;
    uint64_t before_bytes = queue->backlog.bytes;
    uint32_t draw = (uint32_t)(stage_draw(queue->stage, frame, segment, 0) >> 32);
    bool is_hit = pie_hits(&flow->pie, &self->params, backlog_bytes, flow->delay_ns, draw);
    Admission fate =
        admission_of(queue, frame, segment, is_hit,
                     ((const PieConfig *)queue->config)->ecn && pie_may_mark(&flow->pie));

    if (fate == ADMISSION_FULL)
        pie_overflow(&flow->pie);
    // One that finds the wire free does not wait.
    self->arriving_bytes += queue->backlog.bytes - before_bytes;
    return fate;
}

static void fq_pie_keep(Queue *queue, Frame *frame)
{
    FqPieQueue *self = (FqPieQueue *)queue;

    queue_count_in(queue, frame);
    self->arriving_bytes = 0;
    frame_queue_append(&self->flow->frames, frame);
    drr_join(&self->drr, &self->flow->drr, DRR_NEW);
}

// The flow whose turn it is and that has something to send, NULL without one.
static FqPieFlow *fq_pie_turn(FqPieQueue *self)
{
    FqPieFlow *flow;

    while ((flow = (FqPieFlow *)drr_turn(&self->drr)) != NULL) {
        if (frame_queue_peek(&flow->frames) != NULL)
            return flow;
        drr_rest(&self->drr, &flow->drr);
    }
    return NULL;
}

static void fq_pie_enqueue(Queue *queue, Frame *frame)
{
    FqPieQueue *self = (FqPieQueue *)queue;

    // When the wire fell idle a packet was asked for in vain, which takes all flows off the lists.
    if (queue->is_wire_free)
        fq_pie_turn(self);
    self->flow = fq_pie_flow_of(self, frame);
    self->arriving_bytes = 0;
    fq_pie_advance(self, self->flow);
    admission_sift(queue, frame, fq_pie_judge, fq_pie_keep);
}

// One segment at a time: it may be another flow's turn behind each.
static Frame *fq_pie_dequeue(Queue *queue)
{
    FqPieQueue *self = (FqPieQueue *)queue;
    FqPieFlow *flow;

    while ((flow = fq_pie_turn(self)) != NULL) {
        int64_t sojourn_ns = queue_sojourn_ns(queue, frame_queue_peek(&flow->frames));
        Frame *front;

        fq_pie_advance(self, flow);
        front = queue_take_front(queue, &flow->frames, 1);
        flow->delay_ns = frame_queue_peek(&flow->frames) != NULL ? sojourn_ns : 0;
        if (front == NULL)
            continue;
        drr_charge(&flow->drr, frame_wire_bytes(front));
        return front;
    }
    return NULL;
}

// In turns, cut where one ends, so that a super-frame stands where its segments would.
static Frame *fq_pie_drain(Queue *queue)
{
    FqPieQueue *self = (FqPieQueue *)queue;
    FqPieFlow *flow;

    while ((flow = fq_pie_turn(self)) != NULL) {
        const Frame *head = frame_queue_peek(&flow->frames);
        unsigned n_segments =
            drr_n_packets(&self->drr, &flow->drr, head->n_segments, frame_segment_bytes(head));
        Frame *front = queue_take_front(queue, &flow->frames, n_segments);

        if (front == NULL)
            continue;
        drr_charge_group(&self->drr, &flow->drr, front->n_segments, frame_segment_bytes(front),
                         frame_last_segment_bytes(front));
        return front;
    }
    return NULL;
}

// Another number of queues: what waits is put into them anew and keeps its time; each PIE is as at
// rest.
static void fq_pie_change_flows(FqPieQueue *self, uint32_t n_flows)
{
    FqPieFlow *before = self->flows;
    FrameQueue all;

    frame_queue_init(&all);
    for (Frame *frame; before != NULL && (frame = fq_pie_drain(&self->queue)) != NULL;)
        frame_queue_append(&all, frame);
    g_free(before);
    self->flows = g_new0(FqPieFlow, n_flows);
    self->n_flows = n_flows;
    for (uint32_t n = 0; n < n_flows; n++) {
        frame_queue_init(&self->flows[n].frames);
        pie_init(&self->flows[n].pie, &self->params, engine_now(self->queue.stage->engine));
    }
    for (Frame *frame; (frame = frame_queue_take(&all)) != NULL;) {
        int64_t queued_ns = frame->wired_ns;

        self->flow = fq_pie_flow_of(self, frame);
        fq_pie_keep(&self->queue, frame);
        frame->wired_ns = queued_ns;
    }
}

static void fq_pie_apply(Queue *queue)
{
    FqPieQueue *self = (FqPieQueue *)queue;
    const FqPieConfig *config = queue->config;
    int64_t now_ns = engine_now(queue->stage->engine);

    for (uint32_t n = 0; n < self->n_flows; n++)
        fq_pie_advance(self, &self->flows[n]);
    self->params = pie_config_params(&config->pie);
    if (self->n_flows != config->n_flows)
        fq_pie_change_flows(self, (uint32_t)config->n_flows);
    for (uint32_t n = 0; n < self->n_flows; n++) {
        pie_apply(&self->flows[n].pie, &self->params, now_ns);
        self->flows[n].drr.quantum_bytes = (uint32_t)config->quantum_bytes;
    }
}

static void fq_pie_clear(Queue *queue)
{
    FqPieQueue *self = (FqPieQueue *)queue;

    for (uint32_t n = 0; n < self->n_flows; n++)
        frame_queue_clear(&self->flows[n].frames);
    g_free(self->flows);
}

static uint64_t fq_pie_held_frames(const Queue *queue)
{
    const FqPieQueue *self = (const FqPieQueue *)queue;
    uint64_t n_frames = 0;

    for (unsigned n = 0; n < self->n_flows; n++)
        n_frames += frame_queue_count(&self->flows[n].frames);
    return n_frames;
}

static const QueueClass fq_pie_queue_class = {
    .queue_bytes = sizeof(FqPieQueue),
    .init = fq_pie_init,
    .apply = fq_pie_apply,
    .clear = fq_pie_clear,
    .enqueue = fq_pie_enqueue,
    .dequeue = fq_pie_dequeue,
    .drain = fq_pie_drain,
    .held_frames = fq_pie_held_frames,
};

static bool fq_pie_is_needed(const void *config)
{
    return ((const PieConfig *)config)->limit.amount != 0;
}

static Limit fq_pie_queue_limit(const void *config)
{
    return ((const PieConfig *)config)->limit;
}

const StageClass queue_fq_pie_stage_class = {
    .name = "queue_fq_pie",
    .summary = "FQ-PIE: flows apart by deficit round robin, each ruled by PIE",
    .position = STAGE_QUEUE,
    .selector = "discipline",
    .variant = "fq-pie",
    .needs_rate = true,
    .keys = fq_pie_keys,
    .config_bytes = sizeof(FqPieConfig),
    .queue = &fq_pie_queue_class,
    .is_needed = fq_pie_is_needed,
    .queue_limit = fq_pie_queue_limit,
};
