// SPDX-License-Identifier: Apache-2.0
// Witness: sees the end of every frame of one direction of a link: that it left, or why not. What
// writes fates to a file is one, and what captures dropped frames.
#pragma once

#include "core/drop.h"
#include "core/frame.h"

typedef struct Witness Witness;

// Neither may keep or change the frame. Both run on a frame's way.
struct Witness {
    // `frame`, with all its segments, leaves the link at engine time `at_ns`; NULL for no interest.
    void (*left)(Witness *self, const Frame *frame, int64_t at_ns);
    // The first `n_segments` of `frame` are dropped; NULL likewise.
    void (*dropped)(Witness *self, const Frame *frame, unsigned n_segments, DropReason reason,
                    int64_t at_ns);
    Witness *next; // those of one direction form a list, NULL ends it
};

static inline void witnesses_left(Witness *first, const Frame *frame, int64_t at_ns)
{
    for (Witness *witness = first; witness != NULL; witness = witness->next)
        if (witness->left != NULL)
            witness->left(witness, frame, at_ns);
}

static inline void witnesses_dropped(Witness *first, const Frame *frame, unsigned n_segments,
                                     DropReason reason, int64_t at_ns)
{
    for (Witness *witness = first; witness != NULL; witness = witness->next)
        if (witness->dropped != NULL)
            witness->dropped(witness, frame, n_segments, reason, at_ns);
}
