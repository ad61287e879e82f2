// SPDX-License-Identifier: Apache-2.0
// The first line of /proc/stat (proc(5)): user, nice, system, idle, iowait, irq, softirq, steal;
// what follows, time of guests, is part of user and nice.
#include "sim/realtime/machine_time.h"

#include <glib.h>
#include <inttypes.h>
#include <stdio.h>

enum {
    STAT_USER,
    STAT_NICE,
    STAT_SYSTEM,
    STAT_IDLE,
    STAT_IOWAIT,
    STAT_IRQ,
    STAT_SOFTIRQ,
    STAT_STEAL,
    N_STATS
};

MachineTime machine_time_parse(const char *text)
{
    uint64_t ticks[N_STATS];
    MachineTime time = {0};

    if (sscanf(text,
               "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
               " %" SCNu64 " %" SCNu64,
               &ticks[STAT_USER], &ticks[STAT_NICE], &ticks[STAT_SYSTEM], &ticks[STAT_IDLE],
               &ticks[STAT_IOWAIT], &ticks[STAT_IRQ], &ticks[STAT_SOFTIRQ],
               &ticks[STAT_STEAL]) != N_STATS)
        return time;
    for (int i = 0; i < N_STATS; i++)
        time.total_ticks += ticks[i];
    time.stolen_ticks = ticks[STAT_STEAL];
    time.busy_ticks = time.total_ticks - ticks[STAT_IDLE] - ticks[STAT_IOWAIT] - ticks[STAT_STEAL];
    return time;
}

MachineTime machine_time_read(void)
{
    g_autofree char *text = NULL;

    if (!g_file_get_contents("/proc/stat", &text, NULL, NULL))
        return (MachineTime){0};
    return machine_time_parse(text);
}

// Ticks of a virtual machine's idle time and steal can go back by a little.
static double share_of(uint64_t from, uint64_t to, uint64_t total)
{
    return to > from ? MIN(1.0, (double)(to - from) / (double)total) : 0;
}

MachineShares machine_time_between(const MachineTime *from, const MachineTime *to)
{
    uint64_t total_ticks;

    if (from->total_ticks == 0 || to->total_ticks <= from->total_ticks)
        return (MachineShares){0};
    total_ticks = to->total_ticks - from->total_ticks;
    return (MachineShares){true, share_of(from->busy_ticks, to->busy_ticks, total_ticks),
                           share_of(from->stolen_ticks, to->stolen_ticks, total_ticks)};
}
