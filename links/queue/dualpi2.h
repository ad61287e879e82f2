// SPDX-License-Identifier: Apache-2.0
// DualPi2: the coupled AQMs and the scheduler of a dual queue (RFC 9332, Appendix A) apart from
// the queues. It knows times, lengths and random draws only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define DUALPI2_ONE (UINT64_C(1) << 48) // probability 1
#define DUALPI2_EMPTY_NS INT64_C(-1)    // in place of a time: there is no packet
#define DUALPI2_TARGET_NS INT64_C(15000000)
#define DUALPI2_UPDATE_NS INT64_C(16000000)
#define DUALPI2_STEP_NS INT64_C(1000000)
#define DUALPI2_SHIFT_NS INT64_C(50000000)

enum {
    DUALPI2_ALPHA = 41, // in 1/256 Hz: 0.16
    DUALPI2_BETA = 819, // 3.2
    DUALPI2_GAIN_MAX = 256 * 256,
    DUALPI2_COUPLING = 2,
    DUALPI2_PROTECTION_PPM = 100000,
    DUALPI2_FULL_FRAME_BYTES = 1514,
};

typedef enum { DUALPI2_L4S, DUALPI2_CLASSIC, N_DUALPI2_QUEUES } DualPi2Side;
typedef enum { DUALPI2_WEIGHTED, DUALPI2_TIME_SHIFTED } DualPi2Scheduler;

typedef struct {
    int64_t target_ns, update_ns; // update_ns is at least 1
    int64_t step_ns;              // packets for L4S that waited so long are marked
    int64_t shift_ns;             // DUALPI2_TIME_SHIFTED: the lead of L4S
    uint32_t alpha, beta;
    uint32_t coupling;       // k, at least 1
    uint32_t protection_ppm; // DUALPI2_WEIGHTED: the share of the classic queue, to a million
    DualPi2Scheduler scheduler;
    bool drops_on_overload; // else both queues grow up to their limit
} DualPi2Params;

typedef struct {
    uint64_t probability; // p', 0 to DUALPI2_ONE
    int64_t old_delay_ns; // prevq
    int64_t due_ns;       // when the next update falls due
    int64_t credit;       // of the classic queue, in millionths of a byte; L4S is next up to 0
} DualPi2;

typedef enum { DUALPI2_PASS, DUALPI2_MARK, DUALPI2_DROP } DualPi2Fate;

// As at rest; its updates fall on multiples of update_ns.
void dualpi2_init(DualPi2 *self, const DualPi2Params *params, int64_t now_ns);

// Parameters have changed; what it has learnt stays.
void dualpi2_apply(DualPi2 *self, const DualPi2Params *params, int64_t now_ns);

// All updates that have fallen due up to and including `now_ns`, during which the packets at the
// heads were those that came at `since_ns`: so no timer has to run. To be called before either
// queue changes.
void dualpi2_advance(DualPi2 *self, const DualPi2Params *params, int64_t now_ns,
                     const int64_t since_ns[N_DUALPI2_QUEUES]);

// Which queue is served next; one at least is not empty.
DualPi2Side dualpi2_choose(const DualPi2 *self, const DualPi2Params *params,
                           const int64_t since_ns[N_DUALPI2_QUEUES]);

// A packet of `side` goes out; `other_waits`: the other queue is not empty.
void dualpi2_charge(DualPi2 *self, const DualPi2Params *params, DualPi2Side side, uint32_t n_bytes,
                    bool other_waits);

// Both queues have become empty.
void dualpi2_rest(DualPi2 *self, const DualPi2Params *params);

typedef struct {
    DualPi2Side side;
    bool knows_ecn;
    bool is_followed;       // by another packet in its queue
    int64_t delay_ns;       // that it has waited
    uint64_t backlog_bytes; // of both queues, with it
    uint64_t draw;          // two random draws of 32 bits
} DualPi2Packet;

// What becomes of a packet taken from the head of its queue.
DualPi2Fate dualpi2_judge(const DualPi2 *self, const DualPi2Params *params,
                          const DualPi2Packet *packet);
