// SPDX-License-Identifier: Apache-2.0
// How it works: every T_UPDATE the probability p moves by
//
//     alpha x (delay - QDELAY_REF) + beta x (delay - delay before)      delays in seconds
//
// divided the more the smaller p is (RFC 8033, section 4.2, as the table of Appendix A). An
// arriving packet adds p to a sum; it passes below 0.85, is hit at 8.5, and with probability p in
// between (section 5.4). p counts in 2^-48: the least step, alpha x QDELAY_REF / 2048, is 2^28 of
// these.
//
// Deviations: the sum starts anew after each hit, whether that drops or marks, where Appendix B
// names only drops: else all packets behind one marked at 8.5 would be marked. Two full frames
// stand for 2 x MEAN_PKTSIZE, which the RFC does not give.
#include "links/queue/pie.h"

#include "core/scale.h"

__extension__ typedef __int128 Int128;

// Beyond it a delay does not count, so that nothing overflows.
#define PIE_DELAY_MAX_NS INT64_C(1000000000000)
#define PIE_HIGH_DELAY_NS INT64_C(250000000)
// A gain counts sixteenths, a second has so many nanoseconds.
#define PIE_GAIN_UNIT INT64_C(16000000000)

static const struct {
    uint64_t below;
    int64_t divisor;
} pie_steps[] = {
    {PIE_ONE / 1000000, 2048}, {PIE_ONE / 100000, 512}, {PIE_ONE / 10000, 128},
    {PIE_ONE / 1000, 32},      {PIE_ONE / 100, 8},      {PIE_ONE / 10, 2},
    {UINT64_MAX, 1},
};

void pie_init(Pie *pie, const PieParams *params, int64_t now_ns)
{
    *pie = (Pie){.burst_ns = params->burst_ns};
    pie_apply(pie, params, now_ns);
}

void pie_apply(Pie *pie, const PieParams *params, int64_t now_ns)
{
    pie->due_ns = (now_ns / params->update_ns + 1) * params->update_ns;
}

static int64_t pie_change(const Pie *pie, const PieParams *params, int64_t delay_ns)
{
    Int128 error = (Int128)params->alpha * (delay_ns - params->target_ns) +
                   (Int128)params->beta * (delay_ns - pie->old_delay_ns);
    Int128 change = error * (Int128)PIE_ONE / PIE_GAIN_UNIT;
    int step = 0;

    while (pie->probability >= pie_steps[step].below)
        step++;
    change /= pie_steps[step].divisor;
    if (pie->probability >= PIE_ONE / 10 && change > (Int128)(PIE_ONE / 50))
        change = PIE_ONE / 50;
    if (delay_ns > PIE_HIGH_DELAY_NS)
        change += PIE_ONE / 50;
    if (change > (Int128)PIE_ONE)
        return (int64_t)PIE_ONE;
    return change < -(Int128)PIE_ONE ? -(int64_t)PIE_ONE : (int64_t)change;
}

// Takes `n_updates` periods off the burst allowance.
static void pie_spend_burst(Pie *pie, const PieParams *params, int64_t n_updates)
{
    if (pie->burst_ns / params->update_ns < n_updates)
        pie->burst_ns = 0;
    else
        pie->burst_ns -= n_updates * params->update_ns;
}

void pie_update(Pie *pie, const PieParams *params, int64_t delay_ns)
{
    int64_t probability;

    if (delay_ns > PIE_DELAY_MAX_NS)
        delay_ns = PIE_DELAY_MAX_NS;
    probability = (int64_t)pie->probability + pie_change(pie, params, delay_ns);
    if (delay_ns == 0 && pie->old_delay_ns == 0)
        probability = probability * 49 / 50;
    if (probability < 0)
        probability = 0;
    if (probability > (int64_t)PIE_ONE)
        probability = (int64_t)PIE_ONE;
    pie->probability = (uint64_t)probability;
    pie->old_delay_ns = delay_ns;
    pie_spend_burst(pie, params, 1);
}

void pie_advance(Pie *pie, const PieParams *params, int64_t now_ns, int64_t delay_ns)
{
    while (pie->due_ns <= now_ns) {
        Pie before = *pie;

        pie_update(pie, params, delay_ns);
        pie->due_ns += params->update_ns;
        // An update that changes nothing, as at rest, stands for all that follow.
        if (pie->probability == before.probability && pie->old_delay_ns == before.old_delay_ns &&
            pie->due_ns <= now_ns) {
            pie_spend_burst(pie, params, (now_ns - pie->due_ns) / params->update_ns + 1);
            pie_apply(pie, params, now_ns);
        }
    }
}

bool pie_hits(Pie *pie, const PieParams *params, uint64_t backlog_bytes, int64_t delay_ns,
              uint32_t draw)
{
    bool was_low = pie->old_delay_ns < params->target_ns / 2;

    if (pie->probability == 0 && was_low && delay_ns < params->target_ns / 2)
        pie->burst_ns = params->burst_ns;
    if (pie->burst_ns > 0 || backlog_bytes <= 2 * PIE_FULL_FRAME_BYTES ||
        (was_low && pie->probability < PIE_ONE / 5))
        return false;
    if (pie->probability == 0)
        pie->accumulated = 0;
    pie->accumulated += pie->probability;
    if (pie->accumulated < PIE_ONE / 100 * 85)
        return false;
    if (pie->accumulated < PIE_ONE / 2 * 17 && draw >= pie->probability >> 16)
        return false;
    pie->accumulated = 0;
    return true;
}
