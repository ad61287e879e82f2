// SPDX-License-Identifier: Apache-2.0
// MachineTime: what all cores of the machine together spend their time on, whoever asks for it.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Since the machine was started, in the kernel's ticks.
typedef struct {
    uint64_t total_ticks; // 0: unknown
    uint64_t busy_ticks;
    uint64_t stolen_ticks; // which the hypervisor gave to other virtual machines
} MachineTime;

// Between two of them, as shares of the total.
typedef struct {
    bool is_known;
    double busy, stolen;
} MachineShares;

// Now; unknown where /proc/stat cannot be read.
MachineTime machine_time_read(void);

// From a text as that of /proc/stat.
MachineTime machine_time_parse(const char *text);

MachineShares machine_time_between(const MachineTime *from, const MachineTime *to);
