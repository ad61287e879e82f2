// SPDX-License-Identifier: Apache-2.0
// LossChain: the state of a loss model at every number (of a frame, or of a slot of time), as a
// function of the key and the number alone, in whatever order it is asked for.
#pragma once

#include "links/loss/loss_model.h"

enum {
    LOSS_CHAIN_N_KEPT = 4096, // states that are remembered
    LOSS_CHAIN_DRAW = 1,      // which of a number's draws moves the chain on behind it
    LOSS_CHAIN_REACH_BITS = 20,
};

typedef struct {
    LossModel model;
    uint64_t first; // of the numbers whose states are kept
    uint64_t n_kept;
    uint8_t kept[LOSS_CHAIN_N_KEPT / 4]; // two bits each, at the number modulo LOSS_CHAIN_N_KEPT
} LossChain;

void loss_chain_init(LossChain *chain, const LossModel *model);

// Puts another model in force from the newest state on that was asked for, which remains unless the
// model has fewer.
void loss_chain_change(LossChain *chain, const LossModel *model);

// The state that `number` meets; 0 for number 0.
unsigned loss_chain_state(LossChain *chain, RandomKey key, uint64_t number);
