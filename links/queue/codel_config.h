// SPDX-License-Identifier: Apache-2.0
// The configuration of CoDel, which FQ-CoDel shares.
#pragma once

#include "links/queue/codel.h"
#include "links/queue/queue.h"

typedef struct {
    Limit limit;
    int64_t target_ns;
    int64_t interval_ns;
    bool ecn;
} CodelConfig;

#define CODEL_PARAMS(config_, field_, ecn_)                                                        \
    {.name = "target",                                                                             \
     .type = PARAM_DURATION,                                                                       \
     .offset = offsetof(config_, field_ target_ns),                                                \
     .fallback = "5ms",                                                                            \
     .min = 1000,                                                                                  \
     .max = CODEL_MAX_INTERVAL_NS,                                                                 \
     .summary = "how long packets may wait for as long as it likes"},                              \
        {.name = "interval",                                                                       \
         .type = PARAM_DURATION,                                                                   \
         .offset = offsetof(config_, field_ interval_ns),                                          \
         .fallback = "100ms",                                                                      \
         .min = 1000,                                                                              \
         .max = CODEL_MAX_INTERVAL_NS,                                                             \
         .summary = "for how long they may wait longer: a round trip, about the worst"},           \
    {                                                                                              \
        .name = "ecn", .type = PARAM_BOOLEAN, .offset = offsetof(config_, field_ ecn),             \
        .fallback = (ecn_), .summary = "mark packets that know ECN instead of dropping them"       \
    }

// For StageClass.check: CoDel aims at a small part of the time that it allows for it.
bool codel_config_check(int64_t target_ns, int64_t interval_ns, GError **error);

static inline CodelParams codel_config_params(const CodelConfig *config)
{
    return (CodelParams){config->target_ns, config->interval_ns, QUEUE_FULL_FRAME_BYTES};
}
