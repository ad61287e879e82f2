// SPDX-License-Identifier: Apache-2.0
// DropReason: why a frame went no further. Every part of the program counts drops by this list.
#pragma once

#include "core/counter.h"

// X(constant, name in reports, meaning as documented among the metrics)
#define DROP_REASONS(X)                                                                            \
    X(DROP_QUEUE_FULL, "queue-full", "the link's queue had reached its limit")                     \
    X(DROP_LINK_DOWN, "link-down", "the link was down when the frame entered or was to leave it")  \
    X(DROP_LOSS, "loss", "the link's loss model took the frame")                                   \
    X(DROP_POLICED, "policed", "the link's policer had no token for the frame")                    \
    X(DROP_AQM, "aqm", "the queue's active management dropped the frame to keep the queue short")  \
    X(DROP_CORRUPT, "corrupt", "bits of the frame were flipped on the wire")                       \
    X(DROP_FAULT, "fault", "a rule of `faults` asked for it")                                      \
    X(DROP_NO_MEMORY, "no-memory", "the frame memory was used up")                                 \
    X(DROP_MALFORMED, "malformed", "shorter than a link-layer header, or longer than any frame")   \
    X(DROP_FILTERED, "filtered", "a switch saw that the destination is on the port it came from")  \
    X(DROP_LINK_LOCAL, "link-local", "a switch keeps 01:80:c2:00:00:00 to :0f to the link")        \
    X(DROP_NO_PORT, "no-port", "a node had no other port to send the frame to")                    \
    X(DROP_DEVICE_REFUSED, "device-refused", "the kernel refused the write to the device")         \
    X(DROP_DEVICE_DOWN, "device-down", "the interface in the host was down")

typedef enum {
#define DROP_CONSTANT(constant, name, meaning) constant,
    DROP_REASONS(DROP_CONSTANT)
#undef DROP_CONSTANT
        N_DROP_REASONS
} DropReason;

typedef struct {
    Counter frames[N_DROP_REASONS];
} DropCounters;

// The name used in reports ("queue-full"); static.
const char *drop_reason_name(DropReason reason);

static inline void drop_count(DropCounters *drops, DropReason reason, unsigned n_frames)
{
    counter_add(&drops->frames[reason], n_frames);
}

uint64_t drop_total(const DropCounters *drops);
