// SPDX-License-Identifier: Apache-2.0
// Overhead: what a frame costs on the wire besides its own bytes. Read by whatever has a rate, and
// no stage itself.
#pragma once

#include "links/stage.h"

typedef enum { OVERHEAD_CELLS_NONE, OVERHEAD_CELLS_ATM, OVERHEAD_CELLS_PTM } OverheadCells;

typedef struct {
    uint64_t bytes;         // added to each frame
    uint64_t minimum_bytes; // what a frame with that counts as at least
    int cells;              // OverheadCells, into which all that is put; none: as encapsulated
    int encapsulation;      // 0 for none, else the number of its name
} OverheadConfig;

extern const StageClass overhead_stage_class;

// The same frame on a line whose encapsulation is named.
uint64_t overhead_encapsulated_bytes(const OverheadConfig *overhead, uint64_t bytes);

// Put into cells. ATM carries 48 bytes in each of 53 (ITU-T I.361, AAL5 padding included); PTM adds
// a byte to each 64 or part of it (64/65-octet encapsulation, IEEE 802.3 clause 61).
static inline uint64_t overhead_cell_bytes(int cells, uint64_t bytes)
{
    if (cells == OVERHEAD_CELLS_ATM)
        return (bytes + 47) / 48 * 53;
    if (cells == OVERHEAD_CELLS_PTM)
        return bytes + (bytes + 63) / 64;
    return bytes;
}

// Of a frame of `bytes`.
static inline uint64_t overhead_wire_bytes(const OverheadConfig *overhead, uint64_t bytes)
{
    if (overhead->encapsulation != 0)
        return overhead_encapsulated_bytes(overhead, bytes);
    bytes += overhead->bytes;
    if (bytes < overhead->minimum_bytes)
        bytes = overhead->minimum_bytes;
    return overhead_cell_bytes(overhead->cells, bytes);
}

// Of all segments of `frame`.
static inline uint64_t overhead_frame_wire_bytes(const OverheadConfig *overhead, const Frame *frame)
{
    uint64_t last_bytes = overhead_wire_bytes(overhead, frame_last_segment_bytes(frame));

    if (frame->n_segments == 1)
        return last_bytes;
    return last_bytes +
           (frame->n_segments - 1) * overhead_wire_bytes(overhead, frame_segment_bytes(frame));
}
