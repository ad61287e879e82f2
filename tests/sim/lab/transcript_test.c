// SPDX-License-Identifier: Apache-2.0
#include "sim/lab/transcript.h"

#include <stdio.h>
#include <string.h>

enum { LINE_BYTES = 10 }; // with its end

static void add_numbers(Transcript *transcript, unsigned from, unsigned to)
{
    for (unsigned number = from; number < to; number++) {
        char line[LINE_BYTES];

        snprintf(line, sizeof line, "%09u", number);
        transcript_add(transcript, line);
    }
}

static void test_little_is_kept_whole(void)
{
    Transcript *transcript = transcript_new();

    g_assert_cmpstr(transcript_text(transcript), ==, "");
    transcript_add(transcript, "one");
    transcript_add(transcript, "");
    transcript_add(transcript, "three");
    g_assert_cmpstr(transcript_text(transcript), ==, "one\n\nthree\n");
    g_assert_false(transcript_is_cut(transcript));
    transcript_free(transcript);
}

// Just what fits, in the beginning and in the end.
static void test_nothing_is_left_out_before_it_must_be(void)
{
    enum { N_LINES = TRANSCRIPT_MAX_BYTES / LINE_BYTES - 10 };
    Transcript *transcript = transcript_new();

    add_numbers(transcript, 0, N_LINES);
    g_assert_false(transcript_is_cut(transcript));
    g_assert_cmpuint(strlen(transcript_text(transcript)), ==, N_LINES * LINE_BYTES);
    transcript_free(transcript);
}

// Asked now and then, as by who looks at a running lab: what is left out changes, and is counted.
static void test_of_much_the_beginning_and_the_end_are_kept(void)
{
    enum { N_LINES = 1000000, N_LINES_AT_ONCE = 70001 };
    Transcript *transcript = transcript_new();

    for (unsigned from = 0; from < N_LINES; from += N_LINES_AT_ONCE) {
        unsigned to = MIN(from + N_LINES_AT_ONCE, N_LINES), left_out_bytes;
        g_autofree char *last = g_strdup_printf("\n%09u\n", to - 1);
        const char *text, *words;

        add_numbers(transcript, from, to);
        text = transcript_text(transcript);
        g_assert_true(g_str_has_prefix(text, "000000000\n000000001\n"));
        g_assert_true(g_str_has_suffix(text, last));
        words = strchr(text, '[');
        g_assert_true(transcript_is_cut(transcript) == (words != NULL));
        if (words == NULL)
            continue;
        g_assert_cmpint(sscanf(words, "[%u bytes are left out here]", &left_out_bytes), ==, 1);
        g_assert_cmpuint(strlen(text), >, TRANSCRIPT_MAX_BYTES - 200);
        g_assert_cmpuint(strlen(text), <=, TRANSCRIPT_MAX_BYTES);
        // The kept lines are whole: with those left out they are all there were.
        g_assert_cmpuint(strlen(text) - strlen(words) + strlen(strchr(words, '\n') + 1) +
                             left_out_bytes,
                         ==, to * LINE_BYTES);
    }
    g_assert_true(transcript_is_cut(transcript));
    transcript_free(transcript);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lab/transcript/little-is-kept-whole", test_little_is_kept_whole);
    g_test_add_func("/lab/transcript/nothing-is-left-out-before-it-must-be",
                    test_nothing_is_left_out_before_it_must_be);
    g_test_add_func("/lab/transcript/of-much-the-beginning-and-the-end-are-kept",
                    test_of_much_the_beginning_and_the_end_are_kept);
    return g_test_run();
}
