// SPDX-License-Identifier: Apache-2.0
// How it works: every Tupdate a PI controller moves p' (RFC 9332, Appendix A.1) by
//
//     alpha x (delay - target) + beta x (delay - delay before)      delays in seconds
//
// where the delay is the longer of those of the packets at the heads of both queues. A packet of
// the classic queue is hit with probability p_C = p' x p', one for L4S marked with p_CL = k x p',
// or because it has waited for the step threshold. Where p_CL has reached 1, marking L4S has no
// effect any more: then packets for L4S are dropped with p_C as well, and hits in the classic queue
// drop whatever knows ECN (Appendix A.2). p' counts in 2^-48.
//
// Deviations: the RFC's recur(), which spreads hits evenly, is a comparison with random draws as in
// the Linux qdisc, p_C the chance that both of two draws are below p': the fate of a packet then
// does not hang on those before. As there, the PI controller hits nothing while less than two full
// frames wait, which slow links could never avoid.
#include "links/queue/dualpi2.h"

__extension__ typedef __int128 Int128;

enum { MILLION = 1000000 };

// Beyond it a delay does not count, so that nothing overflows.
#define DUALPI2_DELAY_MAX_NS INT64_C(1000000000000)
// A gain counts 1/256, a second has so many nanoseconds.
#define DUALPI2_GAIN_UNIT INT64_C(256000000000)

void dualpi2_rest(DualPi2 *self, const DualPi2Params *params)
{
    self->credit = ((int64_t)params->protection_ppm * 2 - MILLION) * DUALPI2_FULL_FRAME_BYTES;
}

void dualpi2_init(DualPi2 *self, const DualPi2Params *params, int64_t now_ns)
{
    *self = (DualPi2){.probability = 0};
    dualpi2_apply(self, params, now_ns);
    dualpi2_rest(self, params);
}

void dualpi2_apply(DualPi2 *self, const DualPi2Params *params, int64_t now_ns)
{
    self->due_ns = (now_ns / params->update_ns + 1) * params->update_ns;
}

// One update: the packets at the heads of both queues have waited so long, 0 where there is none.
static void dualpi2_update(DualPi2 *self, const DualPi2Params *params,
                           const int64_t delay_ns[N_DUALPI2_QUEUES])
{
    int64_t longer_ns = delay_ns[DUALPI2_L4S] > delay_ns[DUALPI2_CLASSIC]
                            ? delay_ns[DUALPI2_L4S]
                            : delay_ns[DUALPI2_CLASSIC];
    Int128 max = DUALPI2_ONE, probability;

    if (longer_ns > DUALPI2_DELAY_MAX_NS)
        longer_ns = DUALPI2_DELAY_MAX_NS;
    if (!params->drops_on_overload)
        max /= params->coupling;
    probability = (Int128)params->alpha * (longer_ns - params->target_ns) +
                  (Int128)params->beta * (longer_ns - self->old_delay_ns);
    probability = probability * (Int128)DUALPI2_ONE / DUALPI2_GAIN_UNIT + self->probability;
    if (probability < 0)
        probability = 0;
    self->probability = (uint64_t)(probability < max ? probability : max);
    self->old_delay_ns = longer_ns;
}

void dualpi2_advance(DualPi2 *self, const DualPi2Params *params, int64_t now_ns,
                     const int64_t since_ns[N_DUALPI2_QUEUES])
{
    while (self->due_ns <= now_ns) {
        DualPi2 before = *self;
        int64_t delay_ns[N_DUALPI2_QUEUES];
        bool is_empty = true;

        for (int side = 0; side < N_DUALPI2_QUEUES; side++) {
            delay_ns[side] = since_ns[side] == DUALPI2_EMPTY_NS ? 0 : self->due_ns - since_ns[side];
            is_empty = is_empty && since_ns[side] == DUALPI2_EMPTY_NS;
        }
        dualpi2_update(self, params, delay_ns);
        self->due_ns += params->update_ns;
        // At rest one update is as another.
        if (is_empty && self->probability == before.probability &&
            self->old_delay_ns == before.old_delay_ns)
            dualpi2_apply(self, params, now_ns);
    }
}

DualPi2Side dualpi2_choose(const DualPi2 *self, const DualPi2Params *params,
                           const int64_t since_ns[N_DUALPI2_QUEUES])
{
    if (since_ns[DUALPI2_CLASSIC] == DUALPI2_EMPTY_NS)
        return DUALPI2_L4S;
    if (since_ns[DUALPI2_L4S] == DUALPI2_EMPTY_NS)
        return DUALPI2_CLASSIC;
    if (params->scheduler == DUALPI2_WEIGHTED)
        return self->credit <= 0 ? DUALPI2_L4S : DUALPI2_CLASSIC;
    return since_ns[DUALPI2_L4S] - params->shift_ns <= since_ns[DUALPI2_CLASSIC] ? DUALPI2_L4S
                                                                                 : DUALPI2_CLASSIC;
}

void dualpi2_charge(DualPi2 *self, const DualPi2Params *params, DualPi2Side side, uint32_t n_bytes,
                    bool other_waits)
{
    if (!other_waits)
        return;
    if (side == DUALPI2_L4S)
        self->credit += (int64_t)params->protection_ppm * n_bytes;
    else
        self->credit -= (int64_t)(MILLION - params->protection_ppm) * n_bytes;
}

DualPi2Fate dualpi2_judge(const DualPi2 *self, const DualPi2Params *params,
                          const DualPi2Packet *packet)
{
    uint64_t once = self->probability >> 16;
    uint64_t coupled = once * params->coupling;
    uint32_t first = (uint32_t)packet->draw, second = (uint32_t)(packet->draw >> 32);
    bool is_overloaded = self->probability * params->coupling >= DUALPI2_ONE;
    bool is_small = packet->backlog_bytes < 2 * DUALPI2_FULL_FRAME_BYTES;
    bool is_squared_hit = !is_small && first < once && second < once;

    if (packet->side == DUALPI2_CLASSIC) {
        if (!is_squared_hit)
            return DUALPI2_PASS;
        return packet->knows_ecn && !(is_overloaded && params->drops_on_overload) ? DUALPI2_MARK
                                                                                  : DUALPI2_DROP;
    }
    if (is_overloaded && is_squared_hit && params->drops_on_overload)
        return DUALPI2_DROP;
    if (is_overloaded && !is_small)
        return DUALPI2_MARK;
    if (!is_small && first < coupled)
        return DUALPI2_MARK;
    return packet->is_followed && packet->delay_ns >= params->step_ns ? DUALPI2_MARK : DUALPI2_PASS;
}
