// SPDX-License-Identifier: Apache-2.0
// As stage_sift(), with more fates than two.
#include "links/queue/admission.h"

#include "core/ecn.h"

static void admission_drop(Queue *queue, Frame *frame, unsigned n_segments, Admission fate)
{
    DropReason reason = fate == ADMISSION_FULL ? DROP_QUEUE_FULL : DROP_AQM;

    if (n_segments == frame->n_segments)
        stage_drop(queue->stage, frame, reason);
    else
        stage_drop_front(queue->stage, frame, n_segments, reason);
}

void admission_sift(Queue *queue, Frame *frame, AdmissionJudge *judge,
                    void (*keep)(Queue *queue, Frame *frame))
{
    Admission next_fate = judge(queue, frame, 0);

    while (frame != NULL) {
        Admission fate = next_fate;
        unsigned n_alike = 1, n_segments = frame->n_segments;
        Frame *front;

        while (n_alike < n_segments && (next_fate = judge(queue, frame, n_alike)) == fate)
            n_alike++;
        if (fate == ADMISSION_DROP || fate == ADMISSION_FULL) {
            admission_drop(queue, frame, n_alike, fate);
            if (n_alike == n_segments)
                return;
            continue;
        }
        front = stage_take_front(queue->stage, &frame, n_alike);
        if (front == NULL)
            continue;
        if (fate == ADMISSION_MARK)
            queue_mark(queue, front);
        keep(queue, front);
    }
}

Admission admission_of(Queue *queue, const Frame *frame, unsigned segment, bool is_hit,
                       bool uses_ecn)
{
    is_hit = is_hit && !queue->takes_all;
    if (is_hit && (!uses_ecn || ecn_codepoint(frame) == ECN_NOT_ECT))
        return ADMISSION_DROP;
    if (!queue_admits(queue->stage, frame, segment))
        return ADMISSION_FULL;
    return is_hit ? ADMISSION_MARK : ADMISSION_PASS;
}
