// SPDX-License-Identifier: Apache-2.0
// PieConfig: what can be configured of a queue with PIE in it, one or many.
#pragma once

#include "links/queue/pie.h"
#include "links/stage.h"

typedef struct {
    Limit limit;
    int64_t target_ns, update_ns, burst_ns;
    uint64_t alpha, beta;
    bool ecn;
} PieConfig;

// Of the parameter tables behind the limit, for a configuration that begins with a PieConfig.
#define PIE_CONFIG_PARAMS                                                                          \
    {.name = "target",                                                                             \
     .type = PARAM_DURATION,                                                                       \
     .offset = offsetof(PieConfig, target_ns),                                                     \
     .fallback = "15ms",                                                                           \
     .max = UINT64_C(10000000000),                                                                 \
     .summary = "the delay that it aims at"},                                                      \
        {.name = "update",                                                                         \
         .type = PARAM_DURATION,                                                                   \
         .offset = offsetof(PieConfig, update_ns),                                                 \
         .fallback = "15ms",                                                                       \
         .min = 100000,                                                                            \
         .max = UINT64_C(10000000000),                                                             \
         .summary = "how often it moves its probability"},                                         \
        {.name = "burst",                                                                          \
         .type = PARAM_DURATION,                                                                   \
         .offset = offsetof(PieConfig, burst_ns),                                                  \
         .fallback = "150ms",                                                                      \
         .max = UINT64_C(10000000000),                                                             \
         .summary = "for how long a burst that follows on an empty queue is let through"},         \
        {.name = "alpha",                                                                          \
         .type = PARAM_COUNT,                                                                      \
         .offset = offsetof(PieConfig, alpha),                                                     \
         .fallback = "2",                                                                          \
         .max = PIE_GAIN_MAX,                                                                      \
         .summary = "how fast it answers to the delay, in sixteenths of a hertz"},                 \
        {.name = "beta",                                                                           \
         .type = PARAM_COUNT,                                                                      \
         .offset = offsetof(PieConfig, beta),                                                      \
         .fallback = "20",                                                                         \
         .max = PIE_GAIN_MAX,                                                                      \
         .summary = "how fast it answers to the change of the delay, likewise"},                   \
    {                                                                                              \
        .name = "ecn", .type = PARAM_BOOLEAN, .offset = offsetof(PieConfig, ecn),                  \
        .summary = "whether packets that know ECN are marked, not dropped, up to 10 %"             \
    }

static inline PieParams pie_config_params(const PieConfig *config)
{
    return (PieParams){.target_ns = config->target_ns,
                       .update_ns = config->update_ns,
                       .burst_ns = config->burst_ns,
                       .alpha = (uint32_t)config->alpha,
                       .beta = (uint32_t)config->beta};
}
