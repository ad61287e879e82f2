// SPDX-License-Identifier: Apache-2.0
#include "sim/report/text_lines.h"

#define ESCAPE_END "\033[0m"

void text_styled(TextReport *self, const char *escape, const char *words)
{
    if (self->colour)
        g_string_append_printf(self->text, "%s%s%s", escape, words, ESCAPE_END);
    else
        g_string_append(self->text, words);
}

void text_heading(TextReport *self, const char *words)
{
    g_string_append_c(self->text, '\n');
    text_styled(self, ESCAPE_BOLD, words);
    g_string_append_c(self->text, '\n');
}

void text_wrapped(TextReport *self, const char *words, int indent)
{
    g_auto(GStrv) parts = g_strsplit(words, " ", -1);
    glong column = 0;

    for (char **part = parts; *part != NULL; part++) {
        glong width = g_utf8_strlen(*part, -1);

        if (column > 0 && column + 1 + width <= TEXT_LINE_COLUMNS) {
            g_string_append_printf(self->text, " %s", *part);
            column += 1 + width;
        } else {
            g_string_append_printf(self->text, "%s%*s%s", column > 0 ? "\n" : "", indent, "",
                                   *part);
            column = indent + width;
        }
    }
    g_string_append_c(self->text, '\n');
}
