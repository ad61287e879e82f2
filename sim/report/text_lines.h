// SPDX-License-Identifier: Apache-2.0
// TextReport: the lines that the report for a person is made of.
#pragma once

#include <glib.h>
#include <stdbool.h>

enum { TEXT_LINE_COLUMNS = 80 };

typedef struct {
    GString *text;
    bool colour;
} TextReport;

#define ESCAPE_BOLD "\033[1m"
#define ESCAPE_GOOD "\033[32m"
#define ESCAPE_WARN "\033[33m"
#define ESCAPE_BAD "\033[31m"

void text_styled(TextReport *self, const char *escape, const char *words);

// A line of its own, after an empty one.
void text_heading(TextReport *self, const char *words);

// Whole words in lines of at most TEXT_LINE_COLUMNS columns, each after `indent` blanks.
void text_wrapped(TextReport *self, const char *words, int indent);
