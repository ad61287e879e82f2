// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/bounds.h"

#include <math.h>
#include <string.h>

#include "core/quantity.h"
#include "sim/scenario/bounds_text.h"

static bool bounds_parse_range(MetricUnit unit, const char *low, const char *high, Bounds *bounds,
                               GError **error)
{
    if (*low == '\0' && *high == '\0') {
        g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_FORM,
                    "has nothing on either side of the dots");
        return false;
    }
    if ((*low != '\0' && !metric_parse(unit, low, &bounds->low, error)) ||
        (*high != '\0' && !metric_parse(unit, high, &bounds->high, error)))
        return false;
    if (bounds->low <= bounds->high)
        return true;
    g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE,
                "is an empty range: %s is more than %s", low, high);
    return false;
}

// A sum of decimals is one: the double nearest to it, as a measured share is, and not that of a sum
// of doubles.
static double bounds_nearest(MetricUnit unit, double sum)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    if (unit != METRIC_SHARE && unit != METRIC_NUMBER)
        return sum;
    return g_ascii_strtod(g_ascii_formatd(text, sizeof text, "%.12f", sum), NULL);
}

static bool bounds_parse_tolerance(MetricUnit unit, const char *value_text,
                                   const char *tolerance_text, Bounds *bounds, GError **error)
{
    bool is_relative = unit != METRIC_SHARE && g_str_has_suffix(tolerance_text, "%");
    double value, tolerance;

    if (!metric_parse(unit, value_text, &value, error) ||
        !metric_parse(is_relative ? METRIC_SHARE : unit, tolerance_text, &tolerance, error))
        return false;
    if (is_relative)
        tolerance *= value;
    bounds->low = bounds_nearest(unit, value - tolerance);
    bounds->high = bounds_nearest(unit, value + tolerance);
    return true;
}

bool bounds_parse(MetricUnit unit, const char *text, Bounds *bounds, GError **error)
{
    BoundsText parts = bounds_text_scan(text);
    g_autofree char *first =
        g_strndup(text + parts.first.start, parts.first.end - parts.first.start);
    g_autofree char *second =
        g_strndup(text + parts.second.start, parts.second.end - parts.second.start);
    double value;

    *bounds = (Bounds){.low = -HUGE_VAL, .high = HUGE_VAL};
    if (parts.form == BOUNDS_RANGE)
        return bounds_parse_range(unit, first, second, bounds, error);
    if (parts.form == BOUNDS_TOLERANCE)
        return bounds_parse_tolerance(unit, first, second, bounds, error);
    if (!metric_parse(unit, first, &value, error))
        return false;
    bounds->low = parts.bounds_below ? value : bounds->low;
    bounds->high = parts.bounds_above ? value : bounds->high;
    bounds->low_out = bounds->high_out = parts.is_outside;
    bounds->is_negated = parts.is_negated;
    return true;
}

bool bounds_hold(const Bounds *bounds, double value)
{
    bool is_within = (bounds->low_out ? value > bounds->low : value >= bounds->low) &&
                     (bounds->high_out ? value < bounds->high : value <= bounds->high);

    return is_within != bounds->is_negated;
}
