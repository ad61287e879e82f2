// SPDX-License-Identifier: Apache-2.0
// What is to be said stands in a block of YAML behind the result, as a literal scalar. Version 13,
// since Perl's prove takes no later one; what is written is right in 14 as well.
#include "sim/suite/tap.h"

#include <string.h>

enum { TAP_WORDS_INDENT = 2 }; // of all words of a test: what a literal must not begin with

char *tap_plan(guint n_tests)
{
    return g_strdup_printf("TAP version 13\n1..%u\n", n_tests);
}

// A number sign begins a directive, a backslash takes that from it; and a line is a line.
static char *tap_escape(const char *text)
{
    GString *escaped = g_string_new(NULL);

    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '#' || *at == '\\')
            g_string_append_c(escaped, '\\');
        g_string_append_c(escaped, g_ascii_iscntrl(*at) ? ' ' : *at);
    }
    return g_string_free(escaped, FALSE);
}

// As YAML has it, but for line breaks.
static bool tap_is_printable(gunichar letter)
{
    return !g_unichar_iscntrl(letter) && letter != 0xfffe && letter != 0xffff;
}

static void tap_block(GString *point, const Test *test)
{
    g_autofree char *words = test_words(test);
    g_autofree char *valid = g_utf8_make_valid(words, -1);
    g_auto(GStrv) lines = g_strsplit(valid, "\n", -1);

    if (*words == '\0')
        return;
    g_string_append_printf(point, "  ---\n  duration_ms: %.3f\n  message: |\n",
                           (double)test->elapsed_ns / 1e6);
    for (char **line = lines; *line != NULL; line++) {
        const char *start = *line + MIN(TAP_WORDS_INDENT, strspn(*line, " "));

        for (char *at = *line; *at != '\0'; at = g_utf8_next_char(at)) {
            if (tap_is_printable(g_utf8_get_char(at)))
                continue;
            memset(at, ' ', (size_t)(g_utf8_next_char(at) - at));
        }
        if (**line != '\0')
            g_string_append_printf(point, "    %s\n", start);
    }
    g_string_append(point, "  ...\n");
}

char *tap_point(const Test *test, guint number)
{
    bool is_skipped = test->outcome == TEST_INVALID || test->outcome == TEST_NOT_RUN;
    GString *point = g_string_new(NULL);
    g_autofree char *name = tap_escape(test->name);

    g_string_append_printf(point, "%s %u - %s",
                           test->outcome == TEST_PASSED || is_skipped ? "ok" : "not ok", number,
                           name);
    if (is_skipped)
        g_string_append_printf(point, " # SKIP %s", test_outcome_name(test->outcome));
    g_string_append_c(point, '\n');
    tap_block(point, test);
    return g_string_free(point, FALSE);
}
