// SPDX-License-Identifier: Apache-2.0
// How it works: each arrival moves the average, avg += w x (length - avg); one that finds the queue
// empty makes up for the m packets that could have been sent meanwhile, avg x (1 - w)^m. Between
// the thresholds the packet is hit with probability
//
//     p_b = max_p x (avg - min) / (max - min)      p_a = p_b / (1 - count x p_b)
//
// where count is the number of packets since the last hit, which spreads hits evenly. Beyond max
// every packet is, or, when gentle, p_b goes on from max_p to 1 at twice max. Adaptive: every half
// a second max_p is moved so as to keep avg in the middle fifth between the thresholds.
//
// u < p_a, with u drawn, is asked as u x (1 - count x p_b) < p_b: nothing is divided for it. The
// average changes on arrivals only, so the half seconds are made up for on the next arrival and no
// timer runs.
#include "links/queue/red.h"

#include <math.h>

#include "core/scale.h"

__extension__ typedef __int128 Int128;

enum { AVERAGE_BITS = 24, DECAY_BITS = 60 };

#define RED_ONE RANDOM_ALWAYS
#define RED_NONE_SINCE UINT64_MAX // -1: the next packet above min is number 0
#define RED_ADAPT_MIN (RED_ONE / 100)
#define RED_ADAPT_MAX (RED_ONE / 2)

void red_init(Red *red, const RedParams *params, int64_t now_ns)
{
    *red = (Red){.max_probability = params->max_probability,
                 .n_since = RED_NONE_SINCE,
                 .empty_ns = now_ns,
                 .n_adapted = now_ns / RED_ADAPT_NS};
}

void red_apply(Red *red, const RedParams *before, const RedParams *params)
{
    if (!params->is_adaptive || params->max_probability != before->max_probability)
        red->max_probability = params->max_probability;
}

uint64_t red_weight(double packets_per_s)
{
    double weight = -expm1(-1 / packets_per_s) * (double)RED_ONE;

    if (!(weight > 1))
        return 1;
    return weight < (double)RED_ONE ? (uint64_t)weight : RED_ONE;
}

// `average` x (1 - weight)^n, by squaring.
static uint64_t red_decay(uint64_t average, uint64_t weight, uint64_t n)
{
    uint64_t factor = (RED_ONE - weight) << (DECAY_BITS - 32);
    Uint128 power = UINT64_C(1) << DECAY_BITS;

    for (; n > 0 && power > 0; n >>= 1) {
        if (n & 1)
            power = power * factor >> DECAY_BITS;
        factor = (uint64_t)((Uint128)factor * factor >> DECAY_BITS);
    }
    return (uint64_t)(average * power >> DECAY_BITS);
}

static void red_average(Red *red, const RedParams *params, int64_t now_ns, uint64_t length)
{
    if (length > 0) {
        Int128 gap = ((Int128)length << AVERAGE_BITS) - (Int128)red->average;

        red->average = (uint64_t)((Int128)red->average + gap * (Int128)params->weight / RED_ONE);
    } else {
        int64_t idle_ns = now_ns > red->empty_ns ? now_ns - red->empty_ns : 0;
        uint64_t n = (uint64_t)(idle_ns / params->packet_ns);

        red->average = red_decay(red->average, params->weight, n);
        red->empty_ns += (int64_t)n * params->packet_ns;
    }
}

// The periods that have ended; an average that stays leads to a max_p that stays.
static void red_adapt(Red *red, const RedParams *params, int64_t now_ns)
{
    int64_t due = now_ns / RED_ADAPT_NS;
    uint64_t span = (params->max - params->min) << AVERAGE_BITS;
    uint64_t low = (params->min << AVERAGE_BITS) + span / 5 * 2;
    uint64_t high = (params->min << AVERAGE_BITS) + span / 5 * 3;

    for (; red->n_adapted < due; red->n_adapted++) {
        uint64_t p = red->max_probability;

        if (red->average > high && p <= RED_ADAPT_MAX)
            red->max_probability += p / 4 < RED_ONE / 100 ? p / 4 : RED_ONE / 100;
        else if (red->average < low && p >= RED_ADAPT_MIN)
            red->max_probability -= p / 10;
        if (red->max_probability == p)
            red->n_adapted = due - 1;
    }
}

// p_b in 2^-32; the average is at least min, and below max, or twice that when gentle.
static uint64_t red_probability(const Red *red, const RedParams *params)
{
    uint64_t min = params->min << AVERAGE_BITS, max = params->max << AVERAGE_BITS;

    if (red->average < max)
        return scale(red->average - min, red->max_probability, max - min);
    return red->max_probability + scale(red->average - max, RED_ONE - red->max_probability, max);
}

RedFate red_arrive(Red *red, const RedParams *params, int64_t now_ns, uint64_t length,
                   uint32_t draw)
{
    uint64_t probability;

    if (params->is_adaptive)
        red_adapt(red, params, now_ns);
    red_average(red, params, now_ns, length);
    if (red->average < params->min << AVERAGE_BITS) {
        red->n_since = RED_NONE_SINCE;
        return RED_PASS;
    }
    if (red->average >= params->max << (AVERAGE_BITS + params->is_gentle)) {
        red->n_since = 0;
        return RED_FORCED;
    }
    red->n_since++;
    probability = red_probability(red, params);
    if (probability == 0)
        return RED_PASS;
    // At RED_ONE / probability packets p_a reaches 1.
    if (red->n_since < RED_ONE / probability && probability < RED_ONE &&
        draw * (RED_ONE - red->n_since * probability) >= probability << 32)
        return RED_PASS;
    red->n_since = 0;
    return RED_EARLY;
}
