// SPDX-License-Identifier: Apache-2.0
// Bounds: what values an expectation allows: `< 90ms`, `20ms..30ms`, `9.4mbit ± 3%`.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "sim/scenario/metric.h"

typedef struct {
    double low, high;       // in the metric's unit; -HUGE_VAL and HUGE_VAL: no bound
    bool low_out, high_out; // the bound itself is outside
    bool is_negated;        // all but what lies between
} Bounds;

// "= V" or a bare V, "!= V", "< V", "<= V", "> V", ">= V" (or the signs for those), "V..W" with one
// of them left out where there is no bound, "V ± T" or "V +- T". T is in the unit of V, or a share
// of V in percent; where V itself is a share, T is in percentage points.
bool bounds_parse(MetricUnit unit, const char *text, Bounds *bounds, GError **error);

bool bounds_hold(const Bounds *bounds, double value);
