// SPDX-License-Identifier: Apache-2.0
// DelayTrace: measured delays, a duration a line ("12.5ms"), applied by the number of the frame.
#pragma once

#include "core/param.h"

#define DELAY_TRACE_MAX_NS (INT64_C(3600) * 1000000000)

typedef struct {
    ParamObject object;
    uint64_t n_delays; // 1 or more
    int64_t least_ns;
    double mean_ns, deviation_ns;
    int64_t *delay_ns;
} DelayTrace;

extern const ParamObjectClass delay_trace_class;

// The delay of frame `index`: behind the end from the start again with `loop`, else the last.
static inline int64_t delay_trace_at(const DelayTrace *trace, uint64_t index, bool loop)
{
    if (index >= trace->n_delays)
        index = loop ? index % trace->n_delays : trace->n_delays - 1;
    return trace->delay_ns[index];
}
