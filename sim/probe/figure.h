// SPDX-License-Identifier: Apache-2.0
// How a probe, which runs inside a host, tells the lab what it has measured: lines of its output
// that no person sees, each with the name of a metric and its value.
#pragma once

#include <stdbool.h>

#include "sim/probe/arrivals.h"
#include "sim/probe/samples.h"
#include "sim/report/task_report.h"

// Prints a line. The name is one of the kind's metrics (sim/scenario/metric.h).
void figure_print(const char *name, double value);

// The least, the mean and the percentiles: NAME.min and so on. Nothing without samples.
void figure_print_samples(const char *name, Samples *samples);

// For people a line with `words` (unless nothing came), and the figures of numbered packets, of
// which `n_sent` were sent: sent, received, loss, duplicates and reordered.
void figure_print_packets(const Arrivals *arrivals, uint64_t n_sent, const char *words);

// Whether a line of output is of that kind; `figure` is set when it is a metric of `table`, and is
// else left with a NULL one.
bool figure_parse(const char *line, const MetricSpec *table, ProbeFigure *figure);
