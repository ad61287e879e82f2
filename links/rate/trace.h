// SPDX-License-Identifier: Apache-2.0
// The configuration of a direction's trace, which changes the others over time. No stage comes of
// it; links/rate/trace_runner.h plays it.
#pragma once

#include "links/rate/csv_trace.h"
#include "links/stage.h"

typedef enum { TRACE_STEP, TRACE_LINEAR } TraceChange;

typedef struct {
    CsvTrace *trace; // NULL: none
    int64_t step_ns; // of a linear change
    int change;      // TraceChange
    bool is_looped;
} TraceConfig;

extern const StageClass trace_stage_class;

// The class of `config` and its parameter that a column changes, NULL where it has none.
const ParamSpec *trace_param(const LinkConfig *config, CsvColumn column, const StageClass **class);

// Whether every column of a trace has a parameter to change. The error is as in StageClass.check.
bool trace_check(const LinkConfig *config, GError **error);

// Whether the model of the losses can have those of each row. The error is as above, with the line
// of the file. It looks at all rows: not for a link that is in use.
bool trace_check_loss(const LinkConfig *config, GError **error);

// The key that a column sets from the start on, so that its value elsewhere has no effect; NULL for
// none. Jitter needs a delay even so.
const char *trace_shadowed_key(const LinkConfig *config, CsvColumn column);

// What a link of `config` that takes `least_ns` now takes at least by any row of its trace.
int64_t trace_least_ns(const LinkConfig *config, int64_t least_ns);

// Whether the trace of `config` has that column, and then what it is in the mean.
bool trace_mean(const LinkConfig *config, CsvColumn column, uint64_t *mean);
