// SPDX-License-Identifier: Apache-2.0
// Quoted texts: any bytes in, one short line out.
#include "core/quote.h"

#include <glib.h>
#include <string.h>

static void assert_quote(const char *text, const char *expected)
{
    g_autofree char *quote = quote_new(text);

    g_assert_cmpstr(quote, ==, expected);
}

static void test_shows_what_prints(void)
{
    assert_quote("", "\"\"");
    assert_quote("20 ms", "\"20 ms\"");
    assert_quote("Zürich", "\"Zürich\"");
}

static void test_escapes_what_does_not(void)
{
    assert_quote("a\nb\tc\x1b[2J", "\"a\\nb\\tc\\u001b[2J\"");
    assert_quote("a\xff", "\"a\xef\xbf\xbd\"");
}

static void test_cuts_long_texts(void)
{
    g_autofree char *text = g_strnfill(100000, 'x');
    g_autofree char *shown = g_strnfill(60, 'x');
    g_autofree char *expected = g_strdup_printf("\"%s…\"", shown);

    assert_quote(text, expected);
    text[60] = '\0';
    expected[61] = '"';
    expected[62] = '\0';
    assert_quote(text, expected);
}

static void assert_line(const char *text, const char *expected)
{
    g_autofree char *line = quote_line_new(text);

    g_assert_cmpstr(line, ==, expected);
}

static void test_several_lines_become_one(void)
{
    assert_line("", "");
    assert_line("set -e\necho é\n\n", "set -e echo é");
    assert_line("one line, which is longer than that and is whole all the same, to its end\n",
                "one line, which is longer than that and is whole all the same, to its end");
    assert_line("two lines that are longer than\nthat and of which the beginnińg\nis shown",
                "two lines that are longer than that and of which the beginni…");
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/core/quote/shows-what-prints", test_shows_what_prints);
    g_test_add_func("/core/quote/escapes-what-does-not", test_escapes_what_does_not);
    g_test_add_func("/core/quote/cuts-long-texts", test_cuts_long_texts);
    g_test_add_func("/core/quote/several-lines-become-one", test_several_lines_become_one);
    return g_test_run();
}
