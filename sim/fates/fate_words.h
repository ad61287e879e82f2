// SPDX-License-Identifier: Apache-2.0
// The words of files of fates: one list for what writes them and for what reads them.
#pragma once

// X(constant, name), in the order in which they are written.
#define FATE_COLUMNS(X)                                                                            \
    X(FATE_LINK, "link")                                                                           \
    X(FATE_DIRECTION, "direction")                                                                 \
    X(FATE_NUMBER, "number")                                                                       \
    X(FATE_COPY, "copy")                                                                           \
    X(FATE_IN_NS, "in_ns")                                                                         \
    X(FATE_OUT_NS, "out_ns")                                                                       \
    X(FATE_BYTES, "bytes")                                                                         \
    X(FATE_FLOW, "flow")                                                                           \
    X(FATE_ECN, "ecn")                                                                             \
    X(FATE_FATE, "fate")                                                                           \
    X(FATE_REASON, "reason")                                                                       \
    X(FATE_QUEUE_NS, "queue_ns")                                                                   \
    X(FATE_SENDING_NS, "sending_ns")                                                               \
    X(FATE_PROPAGATION_NS, "propagation_ns")                                                       \
    X(FATE_JITTER_NS, "jitter_ns")

typedef enum {
#define FATE_COLUMN_CONSTANT(constant, name) constant,
    FATE_COLUMNS(FATE_COLUMN_CONSTANT)
#undef FATE_COLUMN_CONSTANT
        N_FATE_COLUMNS
} FateColumn;

extern const char *const fate_column_names[N_FATE_COLUMNS];
extern const char *const fate_direction_names[]; // by LinkDirection
extern const char *const fate_ecn_names[];       // by EcnCodepoint

#define FATE_WORD_DELIVERED "delivered"
#define FATE_WORD_DROPPED "dropped"
