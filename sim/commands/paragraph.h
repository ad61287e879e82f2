// SPDX-License-Identifier: Apache-2.0
// Paragraph: text on standard output, broken between words into lines of 80 columns.
#pragma once

enum { PARAGRAPH_COLUMNS = 80 };

// Prints `text` and a line end; the first line behind `indent` blanks, the others behind `hanging`.
void paragraph_print(const char *text, int indent, int hanging);
