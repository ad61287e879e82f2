// SPDX-License-Identifier: Apache-2.0
// Machine: how much of the machine this process may use.
#pragma once

#include <stdint.h>

// Cores that the calling thread may run on (taskset(1), cpuset(7)), at least 1.
unsigned machine_n_cores(void);

// What is installed, or less where a control group has a limit.
uint64_t machine_memory_bytes(void);

// The least limit of the control groups in `membership`, which is a text as /proc/self/cgroup has
// it, and of all above them; of either version, mounted at `root` as at /sys/fs/cgroup. UINT64_MAX
// without one.
uint64_t machine_cgroup_memory_bytes(const char *root, const char *membership);
