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

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/core/quote/shows-what-prints", test_shows_what_prints);
    g_test_add_func("/core/quote/escapes-what-does-not", test_escapes_what_does_not);
    g_test_add_func("/core/quote/cuts-long-texts", test_cuts_long_texts);
    return g_test_run();
}
