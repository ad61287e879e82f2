// SPDX-License-Identifier: Apache-2.0
// Reads decimal numbers exactly, up to 18 digits.
#include "sim/import/amount.h"

#include <glib.h>
#include <string.h>

#include "core/quantity.h"
#include "core/scale.h"

enum { AMOUNT_MAX_DIGITS = 18 };

// digits / power_of_ten; returns what follows the number, NULL when there is none or it is too
// long.
static const char *amount_scan(const char *text, uint64_t *digits, uint64_t *power_of_ten)
{
    unsigned n_digits = 0;
    bool behind_point = false, any = false;

    *digits = 0;
    *power_of_ten = 1;
    for (; g_ascii_isdigit(*text) || (*text == '.' && !behind_point); text++) {
        if (*text == '.') {
            behind_point = true;
            continue;
        }
        any = true;
        if (*digits > 0 || *text != '0' || behind_point)
            n_digits++;
        if (n_digits > AMOUNT_MAX_DIGITS)
            return NULL;
        *digits = *digits * 10 + (unsigned)(*text - '0');
        if (behind_point)
            *power_of_ten *= 10;
    }
    return any ? text : NULL;
}

bool amount_parse(const char *text, const AmountUnit *units, bool any_case, uint64_t *amount)
{
    uint64_t digits, power_of_ten;
    const char *name = amount_scan(text, &digits, &power_of_ten);

    if (name == NULL)
        return false;
    for (const AmountUnit *unit = units; unit->name != NULL; unit++) {
        Uint128 divisor = (Uint128)power_of_ten * unit->divisor;
        Uint128 whole;

        if (any_case ? g_ascii_strcasecmp(unit->name, name) != 0 : strcmp(unit->name, name) != 0)
            continue;
        whole = (Uint128)digits * unit->factor / divisor;
        *amount = (uint64_t)whole;
        return whole <= INT64_MAX;
    }
    return false;
}

bool amount_parse_percent(const char *text, Probability *probability)
{
    uint64_t digits, power_of_ten;
    const char *sign = amount_scan(text, &digits, &power_of_ten);
    g_autofree char *number = NULL;
    g_autofree char *percent = NULL;

    if (sign == NULL || (*sign != '\0' && strcmp(sign, "%") != 0))
        return false;
    number = g_strndup(text, (size_t)(sign - text));
    // The other tools allow ".5" and "5."; quantities do not.
    if (g_str_has_suffix(number, "."))
        number[strlen(number) - 1] = '\0';
    percent = g_strdup_printf("%s%s%%", *number == '.' ? "0" : "", number);
    return quantity_parse_probability(percent, probability, NULL);
}

bool amount_parse_count(const char *text, uint64_t max, uint64_t *count)
{
    static const AmountUnit units[] = {{"", 1, 1}, {NULL, 0, 0}};

    return strchr(text, '.') == NULL && amount_parse(text, units, false, count) && *count <= max;
}
