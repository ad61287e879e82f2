// SPDX-License-Identifier: Apache-2.0
// Quantities in exact integer arithmetic: a number is its digits and the place of its point, a unit
// is a factor, and what does not come out even in the base unit is an error, never rounded.
// Only probabilities round, to the nearest step of 2^-32.
#include "core/quantity.h"

#include <math.h>
#include <string.h>

#include "core/quote.h"
#include "core/scale.h"

G_DEFINE_QUARK(quantity - error - quark, quantity_error)

typedef struct {
    const char *name;
    uint64_t factor; // base units in one of it
} Unit;

// One kind of quantity: its units from the smallest on, the base first.
typedef struct {
    const Unit *units;
    bool any_case;
    const char *names;    // of all units, for error texts
    const char *examples; // to follow a number that has no unit; %1$s is the number
} Measure;

static const Unit duration_units[] = {
    {"ns", 1},
    {"us", 1000},
    {"ms", 1000 * 1000},
    {"s", 1000 * 1000 * 1000},
    {"min", UINT64_C(60) * 1000 * 1000 * 1000},
    {"h", UINT64_C(3600) * 1000 * 1000 * 1000},
    {NULL, 0},
};

static const Unit rate_units[] = {
    {"bit", 1}, {"kbit", 1000}, {"mbit", 1000 * 1000}, {"gbit", 1000 * 1000 * 1000}, {NULL, 0},
};

static const Unit size_units[] = {
    {"B", 1},
    {"kB", 1000},
    {"KiB", 1024},
    {"MB", 1000 * 1000},
    {"MiB", 1024 * 1024},
    {"GB", 1000 * 1000 * 1000},
    {"GiB", 1024 * 1024 * 1024},
    {NULL, 0},
};

static const Unit packet_units[] = {{"packets", 1}, {"packet", 1}, {NULL, 0}};
static const Unit probability_units[] = {{"%", 1}, {NULL, 0}};

static const Measure duration_measure = {
    .units = duration_units,
    .names = "ns, us, ms, s, min or h",
    .examples = "%1$sms or %1$ss",
};

static const Measure rate_measure = {
    .units = rate_units,
    .any_case = true,
    .names = "bit, kbit, mbit or gbit (a second)",
    .examples = "%1$smbit or %1$skbit",
};

static const Measure size_measure = {
    .units = size_units,
    .names = "B, kB, MB, GB, KiB, MiB or GiB",
    .examples = "%1$skB or %1$sB",
};

static const Measure probability_measure = {
    .units = probability_units,
    .names = "%",
    .examples = "%1$s%%",
};

static const Measure limit_measure = {
    .names = "ms, s, B, kB, MB or packets",
    .examples = "%1$sms, %1$skB or %1$s packets",
};

// digits / 10^n_decimals
typedef struct {
    Uint128 digits;
    unsigned n_decimals;
    const char *unit; // what follows the number, blanks skipped
    size_t n_bytes;   // of the number itself
} Number;

// So many that no factor of a unit, nor 2^32, makes a product that a Uint128 cannot hold.
enum { NUMBER_MAX_DIGITS = 24 };

bool quantity_fail(GError **error, QuantityError code, const char *text, const char *format, ...)
{
    g_autofree char *quote = quote_new(text);
    g_autofree char *reason = NULL;
    va_list arguments;

    va_start(arguments, format);
    reason = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, QUANTITY_ERROR, (int)code, "%s %s", quote, reason);
    return false;
}

static bool number_scan(const char *text, Number *number, GError **error)
{
    const char *at = text;
    unsigned n_digits = 0;
    bool behind_point = false;

    *number = (Number){.digits = 0};
    if (*at == '-' && g_ascii_isdigit(at[1]))
        return quantity_fail(error, QUANTITY_ERROR_RANGE, text, "is negative: write 0 or more");
    if (!g_ascii_isdigit(*at))
        return quantity_fail(error, QUANTITY_ERROR_NUMBER, text, "is not a number");
    for (; g_ascii_isdigit(*at) || (*at == '.' && !behind_point); at++) {
        if (*at == '.') {
            if (!g_ascii_isdigit(at[1]))
                break;
            behind_point = true;
            continue;
        }
        if (n_digits > 0 || *at != '0')
            n_digits++;
        if (n_digits > NUMBER_MAX_DIGITS || number->n_decimals == NUMBER_MAX_DIGITS)
            return quantity_fail(error, QUANTITY_ERROR_RANGE, text, "has too many digits");
        number->digits = number->digits * 10 + (unsigned)(*at - '0');
        number->n_decimals += behind_point;
    }
    while (number->n_decimals > 0 && number->digits % 10 == 0) {
        number->digits /= 10;
        number->n_decimals--;
    }
    number->n_bytes = (size_t)(at - text);
    number->unit = at + strspn(at, " \t");
    return true;
}

static const Unit *measure_find(const Measure *measure, const char *name)
{
    for (const Unit *unit = measure->units; unit->name != NULL; unit++) {
        if (measure->any_case ? g_ascii_strcasecmp(unit->name, name) == 0
                              : strcmp(unit->name, name) == 0)
            return unit;
    }
    return NULL;
}

static Uint128 power_of_ten(unsigned exponent)
{
    Uint128 power = 1;

    while (exponent-- > 0)
        power *= 10;
    return power;
}

static bool quantity_fail_unit(GError **error, const Measure *measure, const char *text,
                               const Number *number)
{
    g_autofree char *unit = NULL;

    if (*number->unit == '\0') {
        g_autofree char *digits = g_strndup(text, number->n_bytes);
        GString *examples = g_string_new(measure->examples);

        g_string_replace(examples, "%1$s", digits, 0);
        g_string_replace(examples, "%%", "%", 0);
        quantity_fail(error, QUANTITY_ERROR_FORM, text, "has no unit: write %s", examples->str);
        g_string_free(examples, TRUE);
        return false;
    }
    unit = quote_new(number->unit);
    return quantity_fail(error, QUANTITY_ERROR_FORM, text, "has the unknown unit %s: use %s", unit,
                         measure->names);
}

// The number in base units of `unit`, up to `max`.
static bool number_scale(const char *text, const Number *number, const Unit *unit,
                         const char *base_unit, uint64_t max, uint64_t *amount, GError **error)
{
    Uint128 product = number->digits * unit->factor;
    Uint128 divisor = power_of_ten(number->n_decimals);

    if (product % divisor != 0)
        return quantity_fail(error, QUANTITY_ERROR_RANGE, text, "is finer than 1%s", base_unit);
    if (product / divisor > max)
        return quantity_fail(error, QUANTITY_ERROR_RANGE, text,
                             "is too large: %" G_GUINT64_FORMAT "%s is the most", max, base_unit);
    *amount = (uint64_t)(product / divisor);
    return true;
}

static bool quantity_parse(const Measure *measure, const char *text, uint64_t max, uint64_t *amount,
                           GError **error)
{
    const Unit *unit;
    Number number;

    if (!number_scan(text, &number, error))
        return false;
    unit = measure_find(measure, number.unit);
    if (unit == NULL)
        return quantity_fail_unit(error, measure, text, &number);
    return number_scale(text, &number, unit, measure->units[0].name, max, amount, error);
}

bool quantity_parse_duration_ns(const char *text, int64_t *ns, GError **error)
{
    uint64_t amount;

    if (!quantity_parse(&duration_measure, text, INT64_MAX, &amount, error))
        return false;
    *ns = (int64_t)amount;
    return true;
}

bool quantity_parse_rate_bps(const char *text, uint64_t *bps, GError **error)
{
    return quantity_parse(&rate_measure, text, UINT64_MAX, bps, error);
}

bool quantity_parse_size_bytes(const char *text, uint64_t *bytes, GError **error)
{
    return quantity_parse(&size_measure, text, UINT64_MAX, bytes, error);
}

bool quantity_parse_probability(const char *text, Probability *probability, GError **error)
{
    Number number;
    Uint128 whole, steps;

    if (!number_scan(text, &number, error))
        return false;
    if (measure_find(&probability_measure, number.unit) == NULL)
        return quantity_fail_unit(error, &probability_measure, text, &number);
    whole = 100 * power_of_ten(number.n_decimals);
    if (number.digits > whole)
        return quantity_fail(error, QUANTITY_ERROR_RANGE, text, "is more than 100%%");
    steps = (number.digits * RANDOM_ALWAYS + whole / 2) / whole;
    if (steps == 0 && number.digits > 0)
        return quantity_fail(error, QUANTITY_ERROR_RANGE, text,
                             "is too small to be told from 0%%: write 0%%, or at least "
                             "0.00000002%%, one in 2^32");
    if (steps == RANDOM_ALWAYS && number.digits < whole)
        steps = RANDOM_ALWAYS - 1;
    *probability = (Probability)steps;
    return true;
}

bool quantity_parse_limit(const char *text, Limit *limit, GError **error)
{
    static const struct {
        const Unit *units;
        LimitUnit unit;
        uint64_t max;
    } forms[] = {{duration_units, LIMIT_TIME, INT64_MAX},
                 {size_units, LIMIT_BYTES, UINT64_MAX},
                 {packet_units, LIMIT_PACKETS, UINT64_MAX}};
    Number number;

    if (!number_scan(text, &number, error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        const Measure measure = {.units = forms[i].units};
        const Unit *unit = measure_find(&measure, number.unit);
        uint64_t amount;

        if (unit == NULL)
            continue;
        if (!number_scale(text, &number, unit,
                          forms[i].unit == LIMIT_PACKETS ? " packet" : forms[i].units[0].name,
                          forms[i].max, &amount, error))
            return false;
        *limit = (Limit){.unit = forms[i].unit, .amount = amount};
        return true;
    }
    return quantity_fail_unit(error, &limit_measure, text, &number);
}

bool quantity_parse_count(const char *text, uint64_t *count, GError **error)
{
    Number number;

    if (!number_scan(text, &number, error))
        return false;
    if (*number.unit != '\0' || number.n_bytes != strlen(text) || number.n_decimals > 0)
        return quantity_fail(error, QUANTITY_ERROR_FORM, text,
                             "is not a whole number without a unit");
    if (number.digits > UINT64_MAX)
        return quantity_fail(error, QUANTITY_ERROR_RANGE, text,
                             "is too large: %" G_GUINT64_FORMAT " is the most", UINT64_MAX);
    *count = (uint64_t)number.digits;
    return true;
}

bool quantity_parse_ratio(const char *text, uint64_t *ratio, GError **error)
{
    const char *const end = text + strlen(text);
    char *behind;
    double value = g_ascii_strtod(text, &behind);
    g_autofree char *unit = quote_new(behind);

    if (behind == text)
        return quantity_fail(error, QUANTITY_ERROR_FORM, text,
                             "is not a number: write 1e-9, or 0.001%%");
    if (g_str_equal(behind, "%"))
        value /= 100;
    else if (behind != end)
        return quantity_fail(error, QUANTITY_ERROR_FORM, text,
                             "has the unknown unit %s: write 1e-9, or 0.001%%", unit);
    if (!(value >= 0 && value <= 1))
        return quantity_fail(error, QUANTITY_ERROR_RANGE, text, "is out of range: write 0 to 1");
    value = ldexp(value, 64);
    *ratio = value >= ldexp(1, 64) ? UINT64_MAX : (uint64_t)ceil(value);
    return true;
}

bool quantity_parse_decimal(const char *text, uint64_t *millionths, GError **error)
{
    Number number;
    Uint128 amount, divisor;

    if (!number_scan(text, &number, error))
        return false;
    if (number.n_bytes != strlen(text))
        return quantity_fail(error, QUANTITY_ERROR_FORM, text, "is not a number without a unit");
    amount = number.digits * 1000000;
    divisor = power_of_ten(number.n_decimals);
    if (amount % divisor != 0)
        return quantity_fail(error, QUANTITY_ERROR_RANGE, text, "is finer than 0.000001");
    if (amount / divisor > UINT64_C(1000000000000) * 1000000)
        return quantity_fail(error, QUANTITY_ERROR_RANGE, text,
                             "is too large: 1000000000000 is the most");
    *millionths = (uint64_t)(amount / divisor);
    return true;
}

// digits / 10^n_decimals, without trailing zeros behind the point.
static char *decimal_format(Uint128 digits, unsigned n_decimals, const char *unit)
{
    char text[48];
    char *at = text + sizeof text - 1;

    *at = '\0';
    for (; n_decimals > 0 && digits % 10 == 0; n_decimals--)
        digits /= 10;
    for (unsigned place = 0; place <= n_decimals || digits > 0; place++) {
        if (place > 0 && place == n_decimals)
            *--at = '.';
        *--at = (char)('0' + (int)(digits % 10));
        digits /= 10;
    }
    return g_strconcat(at, unit, NULL);
}

// In the unit, not larger than the amount, that needs the fewest letters; of equals the smaller.
// A unit in which the amount does not end within twelve places (a third of an hour) is left out.
static char *quantity_format(const Measure *measure, uint64_t amount)
{
    char *best = NULL;

    for (const Unit *unit = measure->units; unit->name != NULL; unit++) {
        g_autofree char *text = NULL;
        unsigned n_decimals = 0;
        Uint128 scaled = amount;

        if (unit->factor > 1 && amount < unit->factor)
            break;
        while (scaled % unit->factor != 0 && n_decimals < 12) {
            scaled *= 10;
            n_decimals++;
        }
        if (scaled % unit->factor != 0)
            continue;
        text = decimal_format(scaled / unit->factor, n_decimals, unit->name);
        if (best == NULL || strlen(text) < strlen(best)) {
            g_free(best);
            best = g_steal_pointer(&text);
        }
    }
    return best;
}

char *quantity_format_duration(int64_t ns)
{
    g_assert(ns >= 0);
    return quantity_format(&duration_measure, (uint64_t)ns);
}

char *quantity_format_rate(uint64_t bps)
{
    return quantity_format(&rate_measure, bps);
}

char *quantity_format_size(uint64_t bytes)
{
    return quantity_format(&size_measure, bytes);
}

char *quantity_format_probability(Probability probability)
{
    for (unsigned n_decimals = 0;; n_decimals++) {
        Uint128 digits =
            ((Uint128)probability * 100 * power_of_ten(n_decimals) + RANDOM_ALWAYS / 2) /
            RANDOM_ALWAYS;
        g_autofree char *text = decimal_format(digits, n_decimals, "%");
        Probability parsed;

        if (quantity_parse_probability(text, &parsed, NULL) && parsed == probability)
            return g_steal_pointer(&text);
        g_assert(n_decimals <
                 10); // a step of 2^-32 is more than 2 in the eighth place of a percent
    }
}

char *quantity_format_limit(Limit limit)
{
    switch (limit.unit) {
    case LIMIT_TIME:
        return quantity_format_duration((int64_t)limit.amount);
    case LIMIT_BYTES:
        return quantity_format_size(limit.amount);
    case LIMIT_PACKETS:
        return g_strdup_printf("%" G_GUINT64_FORMAT " packet%s", limit.amount,
                               limit.amount == 1 ? "" : "s");
    }
    g_assert_not_reached();
}

char *quantity_format_ratio(uint64_t ratio)
{
    double value = ratio == UINT64_MAX ? 1 : ldexp((double)ratio, -64);
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    for (int n_digits = 1; n_digits <= 17; n_digits++) {
        char format[8];
        uint64_t same;

        g_snprintf(format, sizeof format, "%%.%dg", n_digits);
        g_ascii_formatd(text, sizeof text, format, value);
        if (quantity_parse_ratio(text, &same, NULL) && same == ratio)
            break;
    }
    return g_strdup(text);
}

char *quantity_format_decimal(uint64_t millionths)
{
    return decimal_format(millionths, 6, "");
}
