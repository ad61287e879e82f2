// SPDX-License-Identifier: Apache-2.0
// What stages share that is more than a line.
#include "links/stage.h"

Frame *stage_take_front(Stage *stage, Frame **frame, unsigned n_segments)
{
    Frame *front = *frame;

    if (n_segments == front->n_segments) {
        *frame = NULL;
        return front;
    }
    if (super_frame_cut(&front, n_segments, frame))
        return front;
    stage_drop_front(stage, *frame, n_segments, DROP_NO_MEMORY);
    return NULL;
}

void stage_sift(Stage *stage, Frame *frame, StageSurvives *survives, DropReason reason,
                void (*keep)(Stage *stage, Frame *frame))
{
    bool survives_next = survives(stage, frame, 0);

    for (;;) {
        bool run_survives = survives_next;
        unsigned n_alike = 1;

        while (n_alike < frame->n_segments &&
               (survives_next = survives(stage, frame, n_alike)) == run_survives)
            n_alike++;
        if (n_alike == frame->n_segments) {
            if (run_survives)
                keep(stage, frame);
            else
                stage_drop(stage, frame, reason);
            return;
        }
        if (run_survives) {
            Frame *front = stage_take_front(stage, &frame, n_alike);

            if (front != NULL)
                keep(stage, front);
        } else {
            stage_drop_front(stage, frame, n_alike, reason);
        }
    }
}
