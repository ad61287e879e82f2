// SPDX-License-Identifier: Apache-2.0
// The configuration of loss by a list of frames, and the list.
#pragma once

#include "links/stage.h"

// "5, 6, 9, 20-30": numbers of frames, counted from 1.
typedef struct {
    uint64_t first, last;
} LossRange;

typedef struct {
    ParamObject object;
    size_t n_ranges;
    LossRange *ranges; // in order, with frames between any two
} LossList;

extern const ParamObjectClass loss_list_class;

typedef struct {
    LossList *indices;
} LossListConfig;

extern const StageClass loss_list_stage_class;
