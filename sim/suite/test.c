// SPDX-License-Identifier: Apache-2.0
// Words a test's result the same way for a terminal, TAP and JUnit.
#include "sim/suite/test.h"

#include <string.h>

enum { TEST_COLUMNS = 80 };

static void finding_free(void *item)
{
    Finding *finding = item;

    g_free(finding->what);
    g_free(finding->expected);
    g_free(finding->got);
    g_free(finding->output);
    g_free(finding);
}

static void reading_free(void *item)
{
    Reading *reading = item;

    g_free(reading->metric);
    g_free(reading->expected);
    g_free(reading->got);
    g_free(reading);
}

Test *test_new(const char *name, const char *path)
{
    Test *test = g_new0(Test, 1);

    test->name = g_strdup(name);
    test->path = g_strdup(path);
    test->findings = g_ptr_array_new_with_free_func(finding_free);
    test->readings = g_ptr_array_new_with_free_func(reading_free);
    test->reasons = g_ptr_array_new_with_free_func(g_free);
    return test;
}

void test_free(Test *test)
{
    g_ptr_array_unref(test->findings);
    g_ptr_array_unref(test->readings);
    g_ptr_array_unref(test->reasons);
    g_free(test->folder);
    g_free(test->folder_name);
    g_free(test->choice);
    g_free(test->path);
    g_free(test->name);
    g_free(test);
}

void test_reset(Test *test)
{
    g_ptr_array_set_size(test->findings, 0);
    g_ptr_array_set_size(test->readings, 0);
    g_ptr_array_set_size(test->reasons, 0);
    test->task_failed = false;
    g_clear_pointer(&test->folder, g_free);
}

Finding *test_add_finding(Test *test)
{
    Finding *finding = g_new0(Finding, 1);

    g_ptr_array_add(test->findings, finding);
    return finding;
}

Reading *test_add_reading(Test *test)
{
    Reading *reading = g_new0(Reading, 1);

    g_ptr_array_add(test->readings, reading);
    return reading;
}

const char *test_outcome_name(TestOutcome outcome)
{
    static const char *const names[] = {
        [TEST_NOT_RUN] = "not run", [TEST_PASSED] = "passed", [TEST_FAILED] = "failed",
        [TEST_INVALID] = "invalid", [TEST_ERROR] = "error",
    };

    return names[outcome];
}

static char *shell_word(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_.,:=%/@+-";

    return *word != '\0' && strspn(word, plain) == strlen(word) ? g_strdup(word)
                                                                : g_shell_quote(word);
}

char *test_repeat_line(const Test *test)
{
    g_autofree char *path = shell_word(test->path);
    g_autofree char *choice = shell_word(test->choice != NULL ? test->choice : "");
    GString *line = g_string_new("taploom run ");

    g_string_append(line, path);
    if (test->choice != NULL && *test->choice != '\0')
        g_string_append_printf(line, " --matrix %s", choice);
    g_string_append_printf(line, " --seed %" G_GUINT64_FORMAT, test->seed);
    return g_string_free(line, FALSE);
}

// Adds `text` broken between words, the first line behind `first`, the others behind as many
// blanks.
static void words_wrap(GString *words, const char *first, const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, " ", -1);
    glong indent = g_utf8_strlen(first, -1), column = indent;

    g_string_append(words, first);
    for (char **part = parts; *part != NULL; part++) {
        glong width = g_utf8_strlen(*part, -1);

        if (column > indent && column + 1 + width > TEST_COLUMNS) {
            g_string_append_printf(words, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            g_string_append_c(words, ' ');
            column++;
        }
        g_string_append(words, *part);
        column += width;
    }
    g_string_append_c(words, '\n');
}

static void words_add_finding(GString *words, const Test *test, const Finding *finding)
{
    g_autofree char *place =
        finding->line > 0 ? g_strdup_printf("%s:%zu: ", test->path, finding->line) : g_strdup("");
    g_autofree char *heading =
        g_strconcat(place, finding->is_soft ? "warning: " : "", finding->what, NULL);

    words_wrap(words, "  ", heading);
    words_wrap(words, "    expected  ", finding->expected);
    words_wrap(words, "    got       ", finding->got);
    if (finding->output != NULL) {
        g_auto(GStrv) lines = g_strsplit(finding->output, "\n", -1);

        for (char **line = lines; *line != NULL && (**line != '\0' || line[1] != NULL); line++)
            g_string_append_printf(words, "    | %s\n", *line);
    }
}

char *test_words(const Test *test)
{
    GString *words = g_string_new(NULL);

    for (guint i = 0; i < test->reasons->len; i++)
        words_wrap(words, "  ", g_ptr_array_index(test->reasons, i));
    for (guint i = 0; i < test->findings->len; i++)
        words_add_finding(words, test, g_ptr_array_index(test->findings, i));
    if (test->outcome != TEST_PASSED && test->outcome != TEST_NOT_RUN) {
        g_autofree char *command = test_repeat_line(test);

        g_string_append_printf(words, "  seed %" G_GUINT64_FORMAT "; again: %s\n", test->seed,
                               command);
        if (test->outcome == TEST_FAILED)
            g_string_append(words, "  to look closer add to that: --capture DIR, --fates FILE, "
                                   "--report FILE.json\n");
    }
    if (test->folder != NULL)
        g_string_append_printf(words, "  kept in %s\n", test->folder);
    return g_string_free(words, FALSE);
}

char *text_tail(const char *text, unsigned n_lines)
{
    size_t length = strlen(text);
    const char *start;

    while (length > 0 && text[length - 1] == '\n')
        length--;
    start = text + length;
    while (start > text && n_lines > 0) {
        if (start[-1] == '\n' && --n_lines == 0)
            break;
        start--;
    }
    return g_strndup(start, (size_t)(text + length - start));
}
