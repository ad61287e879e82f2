// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/bounds_text.h"

#include <glib.h>
#include <string.h>

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

static TextPart text_part(const char *text, size_t start, size_t end)
{
    while (start < end && g_ascii_isspace(text[start]))
        start++;
    while (end > start && g_ascii_isspace(text[end - 1]))
        end--;
    return (TextPart){start, end};
}

// The two parts around a separator; false when the text does not have it.
static bool bounds_text_split(BoundsText *self, const char *text, const char *separator,
                              BoundsForm form)
{
    const char *found = strstr(text, separator);

    if (found == NULL)
        return false;
    self->form = form;
    self->first = text_part(text, 0, (size_t)(found - text));
    self->second = text_part(text, (size_t)(found - text) + strlen(separator), strlen(text));
    return true;
}

BoundsText bounds_text_scan(const char *text)
{
    static const char *const tolerances[] = {"±", "+/-", "+-"};
    size_t start = strspn(text, " ");
    BoundsText self = {.form = BOUNDS_ONE};

    for (size_t i = 0; i < G_N_ELEMENTS(bounds_signs); i++) {
        if (!g_str_has_prefix(text + start, bounds_signs[i].sign))
            continue;
        self.first = text_part(text, start + strlen(bounds_signs[i].sign), strlen(text));
        self.bounds_below = bounds_signs[i].bounds_below;
        self.bounds_above = bounds_signs[i].bounds_above;
        self.is_outside = bounds_signs[i].is_outside;
        self.is_negated = bounds_signs[i].is_negated;
        return self;
    }
    if (bounds_text_split(&self, text, "..", BOUNDS_RANGE))
        return self;
    for (size_t i = 0; i < G_N_ELEMENTS(tolerances); i++) {
        if (bounds_text_split(&self, text, tolerances[i], BOUNDS_TOLERANCE))
            return self;
    }
    self.bounds_below = self.bounds_above = true;
    self.first = text_part(text, 0, strlen(text));
    return self;
}
