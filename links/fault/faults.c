// SPDX-License-Identifier: Apache-2.0
// Faults: rules that a frame meets one after the other before anything else of the link. The first
// that drops, answers, delays or duplicates it decides; one that edits it passes it on to the next,
// which sees it edited.
//
// How it works: a rule is asked about each segment of a super-frame in order, and this is cut where
// its answer changes; each run goes on by itself. So every rule numbers the frames that match it in
// the order in which they would have come apart. A delayed frame waits in a queue of its rule: all
// of them wait for the same time, so they keep their order among themselves.
//
// An answer enters the other direction at its far end: it arrives at once, as from a router
// right behind the sender. It does so by an event, lest a sender receive while it sends.
#include "links/fault/faults.h"

#include "core/flow_hash.h"
#include "core/frame_queue.h"
#include "core/icmp_error.h"
#include "links/fault/flow_memory.h"
#include "links/link_config.h"

enum { FAULT_COPY_FIRST = 128 }; // apart from those that the link's own duplication makes

typedef struct FaultsStage FaultsStage;

// A rule of this direction, and what has come of it.
typedef struct {
    const FaultRule *rule;
    FaultsStage *stage;
    FaultCounters counters;
    FlowMemory *flows;  // of first per flow
    FrameQueue delayed; // of FAULT_DELAY
    Event due;          // of its head
} FaultState;

struct FaultsStage {
    Stage stage;
    FaultList *list; // one reference
    FaultState *states;
    unsigned n_states;
    FrameQueue answers;
    Event answer;
};

static const ParamSpec faults_params[] = {
    {.name = "rules",
     .type = PARAM_OBJECT,
     .offset = offsetof(FaultsConfig, list),
     .object_class = &fault_list_class,
     .summary = "a list of rules, each with one action"},
    PARAM_END,
};

static const StageKey faults_keys[] = {
    {"faults", faults_params, "what is done to frames that are aimed at exactly"},
    {NULL, NULL, NULL},
};

void faults_set_list(LinkConfig *config, FaultList *list)
{
    link_config_set_object(config, &faults_stage_class, faults_params, &list->object);
}

const FaultList *faults_list(const LinkConfig *config)
{
    return ((const FaultsConfig *)link_config_of(config, &faults_stage_class))->list;
}

const FaultCounters *faults_counters(const Stage *stage, unsigned index)
{
    return &((const FaultsStage *)stage)->states[index].counters;
}

static bool faults_is_needed(const void *config)
{
    const FaultList *list = ((const FaultsConfig *)config)->list;

    return list != NULL && list->rules->len > 0;
}

static bool rule_is_about(const FaultRule *rule, Frame *frame, unsigned segment)
{
    SegmentView bytes;
    FaultView view;
    bool is_about;

    if (rule->matcher == NULL && rule->action->affects == NULL)
        return true;
    segment_view_open(&bytes, frame, segment);
    is_about = rule->matcher == NULL ||
               rule->matcher->match(rule->matcher, bytes.bytes, bytes.length_bytes);
    if (is_about && rule->action->affects != NULL) {
        fault_view_init(&view, frame, bytes.bytes, bytes.length_bytes);
        is_about = rule->action->affects(&rule->config, &view);
    }
    segment_view_close(&bytes, frame);
    return is_about;
}

// Whether the rule chooses the segment, the `number`-th that matches.
static bool state_chooses(FaultState *state, const Frame *frame, unsigned segment, uint64_t number)
{
    const Stage *stage = &state->stage->stage;
    const FaultRule *rule = state->rule;

    if (rule->which.kind == FAULT_CHOICE_SHARE)
        return stage_hits(stage, frame, segment, rule->number, rule->which.share);
    if (rule->which.kind == FAULT_CHOICE_FIRST_PER_FLOW)
        return flow_memory_add(state->flows, flow_hash(frame, stage->key));
    return fault_choice_has(&rule->which, number);
}

// Asked once for each segment, in order.
static bool state_hits(FaultState *state, Frame *frame, unsigned segment)
{
    FaultCounters *counters = &state->counters;

    if (!rule_is_about(state->rule, frame, segment))
        return false;
    counter_add(&counters->matched_frames, 1);
    if (!state_chooses(state, frame, segment, counter_get(&counters->matched_frames)))
        return false;
    counter_add(&counters->hit_frames, 1);
    return true;
}

static void state_delay(FaultState *state, Frame *frame)
{
    Engine *engine = state->stage->stage.engine;

    frame->due_ns = engine_now(engine) + state->rule->config.delay_ns;
    frame_queue_append(&state->delayed, frame);
    if (!event_is_armed(&state->due))
        engine_arm(engine, &state->due, frame->due_ns);
}

static void state_due(Event *event)
{
    FaultState *state = (FaultState *)((char *)event - offsetof(FaultState, due));
    Stage *stage = &state->stage->stage;
    int64_t now_ns = engine_now(stage->engine);
    Frame *head;

    while ((head = frame_queue_peek(&state->delayed)) != NULL && head->due_ns <= now_ns) {
        head->wired_ns = now_ns; // until here it has waited, not travelled
        stage_forward(stage, frame_queue_take(&state->delayed));
    }
    if (head != NULL)
        engine_arm(stage->engine, event, head->due_ns);
}

static void state_duplicate(FaultState *state, Frame *frame)
{
    Stage *stage = &state->stage->stage;
    FrameQueue copies;

    frame_queue_init(&copies);
    for (unsigned i = 0; i < state->rule->config.copies; i++) {
        Frame *copy = frame_copy(frame);
        uint8_t number = (uint8_t)(FAULT_COPY_FIRST + i);

        counter_add(&stage->lane->counters->copied_frames, 1);
        if (copy == NULL) {
            frame->copy = number;
            stage_count_drop(stage, frame, 1, DROP_NO_MEMORY);
            frame->copy = 0;
            continue;
        }
        copy->copy = number;
        frame_queue_append(&copies, copy);
    }
    stage_forward(stage, frame);
    for (Frame *copy; (copy = frame_queue_take(&copies)) != NULL;)
        stage_forward(stage, copy);
}

// Where no answer may be sent, or memory for it is missing, the frame is dropped in silence.
static void state_answer(FaultState *state, Frame *frame)
{
    const FaultConfig *config = &state->rule->config;
    FaultsStage *self = state->stage;
    bool has_ethernet = !frame->is_bare_ip;
    IcmpErrorKind kind = (IcmpErrorKind)config->error;
    Frame *answer = NULL;

    super_frame_finish(frame); // it is quoted
    if (icmp_error_is_allowed(frame_bytes(frame), frame->length_bytes, has_ethernet, kind))
        answer = frame_new(frame->pool, ICMP_ERROR_MAX_BYTES);
    if (answer != NULL) {
        answer->length_bytes =
            icmp_error_write(frame_bytes(frame), frame->length_bytes, has_ethernet, kind,
                             (uint32_t)config->mtu_bytes, frame_bytes(answer));
        answer->is_bare_ip = frame->is_bare_ip;
        frame_queue_append(&self->answers, answer);
        if (!event_is_armed(&self->answer))
            engine_arm(self->stage.engine, &self->answer, engine_now(self->stage.engine));
    }
    stage_drop(&self->stage, frame, DROP_FAULT);
}

static void faults_answer(Event *event)
{
    FaultsStage *self = (FaultsStage *)((char *)event - offsetof(FaultsStage, answer));

    for (Frame *frame; (frame = frame_queue_take(&self->answers)) != NULL;)
        sink_push(self->stage.lane->back, frame);
}

static void faults_meet(FaultsStage *self, unsigned index, Frame *frame);

static void state_act(FaultState *state, unsigned index, Frame *frame)
{
    FaultsStage *self = state->stage;
    const FaultAction *action = state->rule->action;

    switch (action->fate) {
    case FAULT_EDIT:
        action->edit(&state->rule->config, frame);
        faults_meet(self, index + 1, frame);
        break;
    case FAULT_DROP:
        stage_drop(&self->stage, frame, DROP_FAULT);
        break;
    case FAULT_ANSWER:
        state_answer(state, frame);
        break;
    case FAULT_DELAY:
        state_delay(state, frame);
        break;
    case FAULT_DUPLICATE:
        state_duplicate(state, frame);
        break;
    }
}

static bool rule_is_in_force(const FaultRule *rule, int64_t now_ns)
{
    return now_ns >= rule->from_ns && now_ns < rule->to_ns;
}

// Has the frame, or what becomes of it, meet the rules from `index` on.
static void faults_meet(FaultsStage *self, unsigned index, Frame *frame)
{
    int64_t now_ns = engine_now(self->stage.engine);
    FaultState *state;
    bool hits_next;

    while (index < self->n_states && !rule_is_in_force(self->states[index].rule, now_ns))
        index++;
    if (index == self->n_states) {
        stage_forward(&self->stage, frame);
        return;
    }
    state = &self->states[index];
    hits_next = state_hits(state, frame, 0);
    while (frame != NULL) {
        bool hits = hits_next, is_alone = hits && state->rule->action->per_segment;
        unsigned n_alike = 1;
        Frame *run;

        while (n_alike < frame->n_segments &&
               (hits_next = state_hits(state, frame, n_alike)) == hits && !is_alone)
            n_alike++;
        if (hits && state->rule->action->fate == FAULT_DROP && n_alike < frame->n_segments) {
            stage_drop_front(&self->stage, frame, n_alike, DROP_FAULT);
            continue;
        }
        run = stage_take_front(&self->stage, &frame, n_alike);
        if (run == NULL)
            continue;
        if (hits)
            state_act(state, index, run);
        else
            faults_meet(self, index + 1, run);
    }
}

static void faults_push(Sink *sink, Frame *frame)
{
    faults_meet((FaultsStage *)sink, 0, frame);
}

static void faults_init(Stage *stage)
{
    FaultsStage *self = (FaultsStage *)stage;

    frame_queue_init(&self->answers);
    event_init(&self->answer, faults_answer);
}

static void state_init(FaultState *state, FaultsStage *stage, const FaultRule *rule)
{
    state->rule = rule;
    state->stage = stage;
    frame_queue_init(&state->delayed);
    event_init(&state->due, state_due);
    if (rule->which.kind == FAULT_CHOICE_FIRST_PER_FLOW)
        state->flows = flow_memory_new();
}

static void faults_clear_states(FaultsStage *self)
{
    for (unsigned i = 0; i < self->n_states; i++) {
        FaultState *state = &self->states[i];

        engine_disarm(self->stage.engine, &state->due);
        frame_queue_clear(&state->delayed);
        g_clear_pointer(&state->flows, flow_memory_free);
    }
    g_clear_pointer(&self->states, g_free);
    self->n_states = 0;
    if (self->list != NULL)
        param_object_unref(&self->list->object);
    self->list = NULL;
}

// Lets go of what waits, since the rules that it waits for are no more.
static void faults_release(FaultsStage *self)
{
    for (unsigned i = 0; i < self->n_states; i++)
        for (Frame *frame; (frame = frame_queue_take(&self->states[i].delayed)) != NULL;) {
            frame->wired_ns = engine_now(self->stage.engine); // as when it is due
            stage_forward(&self->stage, frame);
        }
}

// A change of the link leaves the rules as they are, and all that they have counted.
static void faults_apply(Stage *stage)
{
    FaultsStage *self = (FaultsStage *)stage;
    FaultList *list = ((const FaultsConfig *)stage->config)->list;

    if (list == self->list)
        return;
    faults_release(self);
    faults_clear_states(self);
    if (list == NULL)
        return;
    self->list = (FaultList *)param_object_ref(&list->object);
    self->n_states = list->rules->len;
    self->states = g_new0(FaultState, self->n_states);
    for (unsigned i = 0; i < self->n_states; i++)
        state_init(&self->states[i], self, g_ptr_array_index(list->rules, i));
}

static void faults_clear(Stage *stage)
{
    FaultsStage *self = (FaultsStage *)stage;

    engine_disarm(stage->engine, &self->answer);
    frame_queue_clear(&self->answers);
    faults_clear_states(self);
}

// Answers are of no direction until they leave.
static uint64_t faults_held_frames(const Stage *stage)
{
    const FaultsStage *self = (const FaultsStage *)stage;
    uint64_t n_frames = 0;

    for (unsigned i = 0; i < self->n_states; i++)
        n_frames += frame_queue_count(&self->states[i].delayed);
    return n_frames;
}

const StageClass faults_stage_class = {
    .name = "faults",
    .summary = "rules that hit the frames they are aimed at",
    .position = STAGE_GUARD,
    .keys = faults_keys,
    .config_bytes = sizeof(FaultsConfig),
    .stage_bytes = sizeof(FaultsStage),
    .is_needed = faults_is_needed,
    .init = faults_init,
    .apply = faults_apply,
    .clear = faults_clear,
    .push = faults_push,
    .held_frames = faults_held_frames,
};
