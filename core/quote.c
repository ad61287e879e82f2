// SPDX-License-Identifier: Apache-2.0
// Quotes what the user wrote so that any bytes of a file can stand in one line of an error text.
#include "core/quote.h"

#include <glib.h>
#include <string.h>

enum { QUOTE_SHOWN_BYTES = 60 };

char *quote_new(const char *text)
{
    g_autofree char *whole = g_utf8_make_valid(text, -1);
    GString *quote = g_string_new("\"");
    const char *at = whole;

    for (; *at != '\0' && at - whole < QUOTE_SHOWN_BYTES; at = g_utf8_next_char(at)) {
        gunichar letter = g_utf8_get_char(at);

        if (letter == '\n')
            g_string_append(quote, "\\n");
        else if (letter == '\t')
            g_string_append(quote, "\\t");
        else if (!g_unichar_isprint(letter))
            g_string_append_printf(quote, "\\u%04x", letter);
        else
            g_string_append_unichar(quote, letter);
    }
    g_string_append(quote, *at != '\0' ? "…\"" : "\"");
    return g_string_free(quote, FALSE);
}

char *quote_line_new(const char *text)
{
    char *whole = g_strchomp(g_utf8_make_valid(text, -1));
    g_autofree char *start = NULL;

    if (strchr(whole, '\n') == NULL)
        return whole;
    g_strdelimit(whole, "\n", ' ');
    if (g_utf8_strlen(whole, -1) <= QUOTE_SHOWN_BYTES)
        return whole;
    start = g_utf8_substring(whole, 0, QUOTE_SHOWN_BYTES);
    g_free(whole);
    return g_strconcat(start, "…", NULL);
}
