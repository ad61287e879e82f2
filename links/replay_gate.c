// SPDX-License-Identifier: Apache-2.0
// The gate of a replay, behind the rules of `faults`: drops, for the same reason, what is recorded
// as dropped before it was sent, and counts what no fate is recorded of.
#include "links/replay.h"

typedef struct {
    Stage stage;
    const FateTable *table;
    size_t place; // of the fate found last
    Counter unrecorded_frames;
} ReplayGateStage;

// No scenario asks for it: see link_set_replay().
static const StageKey replay_gate_keys[] = {{NULL, NULL, NULL}};

enum { GATE_LETS_IN = FATE_DELIVERED };

static bool replay_gate_is_needed(const void *config)
{
    return ((const ReplayConfig *)config)->table != NULL;
}

// GATE_LETS_IN or a DropReason.
static uint8_t replay_gate_judge(ReplayGateStage *self, const Frame *frame, unsigned segment)
{
    const Fate *fate =
        fate_table_find(self->table, frame->index + segment, frame->copy, &self->place);

    if (fate == NULL) {
        counter_add(&self->unrecorded_frames, 1);
        return GATE_LETS_IN;
    }
    return fate->was_sent ? GATE_LETS_IN : fate->fate;
}

static void replay_gate_push(Sink *sink, Frame *frame)
{
    ReplayGateStage *self = (ReplayGateStage *)sink;
    uint8_t next;

    if (self->table == NULL) {
        stage_forward(&self->stage, frame);
        return;
    }
    next = replay_gate_judge(self, frame, 0);
    while (frame != NULL) {
        uint8_t verdict = next;
        unsigned n_alike = 1;
        Frame *front;

        while (n_alike < frame->n_segments &&
               (next = replay_gate_judge(self, frame, n_alike)) == verdict)
            n_alike++;
        if (verdict != GATE_LETS_IN && n_alike < frame->n_segments) {
            stage_drop_front(&self->stage, frame, n_alike, (DropReason)verdict);
            continue;
        }
        front = stage_take_front(&self->stage, &frame, n_alike);
        if (front == NULL)
            continue;
        if (verdict == GATE_LETS_IN)
            stage_forward(&self->stage, front);
        else
            stage_drop(&self->stage, front, (DropReason)verdict);
    }
}

static void replay_gate_apply(Stage *stage)
{
    ((ReplayGateStage *)stage)->table = ((const ReplayConfig *)stage->config)->table;
}

uint64_t replay_unrecorded_frames(const Stage *gate)
{
    return gate != NULL ? counter_get(&((const ReplayGateStage *)gate)->unrecorded_frames) : 0;
}

const StageClass replay_gate_stage_class = {
    .name = "replay-gate",
    .summary = "drops what was dropped before it was sent",
    .position = STAGE_GUARD,
    .keys = replay_gate_keys,
    .config_bytes = sizeof(ReplayConfig),
    .stage_bytes = sizeof(ReplayGateStage),
    .is_needed = replay_gate_is_needed,
    .apply = replay_gate_apply,
    .push = replay_gate_push,
};
