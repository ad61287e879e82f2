// SPDX-License-Identifier: Apache-2.0
// Sink: where a frame can be pushed. The one seam between stages, nodes, devices and tests.
#pragma once

typedef struct Frame Frame;
typedef struct Sink Sink;

struct Sink {
    // Takes ownership of `frame`: forwards it, keeps it, or frees it with a counted drop reason.
    void (*push)(Sink *self, Frame *frame);
};

static inline void sink_push(Sink *sink, Frame *frame)
{
    sink->push(sink, frame);
}
