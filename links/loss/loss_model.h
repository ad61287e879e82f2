// SPDX-License-Identifier: Apache-2.0
// LossModel: a Markov chain of up to four states, each with its own share of frames lost, as
// integers. The first state is the one it begins in.
#pragma once

#include <stdint.h>

#include "core/random.h"

enum { LOSS_MODEL_MAX_STATES = 4 };

// Where a state leads: of 32 random bits u, u < low to to[0], low <= u < high to to[1], and
// u >= high to to[2].
typedef struct {
    Probability low, high;
    uint8_t to[3];
} LossExits;

typedef struct {
    unsigned n_states;
    LossExits exits[LOSS_MODEL_MAX_STATES];
    Probability loss[LOSS_MODEL_MAX_STATES];
} LossModel;

// Two states, good and bad (E. N. Gilbert, 1960; E. O. Elliott, 1963): `p` from good to bad, `r`
// from bad to good, each with its share of losses. With the letters of tc-netem(8), `loss_bad` is
// 1-h and `loss_good` is 1-k.
LossModel loss_model_gilbert_elliott(Probability p, Probability r, Probability loss_bad,
                                     Probability loss_good);

// The simple Gilbert model with the mean loss `rate` and bursts of `mean_burst` frames lost in a
// row, 1 or more: r = 1 / burst, p = rate / (burst (1 - rate)). A rate of 0 or 1 is what it says.
// `rate` is at most loss_model_gilbert_max_rate(), but for 1.
LossModel loss_model_gilbert(Probability rate, double mean_burst);
double loss_model_gilbert_max_rate(double mean_burst);

// The probabilities of the four-state model (S. Salsano, F. Ludovici, A. Ordine, D. Giannuzzi:
// "Definition of a general and intuitive loss model for packet networks and its implementation in
// the Netem module in the Linux kernel", 2012), named as in tc-netem(8). State 1: received within a
// gap, 2: received within a burst, 3: lost within a burst, 4: lost by itself within a gap, which
// leads back to 1.
typedef struct {
    double p13, p31, p32, p23, p14;
} LossFourState;

LossModel loss_model_four_state(const LossFourState *probabilities);

// The share of frames that it loses in the long run.
Probability loss_model_mean(const LossModel *model);
