// SPDX-License-Identifier: Apache-2.0
// TimedFifo: a Fifo that knows how long sending takes what waits in it, for disciplines that judge
// frames by that as they come.
#pragma once

#include "links/queue/fifo.h"

typedef struct {
    FifoQueue fifo;

    // The group taken last, whose segments wait until their own turns come.
    int64_t group_end_ns; // when the last's comes
    uint32_t slot_wire_bytes, last_wire_bytes;
} TimedFifo;

// For QueueClass, beside what Fifo has.
Frame *timed_fifo_dequeue(Queue *queue);

// For admission_sift().
void timed_fifo_keep(Queue *queue, Frame *frame);

// How long sending `wire_bytes` takes at the rate; 0 without one.
int64_t timed_fifo_sending_ns(const TimedFifo *fifo, uint64_t wire_bytes);

// How long sending all takes that waits at `at_ns`, which is not before the last change and not
// after the next.
int64_t timed_fifo_delay_ns(const TimedFifo *fifo, int64_t at_ns);
