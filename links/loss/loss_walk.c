// SPDX-License-Identifier: Apache-2.0
// Loses each frame with the share that belongs to the state it meets: the state of the frame's
// number, or that of the slot of engine time in which its last bit is sent. Loss within a state is
// drawn for the frame, so that two frames in one slot have fates of their own.
//
// By frame, a burst lasts a number of frames, however long those take; by time, it lasts a time,
// however few frames meet it.
#include "links/loss/loss_walk.h"

const ParamWord loss_walk_step_words[] = {{"frame", 0}, {NULL, 0}};

// The number of the chain's step at which a segment is sent: those of a super-frame have left one
// after another.
static uint64_t loss_walk_number(const LossWalk *self, const Frame *frame, unsigned segment)
{
    unsigned n_behind = frame->n_segments - 1u - segment;
    int64_t at_ns = frame->wired_ns;

    if (self->step_ns == 0)
        return frame->index + segment;
    if (n_behind > 0)
        at_ns -= (int64_t)frame->wired_span_ns * n_behind / (frame->n_segments - 1);
    return (uint64_t)(at_ns / self->step_ns);
}

static bool loss_walk_survives(Stage *stage, const Frame *frame, unsigned segment)
{
    LossWalk *self = (LossWalk *)stage;
    unsigned state =
        loss_chain_state(&self->chain, stage->key, loss_walk_number(self, frame, segment));
    Probability loss = self->chain.model.loss[state];

    if (loss == 0 || loss == RANDOM_ALWAYS)
        return loss == 0;
    return !stage_hits(stage, frame, segment, 0, loss);
}

void loss_walk_push(Sink *sink, Frame *frame)
{
    stage_sift((Stage *)sink, frame, loss_walk_survives, DROP_LOSS, stage_forward);
}

void loss_walk_apply(LossWalk *self, const LossModel *model, int64_t step_ns)
{
    if (self->chain.n_kept == 0 || step_ns != self->step_ns)
        loss_chain_init(&self->chain, model);
    else
        loss_chain_change(&self->chain, model);
    self->step_ns = step_ns;
}
