// SPDX-License-Identifier: Apache-2.0
// Red: Random Early Detection apart from any queue (Floyd, Jacobson: "Random early detection
// gateways for congestion avoidance", 1993), gentle and adaptive where asked (Floyd, Gummadi,
// Shenker: "Adaptive RED", 2001). It knows times, lengths of the queue and random draws only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/random.h"

#define RED_ADAPT_NS INT64_C(500000000)

// Lengths count bytes or packets, as the caller likes.
typedef struct {
    uint64_t min, max;        // thresholds of the average: min < max, below 2^38
    uint64_t weight;          // w_q in 2^-32: 1 to 2^32
    uint64_t max_probability; // max_p in 2^-32; adaptive: where it starts
    int64_t packet_ns;        // that sending a typical packet takes, at least 1
    bool is_gentle, is_adaptive;
} RedParams;

typedef struct {
    uint64_t average;         // avg in 2^-24
    uint64_t max_probability; // max_p in 2^-32, as adapted
    uint64_t n_since;         // packets since the last hit (count)
    int64_t empty_ns;         // since when the queue has been empty (q_time), as far as it counts
    int64_t n_adapted;        // periods of RED_ADAPT_NS, from time 0, that it has been adapted for
} Red;

typedef enum {
    RED_PASS,
    RED_EARLY,  // to be marked where the packet knows ECN, else dropped
    RED_FORCED, // to be dropped: the average is beyond all thresholds
} RedFate;

void red_init(Red *red, const RedParams *params, int64_t now_ns);

// Others than `before`; the average goes on, as does max_p where it is adapted from the same start.
void red_apply(Red *red, const RedParams *before, const RedParams *params);

// A packet finds `length` waiting; `draw` is random.
RedFate red_arrive(Red *red, const RedParams *params, int64_t now_ns, uint64_t length,
                   uint32_t draw);

// The last packet that waited has been taken.
static inline void red_emptied(Red *red, int64_t now_ns)
{
    red->empty_ns = now_ns;
}

// w_q of Adaptive RED, section 4: 1 - exp(-1/C), with a link of `packets_per_s`. Not for a frame's
// way.
uint64_t red_weight(double packets_per_s);
