// SPDX-License-Identifier: Apache-2.0
// JitterSource: where the delays of one direction come from, where they vary: a distribution, with
// or without correlation, or a trace.
#pragma once

#include "links/delay/delay.h"
#include "links/delay/jitter.h"
#include "links/delay/jitter_walk.h"

typedef struct {
    JitterTable *table; // NULL without a distribution
    JitterWalk *walk;   // NULL without correlation
    const DelayTrace *trace;
    int64_t delay_ns; // that of a trace comes on top of
    bool loop;

    Quantiles *quantiles; // of the table
    DelayConfig applied;
} JitterSource;

// Takes over `config`, whose objects outlive it or the next call; `source` is zero or in use.
// A correlated process goes on from where it is.
void jitter_source_apply(JitterSource *source, const DelayConfig *config);
void jitter_source_clear(JitterSource *source);

static inline bool jitter_source_varies(const JitterSource *source)
{
    return source->table != NULL || source->trace != NULL;
}

// The delay of segment `number` of `frame`, with a source that varies.
int64_t jitter_source_next_ns(JitterSource *source, const Stage *stage, const Frame *frame,
                              unsigned number);

// The least that it ever gives.
int64_t jitter_source_least_ns(const JitterSource *source);

// The mean of all delays of a configuration, and how they vary: the `deviation` asked for, or that
// of the trace.
int64_t delay_config_mean_ns(const DelayConfig *config);
int64_t delay_config_jitter_ns(const DelayConfig *config);

// What becomes of the distribution of a checked configuration by being cut at a delay of zero, as
// a sentence, or NULL where nobody would notice. The caller frees it.
char *delay_config_doubt(const DelayConfig *config);
