// SPDX-License-Identifier: Apache-2.0
// Pie: the Proportional Integral controller Enhanced of RFC 8033 apart from any queue. It knows
// delays, lengths and random draws only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PIE_ONE (UINT64_C(1) << 48) // probability 1
#define PIE_TARGET_NS INT64_C(15000000)
#define PIE_UPDATE_NS INT64_C(15000000)
#define PIE_BURST_NS INT64_C(150000000)

enum {
    PIE_ALPHA = 2, // in sixteenths of a hertz, as tc-pie(8) counts: 1/8
    PIE_BETA = 20, // 5/4
    PIE_GAIN_MAX = 32,
    PIE_FULL_FRAME_BYTES = 1514,
};

typedef struct {
    int64_t target_ns; // QDELAY_REF
    int64_t update_ns; // T_UPDATE, at least 1
    int64_t burst_ns;  // MAX_BURST
    uint32_t alpha, beta;
} PieParams;

typedef struct {
    uint64_t probability; // drop_prob_, 0 to PIE_ONE
    uint64_t accumulated; // accu_prob_
    int64_t old_delay_ns; // qdelay_old_
    int64_t burst_ns;     // burst_allowance_
    int64_t due_ns;       // when the next update falls due
} Pie;

// As at rest; its updates fall on multiples of update_ns.
void pie_init(Pie *pie, const PieParams *params, int64_t now_ns);

// Parameters have changed; what it has learnt stays.
void pie_apply(Pie *pie, const PieParams *params, int64_t now_ns);

// One calculate_drop_prob() (RFC 8033, sections 4.2 and 5.5): the queue's delay is `delay_ns`.
void pie_update(Pie *pie, const PieParams *params, int64_t delay_ns);

// All updates that have fallen due up to and including `now_ns`, during which the delay was
// `delay_ns`: so no timer has to run. To be called before whatever changes the delay.
void pie_advance(Pie *pie, const PieParams *params, int64_t now_ns, int64_t delay_ns);

// Whether a packet is to be marked or dropped that finds `backlog_bytes` and the delay `delay_ns`
// in the queue (sections 4.1, 4.4 and 5.4); `draw` is random.
bool pie_hits(Pie *pie, const PieParams *params, uint64_t backlog_bytes, int64_t delay_ns,
              uint32_t draw);

// A packet met a full queue.
static inline void pie_overflow(Pie *pie)
{
    pie->accumulated = 0;
}

// Section 5.1: whether a packet that is hit may be marked instead of being dropped.
static inline bool pie_may_mark(const Pie *pie)
{
    return pie->probability <= PIE_ONE / 10;
}
