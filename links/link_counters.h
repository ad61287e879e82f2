// SPDX-License-Identifier: Apache-2.0
// LinkCounters: what became of the frames of one direction of a link. At any moment
// in + copied = out + dropped + held.
#pragma once

#include "core/counter.h"
#include "core/drop.h"

typedef struct {
    Counter in_frames, in_bytes;
    Counter out_frames, out_bytes;
    Counter copied_frames;    // made by the link itself, as by duplication
    Counter marked_frames;    // that the queue marked as having experienced congestion (ECN)
    Counter corrupted_frames; // whose bits were flipped, and which went on
    DropCounters drops;
} LinkCounters;
