// SPDX-License-Identifier: Apache-2.0
// Measured: numbers that a run has come to, as a person reads them.
#pragma once

#include <glib.h>
#include <stdint.h>

enum { MEASURED_COUNT_BYTES = 32 };

// "1,234,567", in `room`.
const char *measured_count(char room[MEASURED_COUNT_BYTES], uint64_t value);

// Four significant digits in the unit a person would choose: "12.35 ms" and "9.412 Mbit/s"; the
// caller frees them.
char *measured_duration(int64_t ns);
char *measured_rate(uint64_t bps);
