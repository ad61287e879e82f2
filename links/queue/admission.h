// SPDX-License-Identifier: Apache-2.0
// Admission: what becomes of a frame that comes to a queue, judged segment by segment.
#pragma once

#include "links/queue/queue.h"

typedef enum {
    ADMISSION_PASS,
    ADMISSION_MARK, // as having experienced congestion: its transport knows ECN
    ADMISSION_DROP, // DROP_AQM
    ADMISSION_FULL, // DROP_QUEUE_FULL
} Admission;

// `segment` counts from the front of the `frame` at hand.
typedef Admission AdmissionJudge(Queue *queue, const Frame *frame, unsigned segment);

// Asks `judge` once for each segment of `frame`, in order, and gives `keep` what is to wait, in
// runs of neighbours that fare alike; the others are dropped.
void admission_sift(Queue *queue, Frame *frame, AdmissionJudge *judge,
                    void (*keep)(Queue *queue, Frame *frame));

// For such a judge: passes, marks or drops a segment that its algorithm has hit or not, if there is
// room for it (which it then has taken) and `uses_ecn` for a mark.
Admission admission_of(Queue *queue, const Frame *frame, unsigned segment, bool is_hit,
                       bool uses_ecn);
