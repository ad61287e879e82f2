// SPDX-License-Identifier: Apache-2.0
// Hold: frames that wait for a fixed time between being read and being written; what a delay costs
// at least.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct Hold Hold;

// `slot_bytes` hold the longest frame.
Hold *hold_new(int64_t hold_ns, size_t slot_bytes);

// Reads a frame from `from_fd`, to be written to `to_fd` after the time. False when none is there,
// or no slot is free.
bool hold_read(Hold *hold, int from_fd, int to_fd);

// Writes what is due, and arms the timer for what is next. Returns how many the kernel refused.
unsigned hold_write(Hold *hold);

// Readable when something is due.
int hold_timer_fd(const Hold *hold);
