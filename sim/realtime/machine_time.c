// SPDX-License-Identifier: Apache-2.0
// The first line of /proc/stat (proc(5)): user, nice, system, idle, iowait, irq, softirq, steal;
// what follows, time of guests, is part of user and nice. The kernel counts processor time of
// processes once they have been waited for (getrusage(2)): those still alive are others here.
#include "sim/realtime/machine_time.h"

#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sim/realtime/cgroup.h"
#include "sim/realtime/clock.h"

#define MACHINE_IDLE_SHARE 0.1 // with more idle than this, whoever waited could have had a core

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

uint64_t machine_time_parse_held_back_ns(const char *text)
{
    static const struct {
        const char *key;
        uint64_t unit_ns;
    } keys[] = {{"throttled_usec ", 1000}, {"throttled_time ", 1}}; // cgroup v2, v1
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (char **line = lines; *line != NULL; line++) {
        for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
            if (g_str_has_prefix(*line, keys[i].key))
                return keys[i].unit_ns * g_ascii_strtoull(*line + strlen(keys[i].key), NULL, 10);
        }
    }
    return 0;
}

// A group is held back with those above it, and by its own limit as well: the longest counts.
static void machine_take_held_back(void *data, CgroupVersion version, const char *directory)
{
    g_autofree char *path = g_build_filename(directory, "cpu.stat", NULL);
    g_autofree char *text = NULL;
    uint64_t *most_ns = data;

    (void)version;
    if (g_file_get_contents(path, &text, NULL, NULL))
        *most_ns = MAX(*most_ns, machine_time_parse_held_back_ns(text));
}

static uint64_t machine_time_of(int who)
{
    struct rusage usage;
    uint64_t ticks_per_s = (uint64_t)sysconf(_SC_CLK_TCK);

    getrusage(who, &usage);
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * ticks_per_s +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * ticks_per_s / 1000000;
}

MachineTime machine_time_read(void)
{
    g_autofree char *text = NULL;
    MachineTime time;

    if (!g_file_get_contents("/proc/stat", &text, NULL, NULL))
        return (MachineTime){0};
    time = machine_time_parse(text);
    time.own_ticks = machine_time_of(RUSAGE_SELF) + machine_time_of(RUSAGE_CHILDREN);
    cgroup_visit_own("cpu", machine_take_held_back, &time.held_back_ns);
    time.at_ns = clock_monotonic_ns();
    return time;
}

// Ticks of a virtual machine's idle time and steal can go back by a little.
static double share_of(uint64_t from, uint64_t to, uint64_t total)
{
    return to > from ? MIN(1.0, (double)(to - from) / (double)total) : 0;
}

MachineShares machine_time_between(const MachineTime *from, const MachineTime *to)
{
    MachineShares shares = {0};
    uint64_t total_ticks;

    if (from->total_ticks == 0 || to->total_ticks <= from->total_ticks)
        return shares;
    total_ticks = to->total_ticks - from->total_ticks;
    shares.is_known = true;
    shares.busy = share_of(from->busy_ticks, to->busy_ticks, total_ticks);
    shares.stolen = share_of(from->stolen_ticks, to->stolen_ticks, total_ticks);
    shares.others = MAX(0.0, shares.busy - share_of(from->own_ticks, to->own_ticks, total_ticks));
    if (to->at_ns > from->at_ns)
        shares.held_back =
            share_of(from->held_back_ns, to->held_back_ns, (uint64_t)(to->at_ns - from->at_ns));
    return shares;
}

bool machine_shares_are_short(const MachineShares *shares, double others_share)
{
    if (!shares->is_known)
        return false;
    return shares->held_back > others_share ||
           (1 - shares->busy - shares->stolen < MACHINE_IDLE_SHARE &&
            shares->others + shares->stolen > others_share);
}
