// SPDX-License-Identifier: Apache-2.0
// The clocks: the only place of the program that reads one.
#pragma once

#include <stdint.h>

// CLOCK_MONOTONIC, which all deadlines are on.
int64_t clock_monotonic_ns(void);

// CLOCK_REALTIME: nanoseconds since 1970, for time stamps in files.
int64_t clock_wall_ns(void);

// How far the second is ahead of the first, whoever has the core meanwhile.
int64_t clock_wall_ahead_ns(void);
