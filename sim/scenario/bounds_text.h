// SPDX-License-Identifier: Apache-2.0
// BoundsText: where the amounts stand in the text of an expectation's bounds.
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef enum { BOUNDS_ONE, BOUNDS_RANGE, BOUNDS_TOLERANCE } BoundsForm;

typedef struct {
    size_t start, end; // in bytes, without the blanks around
} TextPart;

typedef struct {
    BoundsForm form;
    TextPart first;  // an amount with its unit; of a range the lower end, empty where it has none
    TextPart second; // of a range and a tolerance only
    bool bounds_below, bounds_above, is_outside, is_negated; // what the sign before one means
} BoundsText;

// Any text has a form; whether its parts are amounts is left to who reads them.
BoundsText bounds_text_scan(const char *text);
