// SPDX-License-Identifier: Apache-2.0
// CsvTrace: how rate, delay, loss and queue of a link changed over time, as a table in a file. Its
// first line names the columns, `time` and any of the others, in any order: with a unit for the
// numbers below (time_s, rate_mbit), or alone, and then each value has its own.
#pragma once

#include "core/param.h"

typedef enum { CSV_RATE, CSV_DELAY, CSV_LOSS, CSV_QUEUE, N_CSV_COLUMNS } CsvColumn;

typedef struct {
    ParamObject object;
    uint64_t n_rows;  // at least 1
    int64_t *time_ns; // never falling
    // In the units of their parameters, each as the row above where the file leaves it empty; NULL
    // for columns that the file does not have. A rate of 0 is one of 1 bit a second.
    uint64_t *values[N_CSV_COLUMNS];
    // Over the time from the first to the last row, when these are steps, and when each value goes
    // over into the next.
    uint64_t means[N_CSV_COLUMNS], linear_means[N_CSV_COLUMNS];
    uint32_t *loss_lines; // of the file, for each row; NULL without losses
    uint64_t least_delay_ns;
    LimitUnit queue_unit;
} CsvTrace;

extern const ParamObjectClass csv_trace_class;
