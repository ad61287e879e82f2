// SPDX-License-Identifier: Apache-2.0
// LossRuns: the lengths of bursts of losses and of the gaps between them, in one direction of a
// link (RFC 3357: a burst is a loss period; a gap is the loss distance between two periods, less
// one). It is told of losses only: a frame that arrives costs nothing.
#pragma once

#include <stdbool.h>

#include "links/loss/run_lengths.h"

typedef struct {
    RunLengths bursts; // but for the one that may not have ended
    RunLengths gaps;
    Counter open_frames; // of the burst that the next loss may still go on
    uint64_t next;       // the number behind the last frame lost
} LossRuns;

// Frame `number` of the direction, and the `n_frames` - 1 behind it, were lost on the wire. A
// number below an earlier one, as after a queue that takes flows in turn, begins a burst whose gap
// is not counted.
void loss_runs_add(LossRuns *runs, uint64_t number, unsigned n_frames);

// All bursts, the last one included.
RunLengths loss_runs_bursts(const LossRuns *runs);
