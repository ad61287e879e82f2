// SPDX-License-Identifier: Apache-2.0
// Progress: one line on what a running lab is doing.
#pragma once

#include <stdint.h>

#include "sim/lab/lab.h"

enum { PROGRESS_MS = 250 };

// What was counted when the line was last made; zeroed at first.
typedef struct {
    int64_t at_ns;
    uint64_t bytes;
} Progress;

// "3.2 s  12,345 frames, 9.61 Mbit/s  london: iperf3 -c newyork"; `task` may be NULL. The caller
// frees it.
char *progress_text(Progress *progress, const Lab *lab, const TaskSpec *task);
