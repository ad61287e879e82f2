// SPDX-License-Identifier: Apache-2.0
// LossGoals: the four-state model by what an observer sees of it, after Salsano et al. (see
// loss_model.h).
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "links/loss/loss_model.h"

typedef struct {
    double rate;       // frames lost, of all
    double mean_burst; // frames from the first to the last loss of a burst
    double density;    // frames lost, of those within bursts
    double mean_gap;   // frames received in a row within a burst
    double isolated;   // frames lost by themselves, of those outside of bursts
} LossGoals;

// The probabilities that reach the goals, or false with an error that names the goal at fault and
// its bound: isolated <= rate < density, and no two exits of a state above 100 %.
bool loss_goals_solve(const LossGoals *goals, LossFourState *probabilities, GError **error);
