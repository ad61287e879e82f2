// SPDX-License-Identifier: Apache-2.0
// Quantities with units, as scenario files and command lines write them: parsed exactly, in
// integers, and printed back in the unit a person would choose.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/random.h"

#define QUANTITY_ERROR (quantity_error_quark())
GQuark quantity_error_quark(void);

typedef enum {
    QUANTITY_ERROR_NUMBER, // does not begin with a number; the text does not say what would be
                           // right
    QUANTITY_ERROR_FORM,   // not a number with a unit
    QUANTITY_ERROR_RANGE,  // outside what the type or the caller allows
} QuantityError;

// Sets the error of a text that was not understood: the text in quotes, and what is wrong with it
// and would be right. Always false.
bool quantity_fail(GError **error, QuantityError code, const char *text, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

// A queue's limit: as time at the link's rate, as bytes or as packets.
typedef enum { LIMIT_TIME, LIMIT_BYTES, LIMIT_PACKETS } LimitUnit;

typedef struct {
    LimitUnit unit;
    uint64_t amount; // nanoseconds, bytes or packets
} Limit;

// Each parses the whole of `text` or fails with an error that says what is wrong and what would be
// right ("20 has no unit: write 20ms or 20s"); space before the unit and a fraction are allowed.
// A fraction finer than the type can hold is an error, as is a negative amount.

// "20ms": ns, us, ms, s, min, h.
bool quantity_parse_duration_ns(const char *text, int64_t *ns, GError **error);
// "2.5gbit": bit, kbit, mbit, gbit as in tc, in powers of 1000, in any case.
bool quantity_parse_rate_bps(const char *text, uint64_t *bps, GError **error);
// "64kB": B, kB, MB, GB in powers of 1000, KiB, MiB, GiB in powers of 1024.
bool quantity_parse_size_bytes(const char *text, uint64_t *bytes, GError **error);
// "0.1%": 0 % to 100 %, in steps of 2^-32; what is not 0 never becomes 0.
bool quantity_parse_probability(const char *text, Probability *probability, GError **error);
// "1e-9" or "0.0001%": 0 to 1, in units of 2^-64 (1 is UINT64_MAX); what is not 0 never becomes 0.
bool quantity_parse_ratio(const char *text, uint64_t *ratio, GError **error);
// A duration, a size, or "100 packets".
bool quantity_parse_limit(const char *text, Limit *limit, GError **error);
// A bare whole number.
bool quantity_parse_count(const char *text, uint64_t *count, GError **error);
// A bare number, "2.5", in millionths; up to 10^12.
bool quantity_parse_decimal(const char *text, uint64_t *millionths, GError **error);

// The shortest text that parses back to the same value, without a zero before a point: "20ms",
// "2.5gbit", "64kB", "0.1%". `ns` is not negative. The caller frees it.
char *quantity_format_duration(int64_t ns);
char *quantity_format_rate(uint64_t bps);
char *quantity_format_size(uint64_t bytes);
char *quantity_format_probability(Probability probability);
char *quantity_format_limit(Limit limit);
char *quantity_format_ratio(uint64_t ratio); // "1e-09"
char *quantity_format_decimal(uint64_t millionths);
