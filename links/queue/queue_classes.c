// SPDX-License-Identifier: Apache-2.0
// Classes of traffic as a discipline: each has a queue and a limit of its own. Strict ones are
// served before all others, in their order; the others share what is left by their weights, in
// deficit round robin.
#include "core/scale.h"
#include "links/queue/class_table.h"
#include "links/queue/drr.h"
#include "links/queue/room.h"

#define NS_PER_S UINT64_C(1000000000)

typedef struct {
    ParamObject object;
    ClassTable table;
} ClassesObject;

typedef struct {
    Limit limit;
    const ParamObject *classes;
} ClassesConfig;

typedef struct {
    DrrFlow turn; // of one with a weight
    FrameQueue frames;
    uint64_t wire_bytes;
    Room room;
} ClassQueue;

typedef struct {
    Queue queue;
    Drr turns;
    ClassesObject *object; // a reference of its own
    ClassQueue classes[CLASS_TABLE_MAX_CLASSES];
    ClassQueue *served;   // the one that what is under way belonged to
    ClassQueue *entering; // and the one that what is put in belongs to
} ClassesQueue;

static ParamObject *classes_parse(const char *name, const char *text, size_t n_bytes,
                                  GError **error)
{
    ClassesObject *object = g_new0(ClassesObject, 1);

    (void)name;
    (void)n_bytes;
    if (class_table_parse(&object->table, text, error))
        return &object->object;
    g_free(object);
    return NULL;
}

static void classes_free(ParamObject *object)
{
    g_free(object);
}

static const ParamObjectClass classes_object_class = {
    .noun = "classes such as \"ef: strict, af41: weight 3, default: weight 1\"",
    .parse = classes_parse,
    .free = classes_free,
};

static const ParamSpec queue_classes_params[] = {
    QUEUE_LIMIT_PARAM(offsetof(ClassesConfig, limit), NULL),
    {.name = "classes",
     .type = PARAM_OBJECT,
     .offset = offsetof(ClassesConfig, classes),
     .required = true,
     .object_class = &classes_object_class,
     .summary = "what belongs to each class, and how it is served"},
    PARAM_END,
};

static const StageKey queue_classes_keys[] = {
    {"queue", queue_classes_params, "classes of traffic, strict or by weight; limit is of each",
     "waits in the queue of its class, of {limit} each: {classes}"},
    {NULL, NULL, NULL},
};

static void classes_count_in(ClassesQueue *self, ClassQueue *class, Frame *frame)
{
    queue_count_in(&self->queue, frame);
    class->wire_bytes += overhead_frame_wire_bytes(&self->queue.overhead, frame);
}

static void classes_append(ClassesQueue *self, ClassQueue *class, Frame *frame)
{
    classes_count_in(self, class, frame);
    frame_queue_append(&class->frames, frame);
    drr_join(&self->turns, &class->turn, DRR_OLD);
}

static ClassQueue *classes_find(ClassesQueue *self, const Frame *frame)
{
    return &self->classes[class_table_find(&self->object->table, frame)];
}

static void classes_keep(Stage *stage, Frame *frame)
{
    ClassesQueue *self = (ClassesQueue *)stage_queue(stage);

    classes_append(self, self->entering, frame);
}

// What waits in its class counts, and what is under way of it but has not begun to be sent.
static void classes_enqueue(Queue *queue, Frame *frame)
{
    ClassesQueue *self = (ClassesQueue *)queue;
    ClassQueue *class = classes_find(self, frame);
    Backlog backlog = {class->frames.n_frames, class->frames.n_bytes, class->wire_bytes};

    // When the wire fell idle, no class had anything to send: each begins anew.
    for (DrrFlow *turn; queue->is_wire_free && (turn = drr_turn(&self->turns)) != NULL;)
        drr_rest(&self->turns, turn);
    if (class == self->served) {
        backlog.frames += queue->backlog.frames - queue->waiting.frames;
        backlog.bytes += queue->backlog.bytes - queue->waiting.bytes;
        backlog.wire_bytes += queue->backlog.wire_bytes - queue->waiting.wire_bytes;
    }
    queue->backlog = backlog;
    if (!queue->takes_all) {
        queue->limit_frames = class->room.limit_frames;
        queue->limit_bytes = class->room.limit_bytes;
        queue->limit_wire_bytes = class->room.limit_wire_bytes;
    }
    self->entering = class;
    stage_sift(queue->stage, frame, queue_admits, DROP_QUEUE_FULL, classes_keep);
}

// The first `n_segments` of what waits first in a class.
static Frame *classes_take(ClassesQueue *self, ClassQueue *class, unsigned n_segments)
{
    uint64_t wire_bytes = self->queue.waiting.wire_bytes;
    Frame *group = queue_take_front(&self->queue, &class->frames, n_segments);

    class->wire_bytes -= wire_bytes - self->queue.waiting.wire_bytes;
    self->served = class;
    return group;
}

static Frame *classes_dequeue_strict(ClassesQueue *self)
{
    const ClassTable *table = &self->object->table;

    for (unsigned i = 0; i < table->n_classes; i++) {
        ClassQueue *class = &self->classes[i];
        Frame *group, *head;

        while (table->classes[i].is_strict && (head = frame_queue_peek(&class->frames)) != NULL) {
            group = classes_take(self, class, queue_group_size(&self->queue, head));
            if (group != NULL)
                return group;
        }
    }
    return NULL;
}

static Frame *classes_dequeue(Queue *queue)
{
    ClassesQueue *self = (ClassesQueue *)queue;
    Frame *group = classes_dequeue_strict(self);
    DrrFlow *turn;

    while (group == NULL && (turn = drr_turn(&self->turns)) != NULL) {
        ClassQueue *class = (ClassQueue *)turn;
        Frame *head = frame_queue_peek(&class->frames);

        if (head == NULL) {
            drr_rest(&self->turns, turn);
            continue;
        }
        group = classes_take(self, class,
                             drr_n_packets(&self->turns, turn, queue_group_size(queue, head),
                                           frame_segment_bytes(head)));
        if (group != NULL)
            drr_charge_group(&self->turns, turn, group->n_segments, frame_segment_bytes(group),
                             frame_last_segment_bytes(group));
    }
    return group;
}

static Frame *classes_drain(Queue *queue)
{
    ClassesQueue *self = (ClassesQueue *)queue;

    for (unsigned i = 0; i < CLASS_TABLE_MAX_CLASSES; i++) {
        ClassQueue *class = &self->classes[i];
        Frame *head = frame_queue_peek(&class->frames);

        if (head != NULL)
            return classes_take(self, class, head->n_segments);
    }
    return NULL;
}

static void classes_init(Queue *queue)
{
    ClassesQueue *self = (ClassesQueue *)queue;

    drr_init(&self->turns);
    for (unsigned i = 0; i < CLASS_TABLE_MAX_CLASSES; i++)
        frame_queue_init(&self->classes[i].frames);
}

// Other classes: what waits goes into them as it is, and keeps its time.
static void classes_change(ClassesQueue *self, const ParamObject *object)
{
    FrameQueue all;

    frame_queue_init(&all);
    for (Frame *frame; (frame = classes_drain(&self->queue)) != NULL;)
        frame_queue_append(&all, frame);
    if (self->object != NULL)
        param_object_unref(&self->object->object);
    self->object = (ClassesObject *)param_object_ref((ParamObject *)object);
    self->served = NULL;
    drr_init(&self->turns);
    for (unsigned i = 0; i < CLASS_TABLE_MAX_CLASSES; i++)
        self->classes[i].turn = (DrrFlow){.quantum_bytes = QUEUE_FULL_FRAME_BYTES};
    for (Frame *frame; (frame = frame_queue_take(&all)) != NULL;) {
        int64_t queued_ns = frame->wired_ns;

        classes_append(self, classes_find(self, frame), frame);
        frame->wired_ns = queued_ns;
    }
}

static Room classes_room(const Queue *queue, Limit limit)
{
    Room room = {UINT64_MAX, UINT64_MAX, UINT64_MAX};

    if (limit.unit == LIMIT_PACKETS)
        room.limit_frames = limit.amount;
    else if (limit.unit == LIMIT_BYTES)
        room.limit_bytes = limit.amount;
    else if (queue->rate_bps > 0)
        room.limit_wire_bytes = scale(queue->rate_bps, limit.amount, 8 * NS_PER_S);
    return room;
}

static void classes_apply(Queue *queue)
{
    ClassesQueue *self = (ClassesQueue *)queue;
    const ClassesConfig *config = queue->config;

    if (self->object != (const ClassesObject *)config->classes)
        classes_change(self, config->classes);
    for (unsigned i = 0; i < self->object->table.n_classes; i++) {
        const TrafficClass *class = &self->object->table.classes[i];

        self->classes[i].room =
            class->limit.amount != 0 ? classes_room(queue, class->limit) : room_of(queue);
        if (!class->is_strict)
            self->classes[i].turn.quantum_bytes = class->weight * QUEUE_FULL_FRAME_BYTES;
    }
}

static void classes_clear(Queue *queue)
{
    ClassesQueue *self = (ClassesQueue *)queue;

    for (unsigned i = 0; i < CLASS_TABLE_MAX_CLASSES; i++)
        frame_queue_clear(&self->classes[i].frames);
    if (self->object != NULL)
        param_object_unref(&self->object->object);
}

static uint64_t classes_held_frames(const Queue *queue)
{
    const ClassesQueue *self = (const ClassesQueue *)queue;
    uint64_t n_frames = 0;

    for (unsigned i = 0; i < CLASS_TABLE_MAX_CLASSES; i++)
        n_frames += frame_queue_count(&self->classes[i].frames);
    return n_frames;
}

static const QueueClass classes_queue_class = {
    .queue_bytes = sizeof(ClassesQueue),
    .init = classes_init,
    .apply = classes_apply,
    .clear = classes_clear,
    .enqueue = classes_enqueue,
    .dequeue = classes_dequeue,
    .drain = classes_drain,
    .held_frames = classes_held_frames,
};

static bool queue_classes_is_needed(const void *config)
{
    (void)config;
    return true;
}

static bool queue_classes_check(const void *config, GError **error)
{
    if (((const ClassesConfig *)config)->classes != NULL)
        return true;
    g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_FORM,
                "queue: the discipline classes needs classes: \"ef: strict, default: weight 1\"");
    return false;
}

static Limit queue_classes_limit(const void *config)
{
    return ((const ClassesConfig *)config)->limit;
}

const StageClass queue_classes_stage_class = {
    .name = "queue_classes",
    .summary = "classes of traffic, strict or by weight",
    .position = STAGE_QUEUE,
    .selector = "discipline",
    .variant = "classes",
    .needs_rate = true,
    .keys = queue_classes_keys,
    .config_bytes = sizeof(ClassesConfig),
    .queue = &classes_queue_class,
    .is_needed = queue_classes_is_needed,
    .check = queue_classes_check,
    .queue_limit = queue_classes_limit,
};
