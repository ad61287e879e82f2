// SPDX-License-Identifier: Apache-2.0
// A command line of another tool, word by word, and where its words are.
#include <glib.h>

#include "sim/import/words.h"

// The words of a text, each in angle brackets.
static void assert_words(const char *text, const char *expected)
{
    g_autoptr(Words) words = words_new(text);
    GString *found = g_string_new(NULL);
    const char *word;

    while ((word = words_next(words)) != NULL)
        g_string_append_printf(found, "<%s>", word);
    g_assert_null(words_peek(words));
    g_assert_cmpstr(found->str, ==, expected);
    g_string_free(found, TRUE);
}

static void test_splits_like_a_shell(void)
{
    assert_words("", "");
    assert_words(" \t\n", "");
    assert_words("a", "<a>");
    assert_words("  delay 10ms\t2ms\n", "<delay><10ms><2ms>");
    assert_words("--args=\"a=1, b=2\" 'c d'", "<--args=a=1, b=2><c d>");
    assert_words("'it is \"so\"' \"it's\"", "<it is \"so\"><it's>");
    assert_words("'open end", "<open end>");
    assert_words("'' x", "<><x>");
}

static void test_failures_count_characters(void)
{
    g_autoptr(Words) words = words_new("dé 'x y' z");
    g_autoptr(GError) before = NULL, third = NULL, end = NULL, missing = NULL;

    g_assert_false(words_fail(words, &before, "no word yet"));
    g_assert_cmpstr(before->message, ==, "character 11: no word yet");
    words_next(words);
    words_next(words);
    g_assert_cmpstr(words_next(words), ==, "z");
    g_assert_false(words_fail(words, &third, "is %s", "wrong"));
    g_assert_cmpstr(third->message, ==, "character 10: is wrong");
    g_assert_false(words_fail_at_end(words, &end, "is missing"));
    g_assert_cmpstr(end->message, ==, "character 11: is missing");
    g_assert_null(words_need(words, "a time", &missing));
    g_assert_cmpstr(missing->message, ==, "character 11: the text ends where a time should be");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/import/words/splits-like-a-shell", test_splits_like_a_shell);
    g_test_add_func("/import/words/failures-count-characters", test_failures_count_characters);
    return g_test_run();
}
