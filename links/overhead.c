// SPDX-License-Identifier: Apache-2.0
// The parameter table of the overhead.
#include "links/overhead.h"

static const ParamWord overhead_words[] = {{"ethernet", 24}, {NULL, 0}};

static const char *const overhead_cells[] = {[OVERHEAD_CELLS_NONE] = "none",
                                             [OVERHEAD_CELLS_ATM] = "atm",
                                             [OVERHEAD_CELLS_PTM] = "ptm",
                                             NULL};

static const ParamSpec overhead_params[] = {
    {.name = "bytes",
     .type = PARAM_SIZE,
     .offset = offsetof(OverheadConfig, bytes),
     .max = 1000,
     .words = overhead_words,
     .summary = "what each frame costs besides its length; ethernet: preamble, FCS and gap"},
    {.name = "minimum",
     .type = PARAM_SIZE,
     .offset = offsetof(OverheadConfig, minimum_bytes),
     .max = 10000,
     .summary = "what a shorter frame, bytes above included, counts as"},
    {.name = "cells",
     .type = PARAM_CHOICE,
     .offset = offsetof(OverheadConfig, cells),
     .fallback = "none",
     .choices = overhead_cells,
     .summary = "atm: 53 bytes for each 48 begun; ptm: 65 for each 64 begun"},
    PARAM_END,
};

static const StageKey overhead_keys[] = {
    {"overhead", overhead_params, "bytes of each frame on the wire that are not in it",
     "counts for {bytes} more than its length[, for {minimum} at the least][, in cells of "
     "{cells}]"},
    {NULL, NULL, NULL},
};

static bool overhead_is_needed(const void *config)
{
    const OverheadConfig *overhead = config;

    return overhead->bytes != 0 || overhead->minimum_bytes != 0 ||
           overhead->cells != OVERHEAD_CELLS_NONE;
}

const StageClass overhead_stage_class = {
    .name = "overhead",
    .summary = "what a frame costs besides its length",
    .position = STAGE_QUEUE,
    .needs_rate = true,
    .keys = overhead_keys,
    .config_bytes = sizeof(OverheadConfig),
    .is_needed = overhead_is_needed,
};
