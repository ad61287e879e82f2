// SPDX-License-Identifier: Apache-2.0
// Numbers are tried from coarse to fine, or from fine to coarse, as texts: what a text means is
// told by the parser alone, so that its limits ("finer than 1ns") and its rounding are kept.
#include "sim/scenario/revision.h"

#include <math.h>
#include <string.h>

#include "core/quantity.h"
#include "sim/scenario/bounds.h"
#include "sim/scenario/bounds_text.h"

enum {
    REVISION_MAX_DECIMALS = 17,
    REVISION_STEPS = 4, // numbers next to each other that are tried
};

// How an amount is written: a number, and what stands behind it.
typedef struct {
    MetricUnit unit;
    char *suffix;  // " ms"
    double factor; // of the base unit
} AmountStyle;

static void amount_style_init(AmountStyle *style, MetricUnit unit, const char *text, TextPart part)
{
    g_autofree char *amount = g_strndup(text + part.start, part.end - part.start);
    g_autofree char *one = NULL;

    style->unit = unit;
    style->suffix = g_strdup(amount + strspn(amount, "0123456789."));
    one = g_strconcat("1", style->suffix, NULL);
    if (!metric_parse(unit, one, &style->factor, NULL))
        style->factor = 1;
}

static void amount_style_clear(AmountStyle *style)
{
    g_free(style->suffix);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(AmountStyle, amount_style_clear)

// `count` times ten to the `exponent`, without noughts behind the point.
static char *amount_write(const AmountStyle *style, double count, int exponent)
{
    g_autofree char *number = exponent < 0
                                  ? g_strdup_printf("%.*f", -exponent, count / pow(10, -exponent))
                                  : g_strdup_printf("%.0f", count * pow(10, exponent));

    if (strchr(number, '.') != NULL) {
        size_t length = strlen(number);

        while (number[length - 1] == '0')
            length--;
        number[number[length - 1] == '.' ? length - 1 : length] = '\0';
    }
    return g_strconcat(number, style->suffix, NULL);
}

// The power of ten of an amount's first digit.
static int amount_leading(double amount)
{
    return amount > 0 ? (int)floor(log10(amount)) : 0;
}

// The amount next to `value` on that side, with two or three digits; NULL without one.
static char *amount_beyond(const AmountStyle *style, double value, bool is_above, bool is_strict)
{
    double amount = value / style->factor;
    int leading = amount_leading(amount);
    int exponent = leading - (amount / pow(10, leading) < 3.5 ? 2 : 1);

    for (; exponent <= MAX(leading, 0) + 1; exponent++) {
        double count = floor(amount / pow(10, exponent)) + (is_above ? -1 : 2);

        for (int n = 0; n < REVISION_STEPS; n++, count += is_above ? 1 : -1) {
            g_autofree char *text = count >= 0 ? amount_write(style, count, exponent) : NULL;
            double bound;

            if (text == NULL || !metric_parse(style->unit, text, &bound, NULL))
                continue;
            if (is_above ? bound > value : bound < value)
                return g_steal_pointer(&text);
            if (!is_strict && bound <= value && bound >= value)
                return g_steal_pointer(&text);
        }
    }
    return NULL;
}

static char *text_with(const char *text, TextPart part, const char *amount)
{
    return g_strdup_printf("%.*s%s%s", (int)part.start, text, amount, text + part.end);
}

static bool bounds_allow(MetricUnit unit, const char *text, double least, double most)
{
    Bounds bounds;

    return bounds_parse(unit, text, &bounds, NULL) && bounds_hold(&bounds, least) &&
           bounds_hold(&bounds, most);
}

G_GNUC_PRINTF(2, 3)
static char *revision_fail(GError **error, const char *format, ...)
{
    g_autofree char *reason = NULL;
    va_list arguments;

    va_start(arguments, format);
    reason = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE, reason);
    return NULL;
}

// Moves one bound beyond `value`.
static char *revise_bound(MetricUnit unit, const char *text, TextPart part, double value,
                          bool is_above, bool is_strict, GError **error)
{
    g_auto(AmountStyle) style = {0};
    g_autofree char *amount = NULL;
    g_autofree char *got = metric_format(unit, value);

    amount_style_init(&style, unit, text, part);
    amount = amount_beyond(&style, value, is_above, is_strict);
    if (amount == NULL)
        return revision_fail(error, "no bound %s %s can be written", is_above ? "above" : "below",
                             got);
    return text_with(text, part, amount);
}

static char *revise_range(MetricUnit unit, const char *text, double least, double most,
                          GError **error)
{
    g_autofree char *revised = g_strdup(text);
    BoundsText parts = bounds_text_scan(text);
    Bounds bounds;

    if (!bounds_parse(unit, text, &bounds, error))
        return NULL;
    // The upper end first: what stands before it keeps its place.
    if (most > bounds.high) {
        char *higher = revise_bound(unit, revised, parts.second, most, true, false, error);

        if (higher == NULL)
            return NULL;
        g_free(revised);
        revised = higher;
    }
    if (least < bounds.low)
        return revise_bound(unit, revised, parts.first, least, false, false, error);
    return g_steal_pointer(&revised);
}

// The middle that has the fewest digits, but three where so many are none too many.
static char *revise_tolerance(MetricUnit unit, const char *text, double least, double most,
                              GError **error)
{
    TextPart part = bounds_text_scan(text).first;
    g_auto(AmountStyle) style = {0};
    g_autofree char *low = metric_format(unit, least);
    g_autofree char *high = metric_format(unit, most);
    double middle;
    int leading;

    amount_style_init(&style, unit, text, part);
    middle = (least + most) / 2 / style.factor;
    leading = amount_leading(middle);
    for (int n = 0; n <= REVISION_MAX_DECIMALS + 2; n++) {
        // Three digits, four and so on; then two and one, of what must be whole.
        int exponent =
            n < REVISION_MAX_DECIMALS ? leading - 2 - n : leading + n - REVISION_MAX_DECIMALS - 1;
        g_autofree char *amount = NULL;
        g_autofree char *revised = NULL;

        if (middle < 0 || exponent < -REVISION_MAX_DECIMALS)
            continue;
        amount = amount_write(&style, round(middle / pow(10, exponent)), exponent);
        revised = text_with(text, part, amount);
        if (bounds_allow(unit, revised, least, most))
            return g_steal_pointer(&revised);
    }
    if (least < most)
        return revision_fail(error, "no value has both %s and %s within that tolerance", low, high);
    return revision_fail(error, "no value that can be written has %s within that tolerance", low);
}

static char *revise_value(MetricUnit unit, const char *text, double least, double most,
                          GError **error)
{
    TextPart part = bounds_text_scan(text).first;
    g_auto(AmountStyle) style = {0};
    g_autofree char *low = metric_format(unit, least);
    g_autofree char *high = metric_format(unit, most);

    if (least < most)
        return revision_fail(error, "the runs came to different values, from %s to %s", low, high);
    amount_style_init(&style, unit, text, part);
    for (int decimals = 0; decimals <= REVISION_MAX_DECIMALS; decimals++) {
        double count = round(least / style.factor * pow(10, decimals));
        g_autofree char *amount = amount_write(&style, count, -decimals);
        g_autofree char *revised = text_with(text, part, amount);

        if (bounds_allow(unit, revised, least, most))
            return g_steal_pointer(&revised);
    }
    return revision_fail(error, "exactly %s cannot be written: give it a tolerance", low);
}

char *revision_new(MetricUnit unit, const char *text, double least, double most, GError **error)
{
    BoundsText parts = bounds_text_scan(text);

    if (parts.form == BOUNDS_RANGE)
        return revise_range(unit, text, least, most, error);
    if (parts.form == BOUNDS_TOLERANCE)
        return revise_tolerance(unit, text, least, most, error);
    if (parts.is_negated)
        return revision_fail(error, "it says what must not be");
    if (parts.bounds_below && parts.bounds_above)
        return revise_value(unit, text, least, most, error);
    return revise_bound(unit, text, parts.first, parts.bounds_above ? most : least,
                        parts.bounds_above, parts.is_outside, error);
}
