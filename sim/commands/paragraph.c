// SPDX-License-Identifier: Apache-2.0
// Widths count characters; a word that is longer than a line stands in one of its own.
#include "sim/commands/paragraph.h"

#include <glib.h>
#include <stdio.h>

void paragraph_print(const char *text, int indent, int hanging)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    glong column = 0;

    for (char **word = words; *word != NULL; word++) {
        glong width = g_utf8_strlen(*word, -1);

        if (column > 0 && column + 1 + width > PARAGRAPH_COLUMNS) {
            printf("\n%*s", hanging, "");
            column = hanging;
        } else if (column > 0) {
            putchar(' ');
            column++;
        } else {
            printf("%*s", indent, "");
            column = indent;
        }
        fputs(*word, stdout);
        column += width;
    }
    putchar('\n');
}
