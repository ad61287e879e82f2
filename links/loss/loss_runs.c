// SPDX-License-Identifier: Apache-2.0
// Bursts are told apart by the numbers of the frames: what lies between two losses was a gap, even
// where the queue took some of it.
#include "links/loss/loss_runs.h"

void loss_runs_add(LossRuns *runs, uint64_t number, unsigned n_frames)
{
    uint64_t open_frames = counter_get(&runs->open_frames);

    if (open_frames > 0 && number == runs->next) {
        counter_add(&runs->open_frames, n_frames);
    } else {
        if (open_frames > 0) {
            run_lengths_add(&runs->bursts, open_frames);
            if (number > runs->next)
                run_lengths_add(&runs->gaps, number - runs->next);
        }
        counter_set(&runs->open_frames, n_frames);
    }
    runs->next = number + n_frames;
}

RunLengths loss_runs_bursts(const LossRuns *runs)
{
    uint64_t open_frames = counter_get(&runs->open_frames);
    RunLengths bursts = {0};

    run_lengths_merge(&bursts, &runs->bursts);
    if (open_frames > 0)
        run_lengths_add(&bursts, open_frames);
    return bursts;
}
