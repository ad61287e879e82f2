// SPDX-License-Identifier: Apache-2.0
#include "sim/report/measured.h"

#include <string.h>

const char *measured_count(char room[MEASURED_COUNT_BYTES], uint64_t value)
{
    g_autofree char *digits = g_strdup_printf("%" G_GUINT64_FORMAT, value);
    size_t n_digits = strlen(digits), at = 0;

    for (size_t i = 0; i < n_digits; i++) {
        if (i > 0 && (n_digits - i) % 3 == 0)
            room[at++] = ',';
        room[at++] = digits[i];
    }
    room[at] = '\0';
    return room;
}

// Four significant digits in the unit a person would choose.
static char *measured_number(double value, const char *const *units, double step)
{
    int digits;

    while (value >= 999.95 && units[1] != NULL) {
        value /= step;
        units++;
    }
    digits = value >= 99.95 ? 1 : value >= 9.995 ? 2 : 3;
    return g_strdup_printf("%.*f %s", value == 0 ? 0 : digits, value, *units);
}

char *measured_duration(int64_t ns)
{
    static const char *const units[] = {"ns", "us", "ms", "s", NULL};

    return measured_number((double)ns, units, 1000);
}

char *measured_rate(uint64_t bps)
{
    static const char *const units[] = {"bit/s", "kbit/s", "Mbit/s", "Gbit/s", NULL};

    return measured_number((double)bps, units, 1000);
}
