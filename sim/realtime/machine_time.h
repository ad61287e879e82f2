// SPDX-License-Identifier: Apache-2.0
// MachineTime: what all cores of the machine together spend their time on, and how much of it this
// process had and was refused.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Since the machine was started, in the kernel's ticks.
typedef struct {
    uint64_t total_ticks; // 0: unknown
    uint64_t busy_ticks;
    uint64_t stolen_ticks; // which the hypervisor gave to other virtual machines
    uint64_t own_ticks;    // of this process and of its descendants that have ended and been reaped
    uint64_t held_back_ns; // of one core: its control groups had used up what they may (cpu.max)
    int64_t at_ns;         // by the monotonic clock
} MachineTime;

// Between two of them.
typedef struct {
    bool is_known;
    double busy, stolen; // of the time of all cores
    double others;       // of the same: busy, but not for this process and its descendants
    double held_back;    // of the time that passed
} MachineShares;

// Now; unknown where /proc/stat cannot be read.
MachineTime machine_time_read(void);

// From a text as that of /proc/stat; all that is not in it is 0.
MachineTime machine_time_parse(const char *text);

// "throttled_usec" or "throttled_time" of a text as that of cpu.stat of a control group; in ns, 0
// without either.
uint64_t machine_time_parse_held_back_ns(const char *text);

MachineShares machine_time_between(const MachineTime *from, const MachineTime *to);

// Whether others have taken so much that what this process should have done in time may have been
// late: no core was idle for long, and they had more than `others_share` of all (0 to 1); or its
// control groups held it back for longer than that.
bool machine_shares_are_short(const MachineShares *shares, double others_share);
