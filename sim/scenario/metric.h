// SPDX-License-Identifier: Apache-2.0
// Metric: what an expectation may be about, with its unit; one table for each kind of subject. The
// loader, error texts and the reference page read them; what measures goes by the names.
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
    METRIC_COUNT,    // a whole number
    METRIC_NUMBER,   // a number without a unit
    METRIC_DURATION, // nanoseconds
    METRIC_RATE,     // bits a second
    METRIC_SIZE,     // bytes
    METRIC_SHARE,    // 0 to 1, written in percent
} MetricUnit;

typedef struct {
    const char *name; // "queue.p99"
    MetricUnit unit;
    const char *summary; // one line, for the reference page
} MetricSpec;

// Each ended by a NULL name.
extern const MetricSpec task_metrics[];
extern const MetricSpec link_metrics[];
extern const MetricSpec capture_metrics[];
extern const MetricSpec ping_metrics[];
extern const MetricSpec reach_metrics[];
extern const MetricSpec tcp_metrics[];
extern const MetricSpec udp_metrics[];
extern const MetricSpec http_metrics[];

// The entry of that name, or NULL.
const MetricSpec *metric_find(const MetricSpec *table, const char *name);

// "a duration", for error texts; static.
const char *metric_unit_noun(MetricUnit unit);

// "ns": of the values above, for what machines read; static. And back, false for no such name.
const char *metric_unit_name(MetricUnit unit);
bool metric_unit_find(const char *name, MetricUnit *unit);

// One value of that unit, exactly as a scenario file writes it, in the unit above. The error says
// what would be right.
bool metric_parse(MetricUnit unit, const char *text, double *value, GError **error);

// The same way back, six digits of it: "12.5ms"; the caller frees it.
char *metric_format(MetricUnit unit, double value);
