// SPDX-License-Identifier: Apache-2.0
// Chain: the stages of one direction of a link, each of which pushes into the next, up to an end
// that is none.
#pragma once

#include "links/stage.h"

typedef struct {
    Sink *first; // the end itself where there is no stage
    const Sink *end;
} Chain;

// The stage in which the chain goes on at `sink`, NULL at its end.
static inline Stage *chain_stage(Chain chain, Sink *sink)
{
    return sink != chain.end ? (Stage *)sink : NULL;
}

// The least time that a frame takes through all of them, and the frames that they hold.
int64_t chain_least_ns(Chain chain);
uint64_t chain_held_frames(Chain chain);
uint64_t stage_held_frames(const Stage *stage);

// Tells each stage what lies beyond it, where beyond the end it is `beyond_ns`.
void chain_set_beyond(Chain chain, int64_t beyond_ns);

// Tells stages of their like in the other direction, those that ask for it.
void chain_pair(Chain a, Chain b);

// The variant of the same key that `config` has chosen instead of `stage`'s, NULL for none.
Stage *chain_heir(Chain chain, const LinkConfig *config, const Stage *stage);

// Each stage but those that have an heir takes over `config`: from the end to the start, so that
// what one lets go meets the new one.
void chain_apply(Chain chain, const LinkConfig *config);
