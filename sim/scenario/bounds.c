// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/bounds.h"

#include <math.h>
#include <string.h>

#include "core/quantity.h"

static const struct {
    const char *sign; // a longer one before what it begins with
    bool bounds_below, bounds_above, is_outside, is_negated;
} bounds_signs[] = {
    {"<=", false, true, false, false}, {"≤", false, true, false, false},
    {"<", false, true, true, false},   {">=", true, false, false, false},
    {"≥", true, false, false, false},  {">", true, false, true, false},
    {"!=", true, true, false, true},   {"≠", true, true, false, true},
    {"==", true, true, false, false},  {"=", true, true, false, false},
};

static bool bounds_parse_range(MetricUnit unit, const char *text, const char *dots, Bounds *bounds,
                               GError **error)
{
    g_autofree char *low = g_strstrip(g_strndup(text, (gsize)(dots - text)));
    g_autofree char *high = g_strstrip(g_strdup(dots + 2));

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

static bool bounds_parse_tolerance(MetricUnit unit, const char *text, const char *sign,
                                   size_t sign_bytes, Bounds *bounds, GError **error)
{
    g_autofree char *value_text = g_strstrip(g_strndup(text, (gsize)(sign - text)));
    g_autofree char *tolerance_text = g_strstrip(g_strdup(sign + sign_bytes));
    bool is_relative = unit != METRIC_SHARE && g_str_has_suffix(tolerance_text, "%");
    double value, tolerance;

    if (!metric_parse(unit, value_text, &value, error) ||
        !metric_parse(is_relative ? METRIC_SHARE : unit, tolerance_text, &tolerance, error))
        return false;
    if (is_relative)
        tolerance *= value;
    bounds->low = value - tolerance;
    bounds->high = value + tolerance;
    return true;
}

bool bounds_parse(MetricUnit unit, const char *text, Bounds *bounds, GError **error)
{
    static const char *const tolerances[] = {"±", "+/-", "+-"};
    const char *found;
    double value;

    *bounds = (Bounds){.low = -HUGE_VAL, .high = HUGE_VAL};
    text += strspn(text, " ");
    for (size_t i = 0; i < G_N_ELEMENTS(bounds_signs); i++) {
        if (!g_str_has_prefix(text, bounds_signs[i].sign))
            continue;
        found = text + strlen(bounds_signs[i].sign);
        found += strspn(found, " ");
        if (!metric_parse(unit, found, &value, error))
            return false;
        bounds->low = bounds_signs[i].bounds_below ? value : bounds->low;
        bounds->high = bounds_signs[i].bounds_above ? value : bounds->high;
        bounds->low_out = bounds->high_out = bounds_signs[i].is_outside;
        bounds->is_negated = bounds_signs[i].is_negated;
        return true;
    }
    found = strstr(text, "..");
    if (found != NULL)
        return bounds_parse_range(unit, text, found, bounds, error);
    for (size_t i = 0; i < G_N_ELEMENTS(tolerances); i++) {
        found = strstr(text, tolerances[i]);
        if (found != NULL)
            return bounds_parse_tolerance(unit, text, found, strlen(tolerances[i]), bounds, error);
    }
    if (!metric_parse(unit, text, &value, error))
        return false;
    bounds->low = bounds->high = value;
    return true;
}

bool bounds_hold(const Bounds *bounds, double value)
{
    bool is_within = (bounds->low_out ? value > bounds->low : value >= bounds->low) &&
                     (bounds->high_out ? value < bounds->high : value <= bounds->high);

    return is_within != bounds->is_negated;
}
