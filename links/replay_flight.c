// SPDX-License-Identifier: Apache-2.0
// The flight of a replay, behind the rate: what is recorded as lost on the wire is dropped for the
// same reason; all else, and each recorded copy, is held for as long as it was under way, in the
// order of arrival that follows. A frame without a record is held for the link's delay.
//
// The time is counted from the frame's last bit sent, a super-frame's segments each by its own, so
// frames arrive at the very instants of the recording if they are sent at those. What arrives at
// one instant does so in the order of the recording, which a frame keeps in `due_lag_ns` while it
// is held. Where they are sent at other instants, what did not pass each other then shall not now:
// a frame that had passed none waits for all that came before it, and of those that had passed one
// each waits for the one before it.
#include "core/ecn.h"
#include "core/frame_heap.h"
#include "links/replay.h"

// Copies numbered from there on are made by rules of `faults`, which stay in force.
enum { REPLAY_OTHER_COPIES_FIRST = 128 };

#define NO_ORDER UINT32_MAX

typedef struct {
    Stage stage;
    Event due; // of the first of those under way
    FrameHeap under_way;
    const FateTable *table;
    size_t place;     // of the fate found last
    int64_t delay_ns; // of frames without a record

    // Of frames so far: the latest instant of all and the last place in the recording, and both of
    // the last frame that had passed another.
    int64_t last_due_ns, passing_due_ns;
    uint32_t last_order, passing_order;
} ReplayFlightStage;

static const StageKey replay_flight_keys[] = {{NULL, NULL, NULL}};

// What is to become of one segment.
typedef struct {
    const Fate *fate;  // NULL without
    int64_t due_ns;    // unless it is dropped
    uint32_t order;    // of those that arrive together
    DropReason reason; // N_DROP_REASONS: it is not
    bool is_marked;
    bool has_copies;
} Course;

static bool replay_flight_is_needed(const void *config)
{
    return ((const ReplayConfig *)config)->table != NULL;
}

static bool replay_flight_reorders(const void *config)
{
    return replay_flight_is_needed(config); // whether it does is in the recording
}

static int64_t segment_wired_ns(const Frame *frame, unsigned segment)
{
    unsigned n_gaps = frame->n_segments - 1u;

    if (n_gaps == 0)
        return frame->wired_ns;
    return frame->wired_ns -
           (int64_t)((uint64_t)frame->wired_span_ns * (n_gaps - segment) / n_gaps);
}

static int64_t replay_due_ns(const ReplayFlightStage *self, int64_t wired_ns, int64_t flight_ns)
{
    return MAX(wired_ns + flight_ns, engine_now(self->stage.engine));
}

static Course replay_course(ReplayFlightStage *self, const Frame *frame, unsigned segment)
{
    const Fate *fate = NULL, *copy;
    Course course = {.reason = N_DROP_REASONS, .order = NO_ORDER};

    if (self->table != NULL)
        fate = fate_table_find(self->table, frame->index + segment, frame->copy, &self->place);
    course.fate = fate;
    if (fate == NULL) {
        course.due_ns = replay_due_ns(self, segment_wired_ns(frame, segment), self->delay_ns);
        return course;
    }
    copy = frame->copy == 0 ? fate_table_next_copy(self->table, fate) : NULL;
    course.has_copies = copy != NULL && copy->copy < REPLAY_OTHER_COPIES_FIRST;
    if (fate->fate != FATE_DELIVERED) {
        course.reason = (DropReason)fate->fate;
        return course;
    }
    course.is_marked = fate->is_marked;
    course.order = fate->order;
    course.due_ns = replay_due_ns(self, segment_wired_ns(frame, segment), fate->flight_ns);
    return course;
}

// When a frame, whose last segment has that place in the recording, may arrive: not before
// `due_ns`.
static int64_t replay_in_order(ReplayFlightStage *self, int64_t due_ns, uint32_t order)
{
    if (order == NO_ORDER)
        return due_ns;
    if (order >= self->last_order) {
        due_ns = MAX(due_ns, self->last_due_ns);
        self->last_order = order;
    } else {
        if (order > self->passing_order)
            due_ns = MAX(due_ns, self->passing_due_ns);
        self->passing_order = order;
        self->passing_due_ns = due_ns;
    }
    self->last_due_ns = MAX(self->last_due_ns, due_ns);
    return due_ns;
}

static void replay_hold(ReplayFlightStage *self, Frame *frame, int64_t due_ns, uint32_t order)
{
    frame->due_ns = due_ns;
    frame->due_lag_ns = order;
    frame_heap_add(&self->under_way, frame);
    if (!event_is_armed(&self->due) || due_ns < self->due.due_ns)
        stage_arm(&self->stage, &self->due, due_ns);
}

static void replay_mark(ReplayFlightStage *self, Frame *frame)
{
    if (ecn_codepoint(frame) != ECN_CE && ecn_mark(frame))
        counter_add(&self->stage.lane->counters->marked_frames, frame->n_segments);
}

// The copies of `frame`, a single segment; it may be held already, since nothing leaves before the
// next event.
static void replay_copy(ReplayFlightStage *self, Frame *frame, const Fate *fate)
{
    uint8_t own_copy = frame->copy;

    while ((fate = fate_table_next_copy(self->table, fate)) != NULL &&
           fate->copy < REPLAY_OTHER_COPIES_FIRST) {
        Frame *copy = fate->fate == FATE_DELIVERED ? frame_copy(frame) : NULL;

        counter_add(&self->stage.lane->counters->copied_frames, 1);
        if (copy == NULL) {
            frame->copy = fate->copy;
            stage_count_drop(&self->stage, frame, 1,
                             fate->fate == FATE_DELIVERED ? DROP_NO_MEMORY
                                                          : (DropReason)fate->fate);
            frame->copy = own_copy;
            continue;
        }
        copy->copy = fate->copy;
        if (fate->is_marked)
            replay_mark(self, copy);
        replay_hold(self, copy,
                    replay_in_order(self, replay_due_ns(self, copy->wired_ns, fate->flight_ns),
                                    fate->order),
                    fate->order);
    }
}

// How many segments share the course of the first and may arrive with the last of them, which is
// when `*due_ns` is; the place of that is `*order`.
static unsigned replay_group(ReplayFlightStage *self, const Frame *frame, const Course *first,
                             int64_t *due_ns, uint32_t *order)
{
    unsigned n_together = 1;

    *due_ns = first->due_ns;
    *order = first->order;
    for (; n_together < frame->n_segments && !first->has_copies; n_together++) {
        Course next = replay_course(self, frame, n_together);

        if (next.has_copies || next.reason != first->reason || next.is_marked != first->is_marked)
            break;
        if (next.reason != N_DROP_REASONS)
            continue;
        if (next.due_ns < *due_ns || next.due_ns - first->due_ns > self->stage.lane->spacing_ns ||
            (next.due_ns == *due_ns && next.order != *order && next.order != *order + 1))
            break;
        *due_ns = next.due_ns;
        *order = next.order;
    }
    return n_together;
}

static void replay_flight_push(Sink *sink, Frame *frame)
{
    ReplayFlightStage *self = (ReplayFlightStage *)sink;

    while (frame != NULL) {
        Course course = replay_course(self, frame, 0);
        int64_t due_ns;
        uint32_t last_order;
        unsigned n_together = replay_group(self, frame, &course, &due_ns, &last_order);
        Frame *group = stage_take_front(&self->stage, &frame, n_together);

        if (group == NULL)
            continue;
        if (course.reason == N_DROP_REASONS) {
            if (course.is_marked)
                replay_mark(self, group);
            group->due_span_ns = (uint32_t)(due_ns - course.due_ns);
            replay_hold(self, group, replay_in_order(self, due_ns, last_order), course.order);
        }
        if (course.has_copies)
            replay_copy(self, group, course.fate);
        if (course.reason != N_DROP_REASONS)
            stage_drop(&self->stage, group, course.reason);
    }
}

// Adds `frame` to those that arrive at one instant, where its order says and behind its equals.
// `last` was added before: mostly it follows that.
static void replay_insert(Frame **first, Frame *last, Frame *frame)
{
    Frame **place = first;

    if (last != NULL && last->due_lag_ns <= frame->due_lag_ns)
        place = &last->next;
    while (*place != NULL && (*place)->due_lag_ns <= frame->due_lag_ns)
        place = &(*place)->next;
    frame->next = *place;
    *place = frame;
}

static void replay_flight_due(Event *event)
{
    ReplayFlightStage *self =
        (ReplayFlightStage *)((char *)event - offsetof(ReplayFlightStage, due));
    int64_t now_ns = engine_now(self->stage.engine), next_ns;
    Frame *first = NULL, *last = NULL;

    for (Frame *frame; (frame = frame_heap_take(&self->under_way, now_ns)) != NULL; last = frame)
        replay_insert(&first, last, frame);
    while (first != NULL) {
        Frame *frame = first;

        first = frame->next;
        frame->next = NULL;
        frame->due_lag_ns = 0;
        stage_forward(&self->stage, frame);
    }
    next_ns = frame_heap_first_due_ns(&self->under_way);
    if (next_ns != INT64_MAX)
        stage_arm(&self->stage, &self->due, next_ns);
}

static void replay_flight_init(Stage *stage)
{
    ReplayFlightStage *self = (ReplayFlightStage *)stage;

    event_init(&self->due, replay_flight_due);
    frame_heap_init(&self->under_way);
}

// Frames under way keep the instants that they were given.
static void replay_flight_apply(Stage *stage)
{
    ReplayFlightStage *self = (ReplayFlightStage *)stage;

    self->table = ((const ReplayConfig *)stage->config)->table;
    self->delay_ns = link_config_delay_ns(stage->lane->config);
}

static void replay_flight_clear(Stage *stage)
{
    ReplayFlightStage *self = (ReplayFlightStage *)stage;

    engine_disarm(stage->engine, &self->due);
    frame_heap_clear(&self->under_way);
}

static uint64_t replay_flight_held_frames(const Stage *stage)
{
    return frame_heap_count(&((const ReplayFlightStage *)stage)->under_way);
}

const StageClass replay_flight_stage_class = {
    .name = "replay-flight",
    .summary = "recorded losses on the wire, copies and times under way",
    .position = STAGE_WIRE, // so that what it loses makes bursts and gaps
    .keys = replay_flight_keys,
    .config_bytes = sizeof(ReplayConfig),
    .stage_bytes = sizeof(ReplayFlightStage),
    .event_offset = offsetof(ReplayFlightStage, due),
    .is_needed = replay_flight_is_needed,
    .init = replay_flight_init,
    .apply = replay_flight_apply,
    .clear = replay_flight_clear,
    .push = replay_flight_push,
    .held_frames = replay_flight_held_frames,
    .reorders = replay_flight_reorders,
};
