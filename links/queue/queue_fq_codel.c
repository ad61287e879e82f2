// SPDX-License-Identifier: Apache-2.0
// FQ-CoDel (RFC 8290): flows by a salted hash, each a queue with CoDel of its own, and turns by
// deficit round robin. When there is too much of all, the flow with the most bytes loses half of
// them at its head, or 64 packets (section 4.1; the batch is Linux's).
//
// CoDel's backlog is that of all flows, as in Linux: were it the flow's own, each could keep two
// packets waiting for ever, and the queue with many flows would never be short.
#include "core/flow_hash.h"
#include "links/queue/aqm_frames.h"
#include "links/queue/codel_config.h"
#include "links/queue/drr.h"
#include "links/queue/room.h"

enum { FQ_MAX_FLOWS = 65536, FQ_DROP_BATCH = 64 };

typedef struct {
    CodelConfig codel;
    uint64_t n_flows;
    uint64_t quantum_bytes;
    uint64_t memory_bytes;
} FqCodelConfig;

typedef struct {
    DrrFlow turn;
    FrameQueue frames;
    Codel codel;
} FqFlow;

typedef struct {
    Queue queue;
    Drr turns;
    FqFlow *flows;
    uint32_t n_flows;
} FqCodelQueue;

static const ParamSpec queue_fq_codel_params[] = {
    QUEUE_LIMIT_PARAM(offsetof(FqCodelConfig, codel.limit), "10240 packets"),
    CODEL_PARAMS(FqCodelConfig, codel., "yes"),
    {.name = "flows",
     .type = PARAM_COUNT,
     .offset = offsetof(FqCodelConfig, n_flows),
     .fallback = "1024",
     .min = 1,
     .max = FQ_MAX_FLOWS,
     .summary = "queues into which flows are put by their hash"},
    {.name = "quantum",
     .type = PARAM_SIZE,
     .offset = offsetof(FqCodelConfig, quantum_bytes),
     .fallback = "1514B",
     .min = 1,
     .max = 1000000,
     .summary = "what a flow may send each round"},
    {.name = "memory",
     .type = PARAM_SIZE,
     .offset = offsetof(FqCodelConfig, memory_bytes),
     .fallback = "32MB",
     .min = 1,
     .summary = "how much may wait in bytes, whatever limit says"},
    PARAM_END,
};

static const StageKey queue_fq_codel_keys[] = {
    {"queue", queue_fq_codel_params, "FQ-CoDel: flows take turns, each with CoDel of its own",
     "waits in the queue of its flow, one of {flows} that take turns and are kept short by CoDel, "
     "longer than {target} for {interval} being too long; {limit} in all"},
    {NULL, NULL, NULL},
};

static FqFlow *fq_flow_of(FqCodelQueue *self, const Frame *frame)
{
    return &self->flows[flow_hash_bucket(flow_hash(frame, self->queue.stage->key), self->n_flows)];
}

static void fq_append(FqCodelQueue *self, FqFlow *flow, Frame *frame)
{
    queue_count_in(&self->queue, frame);
    frame_queue_append(&flow->frames, frame);
    drr_join(&self->turns, &flow->turn, DRR_NEW);
}

static FqFlow *fq_fattest_of(const DrrList *list, FqFlow *fattest)
{
    for (DrrFlow *turn = list->head; turn != NULL; turn = turn->next) {
        FqFlow *flow = (FqFlow *)turn;

        if (fattest == NULL || flow->frames.n_bytes > fattest->frames.n_bytes)
            fattest = flow;
    }
    return fattest;
}

// Makes room at the expense of the flow that has the most bytes.
static void fq_drop_fattest(FqCodelQueue *self, Backlog *backlog)
{
    FqFlow *flow =
        fq_fattest_of(&self->turns.old_flows, fq_fattest_of(&self->turns.new_flows, NULL));
    uint64_t half_bytes, left_bytes;

    if (flow == NULL || frame_queue_peek(&flow->frames) == NULL)
        return;
    half_bytes = flow->frames.n_bytes / 2;
    left_bytes = flow->frames.n_bytes - half_bytes;
    for (unsigned n = 0; n < FQ_DROP_BATCH && frame_queue_peek(&flow->frames) != NULL; n++) {
        room_drop_head(&self->queue, &flow->frames, 1, backlog);
        if (flow->frames.n_bytes <= left_bytes)
            break;
    }
}

// How many segments of its head the flow may send in its turn as one.
static unsigned fq_group_size(const FqCodelQueue *self, const FqFlow *flow,
                              const CodelParams *params)
{
    const Queue *queue = &self->queue;
    const Frame *head = frame_queue_peek(&flow->frames);
    AqmPacket packet;
    unsigned n_group;

    if (head == NULL || head->n_segments == 1)
        return 1;
    n_group = drr_n_packets(&self->turns, &flow->turn, queue_group_size(queue, head),
                            frame_segment_bytes(head));
    packet = aqm_frames_peek(queue, &flow->frames, n_group);
    return codel_is_calm(&flow->codel, params, &packet, engine_now(queue->stage->engine),
                         aqm_frames_until_ns(queue))
               ? n_group
               : 1;
}

static Frame *fq_codel_dequeue(Queue *queue)
{
    FqCodelQueue *self = (FqCodelQueue *)queue;
    const FqCodelConfig *config = queue->config;
    CodelParams params = codel_config_params(&config->codel);
    int64_t now_ns = engine_now(queue->stage->engine);
    DrrFlow *turn;

    while ((turn = drr_turn(&self->turns)) != NULL) {
        FqFlow *flow = (FqFlow *)turn;
        AqmFrames frames = {queue, &flow->frames, config->codel.ecn,
                            fq_group_size(self, flow, &params), NULL};

        if (codel_dequeue(&flow->codel, &params, now_ns, &aqm_frames_class, &frames)) {
            drr_charge_group(&self->turns, turn, frames.at_hand->n_segments,
                             frame_segment_bytes(frames.at_hand),
                             frame_last_segment_bytes(frames.at_hand));
            return frames.at_hand;
        }
        drr_rest(&self->turns, turn);
    }
    return NULL;
}

static void fq_codel_enqueue(Queue *queue, Frame *frame)
{
    FqCodelQueue *self = (FqCodelQueue *)queue;
    const FqCodelConfig *config = queue->config;
    FqFlow *flow = fq_flow_of(self, frame);
    Room room = room_of(queue);
    Backlog backlog = queue->backlog;
    Frame *first;

    // When the wire fell idle a packet was asked for in vain, which takes all flows off the lists.
    if (queue->is_wire_free)
        fq_codel_dequeue(queue);
    if (!queue->takes_all)
        room.limit_bytes = MIN(room.limit_bytes, config->memory_bytes);
    first = room_set_first_aside(&room, queue, &frame);
    if (queue->is_wire_free) {
        fq_append(self, flow, frame);
        return;
    }
    while (frame != NULL) {
        unsigned n_fit = room_n_segments(&room, backlog, &queue->overhead, frame);
        bool is_over = n_fit < frame->n_segments;
        Frame *front = stage_take_front(queue->stage, &frame, is_over ? n_fit + 1 : n_fit);

        if (front == NULL)
            continue;
        backlog_add_frame(&backlog, &queue->overhead, front);
        fq_append(self, flow, front);
        if (is_over)
            fq_drop_fattest(self, &backlog);
    }
    if (first != NULL) {
        queue_count_in(queue, first);
        frame_queue_prepend(&flow->frames, first);
        drr_join(&self->turns, &flow->turn, DRR_NEW);
    }
}

static Frame *fq_codel_drain(Queue *queue)
{
    FqCodelQueue *self = (FqCodelQueue *)queue;

    for (DrrFlow *turn; (turn = drr_turn(&self->turns)) != NULL; drr_rest(&self->turns, turn)) {
        Frame *frame = frame_queue_take(&((FqFlow *)turn)->frames);

        if (frame != NULL) {
            queue_count_out(queue, frame);
            return frame;
        }
    }
    return NULL;
}

// Another number of queues: what waits is put into them anew and keeps its time.
static void fq_change_flows(FqCodelQueue *self, uint32_t n_flows)
{
    FqFlow *before = self->flows;
    FrameQueue all;

    frame_queue_init(&all);
    for (Frame *frame; before != NULL && (frame = fq_codel_drain(&self->queue)) != NULL;)
        frame_queue_append(&all, frame);
    g_free(before);
    self->flows = g_new0(FqFlow, n_flows);
    self->n_flows = n_flows;
    for (uint32_t i = 0; i < n_flows; i++)
        frame_queue_init(&self->flows[i].frames);
    for (Frame *frame; (frame = frame_queue_take(&all)) != NULL;) {
        int64_t queued_ns = frame->wired_ns;

        fq_append(self, fq_flow_of(self, frame), frame);
        frame->wired_ns = queued_ns;
    }
}

static void fq_codel_init(Queue *queue)
{
    drr_init(&((FqCodelQueue *)queue)->turns);
}

static void fq_codel_apply(Queue *queue)
{
    FqCodelQueue *self = (FqCodelQueue *)queue;
    const FqCodelConfig *config = queue->config;

    if (self->n_flows != config->n_flows)
        fq_change_flows(self, (uint32_t)config->n_flows);
    for (uint32_t i = 0; i < self->n_flows; i++)
        self->flows[i].turn.quantum_bytes = (uint32_t)config->quantum_bytes;
}

static void fq_codel_clear(Queue *queue)
{
    FqCodelQueue *self = (FqCodelQueue *)queue;

    for (uint32_t i = 0; i < self->n_flows; i++)
        frame_queue_clear(&self->flows[i].frames);
    g_free(self->flows);
}

static uint64_t fq_codel_held_frames(const Queue *queue)
{
    const FqCodelQueue *self = (const FqCodelQueue *)queue;
    uint64_t n_frames = 0;

    for (uint32_t i = 0; i < self->n_flows; i++)
        n_frames += frame_queue_count(&self->flows[i].frames);
    return n_frames;
}

static const QueueClass fq_codel_queue_class = {
    .queue_bytes = sizeof(FqCodelQueue),
    .init = fq_codel_init,
    .apply = fq_codel_apply,
    .clear = fq_codel_clear,
    .enqueue = fq_codel_enqueue,
    .dequeue = fq_codel_dequeue,
    .drain = fq_codel_drain,
    .held_frames = fq_codel_held_frames,
};

static bool queue_fq_codel_is_needed(const void *config)
{
    (void)config;
    return true;
}

static bool queue_fq_codel_check(const void *config, GError **error)
{
    const CodelConfig *codel = &((const FqCodelConfig *)config)->codel;

    return codel_config_check(codel->target_ns, codel->interval_ns, error);
}

static Limit queue_fq_codel_limit(const void *config)
{
    return ((const FqCodelConfig *)config)->codel.limit;
}

const StageClass queue_fq_codel_stage_class = {
    .name = "queue_fq_codel",
    .summary = "flow queues with controlled delay (RFC 8290)",
    .position = STAGE_QUEUE,
    .selector = "discipline",
    .variant = "fq-codel",
    .needs_rate = true,
    .keys = queue_fq_codel_keys,
    .config_bytes = sizeof(FqCodelConfig),
    .queue = &fq_codel_queue_class,
    .is_needed = queue_fq_codel_is_needed,
    .check = queue_fq_codel_check,
    .queue_limit = queue_fq_codel_limit,
};
