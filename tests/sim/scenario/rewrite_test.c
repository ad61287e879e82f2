// SPDX-License-Identifier: Apache-2.0
// One value of a file is another; every other byte is what it was.
#include "sim/scenario/rewrite.h"

typedef struct {
    const char *text;
    size_t line, column;
    const char *old, *value;
    const char *rewritten; // NULL: the error
    const char *error;
} RewriteCase;

#define ANCHORED "it stands under an anchor (&), so that other places may have it too"
#define ELSEWHERE "the file does not have it there"

static const RewriteCase cases[] = {
    {"a: < 9ms\n", 1, 4, "< 9ms", "< 10ms", "a: < 10ms\n", NULL},
    {"a: < 9ms", 1, 4, "< 9ms", "< 10ms", "a: < 10ms", NULL},
    {"a:   \"< 9ms\"   # < 9ms\n", 1, 6, "< 9ms", "< 8ms", "a:   \"< 8ms\"   # < 9ms\n", NULL},
    {"a: '> 9ms'\n", 1, 4, "> 9ms", "> 8ms", "a: '> 8ms'\n", NULL},
    {"[{b: 7, a: 7, c: 7}]\n", 1, 12, "7", "12", "[{b: 7, a: 12, c: 7}]\n", NULL},
    {"{\"b\":7,\"a\":\"> 7\"}", 1, 12, "> 7", "> 5", "{\"b\":7,\"a\":\"> 5\"}", NULL},
    {"a: 9mbit ± 3% # ±\n", 1, 4, "9mbit ± 3%", "8mbit ± 3%", "a: 8mbit ± 3% # ±\n", NULL},
    {"a:\n  - b # c\n  - < 9ms # d\n", 3, 5, "< 9ms", "< 8ms", "a:\n  - b # c\n  - < 8ms # d\n",
     NULL},
    // Columns are of characters, lines of any kind.
    {"# ± 世\n{ö: 'ß', a: 1..}\n", 2, 13, "1..", "0..", "# ± 世\n{ö: 'ß', a: 0..}\n", NULL},
    {"b: 1\r\n\r\na: < 9ms\r\nc: ± \r\n", 3, 4, "< 9ms", "< 10ms",
     "b: 1\r\n\r\na: < 10ms\r\nc: ± \r\n", NULL},
    {"b: 1\ra: 2\r", 2, 4, "2", "3", "b: 1\ra: 3\r", NULL},
    {"b: y\xe2\x80\xa8x: 2\n", 2, 4, "2", "3", "b: y\xe2\x80\xa8x: 3\n", NULL},
    {"\xef\xbb\xbf# c\na: 2\n", 2, 4, "2", "3", "\xef\xbb\xbf# c\na: 3\n", NULL},
    {"\xef\xbb\xbfy: 2\nb: 2\n", 2, 4, "2", "3", "\xef\xbb\xbfy: 2\nb: 3\n", NULL},
    {"\xef\xbb\xbf{a: 2}\n", 1, 5, "2", "3", "\xef\xbb\xbf{a: 3}\n", NULL},
    // What is not to be changed.
    {"a: \"< ${x}\"\n", 1, 4, "< 9ms", "< 10ms", NULL, "its value comes from a variable"},
    {"a: &x < 9ms\nb: *x\n", 1, 4, "< 9ms", "< 10ms", NULL, ANCHORED},
    {"a: &x {c: [{d: < 9ms}]}\nb: {<<: *x}\n", 1, 16, "< 9ms", "< 10ms", NULL, ANCHORED},
    {"a: &x {c: 1}\nb: < 9ms\n", 2, 4, "< 9ms", "< 8ms", "a: &x {c: 1}\nb: < 8ms\n", NULL},
    {"a: \"9mbit \\u00b1 3%\"\n", 1, 4, "9mbit ± 3%", "8mbit ± 3%", NULL,
     "it is written with escapes or on several lines"},
    {"a: <\n  9ms\n", 1, 4, "< 9ms", "< 10ms", NULL,
     "it is written with escapes or on several lines"},
    {"a: |-\n  < 9ms\n", 1, 4, "< 9ms", "< 10ms", NULL,
     "it is written with escapes or on several lines"},
    {"a: !!str < 9ms\n", 1, 4, "< 9ms", "< 10ms", NULL,
     "it is written with escapes or on several lines"},
    {"a: < 8ms\n", 1, 4, "< 9ms", "< 10ms", NULL, ELSEWHERE},
    {"a: < 9ms\n", 2, 4, "< 9ms", "< 10ms", NULL, ELSEWHERE},
    {"a: [< 9ms\n", 1, 4, "< 9ms", "< 10ms", NULL, ELSEWHERE},
    {"", 1, 1, "1", "2", NULL, ELSEWHERE},
    {"a: {within: 5s}\n", 1, 4, "5s", "6s", NULL, ELSEWHERE},
};

static void test_one_value_is_another(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const RewriteCase *each = &cases[i];
        g_autoptr(GError) error = NULL;
        g_autofree char *rewritten = rewrite_scalar(
            each->text, (SourcePosition){each->line, each->column}, each->old, each->value, &error);

        g_test_message("%s", each->text);
        g_assert_cmpstr(rewritten, ==, each->rewritten);
        g_assert_cmpstr(error != NULL ? error->message : NULL, ==, each->error);
    }
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/scenario/rewrite/one-value-is-another", test_one_value_is_another);
    return g_test_run();
}
