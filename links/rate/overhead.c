// SPDX-License-Identifier: Apache-2.0
// The parameter table of the overhead.
#include "links/rate/overhead.h"

static const ParamWord overhead_words[] = {{"ethernet", 24}, {NULL, 0}};

static const char *const overhead_cells[] = {[OVERHEAD_CELLS_NONE] = "none",
                                             [OVERHEAD_CELLS_ATM] = "atm",
                                             [OVERHEAD_CELLS_PTM] = "ptm",
                                             NULL};

// What is known of a way to carry IP packets: as tc-cake(8) and tc-stab(8) have it, but counted
// from the Ethernet frame, and so 14 less than there.
typedef struct {
    int bytes;
    unsigned minimum_bytes;
    OverheadCells cells;
} Encapsulation;

// In the order of `overhead_encapsulations`.
static const Encapsulation encapsulations[] = {
    {0, 0, OVERHEAD_CELLS_NONE},
    {38 - 14, 84, OVERHEAD_CELLS_NONE}, // preamble 8, header 14, FCS 4, gap 12
    {42 - 14, 84, OVERHEAD_CELLS_NONE}, // and a tag of 4
    {18 - 14, 64, OVERHEAD_CELLS_NONE},
    {30 - 14, 0, OVERHEAD_CELLS_PTM},
    {22 - 14, 0, OVERHEAD_CELLS_PTM},
    {8 - 14, 0, OVERHEAD_CELLS_ATM},
    {16 - 14, 0, OVERHEAD_CELLS_ATM},
    {24 - 14, 0, OVERHEAD_CELLS_ATM},
    {32 - 14, 0, OVERHEAD_CELLS_ATM},
    {10 - 14, 0, OVERHEAD_CELLS_ATM},
    {14 - 14, 0, OVERHEAD_CELLS_ATM},
    {32 - 14, 0, OVERHEAD_CELLS_ATM},
    {40 - 14, 0, OVERHEAD_CELLS_ATM},
    {48 - 14, 0, OVERHEAD_CELLS_ATM},
};

static const char *const overhead_encapsulations[] = {
    "none",          "ethernet",        "ethernet-vlan", "docsis",
    "pppoe-ptm",     "bridged-ptm",     "ipoa-vcmux",    "ipoa-llcsnap",
    "bridged-vcmux", "bridged-llcsnap", "pppoa-vcmux",   "pppoa-llc",
    "pppoe-vcmux",   "pppoe-llcsnap",   "conservative",  NULL};

static_assert(G_N_ELEMENTS(encapsulations) + 1 == G_N_ELEMENTS(overhead_encapsulations),
              "an encapsulation lacks its name");

uint64_t overhead_encapsulated_bytes(const OverheadConfig *overhead, uint64_t bytes)
{
    const Encapsulation *encapsulation = &encapsulations[overhead->encapsulation];
    int cells =
        overhead->cells != OVERHEAD_CELLS_NONE ? overhead->cells : (int)encapsulation->cells;
    uint64_t minimum_bytes = MAX(overhead->minimum_bytes, encapsulation->minimum_bytes);
    int64_t wire_bytes = (int64_t)(bytes + overhead->bytes) + encapsulation->bytes;

    return overhead_cell_bytes(cells, (uint64_t)MAX(wire_bytes, (int64_t)minimum_bytes));
}

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
     .summary = "atm: 53 bytes for each 48 begun; ptm: a byte more for each 64 begun"},
    {.name = "encapsulation",
     .type = PARAM_CHOICE,
     .offset = offsetof(OverheadConfig, encapsulation),
     .fallback = "none",
     .choices = overhead_encapsulations,
     .summary = "overhead, minimum and cells of a kind of line, as tc-cake names it"},
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
           overhead->cells != OVERHEAD_CELLS_NONE || overhead->encapsulation != 0;
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
