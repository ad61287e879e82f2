// SPDX-License-Identifier: Apache-2.0
#include "sim/probe/arrivals.h"

#include <math.h>
#include <string.h>

void arrivals_init(Arrivals *arrivals)
{
    *arrivals = (Arrivals){.has_come = g_byte_array_new(), .newest = -1};
}

void arrivals_clear(Arrivals *arrivals)
{
    g_byte_array_unref(arrivals->has_come);
}

static void arrivals_make_room(Arrivals *arrivals, uint64_t number)
{
    guint had = arrivals->has_come->len;

    if (number < had)
        return;
    g_byte_array_set_size(arrivals->has_come, (guint)MAX(number + 1, 2 * (uint64_t)had));
    memset(arrivals->has_come->data + had, 0, arrivals->has_come->len - had);
}

bool arrivals_add(Arrivals *arrivals, uint64_t number, int64_t transit_ns)
{
    arrivals_make_room(arrivals, number);
    if (arrivals->has_come->data[number] != 0) {
        arrivals->duplicates++;
        return false;
    }
    arrivals->has_come->data[number] = 1;
    if (arrivals->received > 0)
        arrivals->jitter_ns +=
            (fabs((double)(transit_ns - arrivals->transit_ns)) - arrivals->jitter_ns) / 16;
    arrivals->transit_ns = transit_ns;
    arrivals->received++;
    arrivals->reordered += (int64_t)number < arrivals->newest;
    arrivals->newest = MAX(arrivals->newest, (int64_t)number);
    return true;
}

LossBursts arrivals_bursts(const Arrivals *arrivals, uint64_t n_sent)
{
    LossBursts bursts = {0};
    uint64_t run = 0;

    for (uint64_t number = 0; number < n_sent; number++) {
        bool is_lost = number >= arrivals->has_come->len || arrivals->has_come->data[number] == 0;

        run = is_lost ? run + 1 : 0;
        bursts.bursts += run == 1;
        bursts.longest = MAX(bursts.longest, run);
    }
    return bursts;
}
