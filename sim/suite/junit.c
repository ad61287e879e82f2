// SPDX-License-Identifier: Apache-2.0
// The format has no schema of its own; what is written here is what the schema of Jenkins's plugin
// (junit-10.xsd) and those of others made after it have in common.
#include "sim/suite/junit.h"

#include <string.h>

typedef struct {
    guint tests, failures, errors, skipped;
    int64_t elapsed_ns;
} JunitCounts;

// Text for an attribute or an element. XML 1.0 has no place for most control characters, however
// they are written.
static char *xml_escape(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    for (char *at = valid; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' && *at != '\n' && *at != '\t')
            *at = ' ';
    }
    // U+FFFE and U+FFFF are no characters of XML either.
    for (char *at = valid; (at = strstr(at, "\xef\xbf")) != NULL; at += 3) {
        if ((unsigned char)at[2] >= 0xbe)
            at[2] = (char)0xbd;
    }
    return g_markup_escape_text(valid, -1);
}

static void junit_attribute(GString *xml, const char *name, const char *value)
{
    g_autofree char *escaped = xml_escape(value);

    g_strdelimit(escaped, "\n\t", ' ');
    g_string_append_printf(xml, " %s=\"%s\"", name, escaped);
}

static JunitCounts junit_count(const GPtrArray *tests, const char *path)
{
    JunitCounts counts = {0};

    for (guint i = 0; i < tests->len; i++) {
        const Test *test = g_ptr_array_index(tests, i);

        if (path != NULL && strcmp(test->path, path) != 0)
            continue;
        counts.tests++;
        counts.failures += test->outcome == TEST_FAILED;
        counts.errors += test->outcome == TEST_ERROR;
        counts.skipped += test->outcome == TEST_INVALID || test->outcome == TEST_NOT_RUN;
        counts.elapsed_ns += test->elapsed_ns;
    }
    return counts;
}

static void junit_attributes_of(GString *xml, const JunitCounts *counts)
{
    g_string_append_printf(xml, " tests=\"%u\" failures=\"%u\" errors=\"%u\" time=\"%.3f\"",
                           counts->tests, counts->failures, counts->errors,
                           (double)counts->elapsed_ns / 1e9);
}

// One line that says it all; the caller frees it.
static char *junit_message(const Test *test)
{
    if (test->outcome == TEST_NOT_RUN)
        return g_strdup("not run: the suite ended before");
    if (test->reasons->len > 0)
        return g_strdup(g_ptr_array_index(test->reasons, 0));
    for (guint i = 0; i < test->findings->len; i++) {
        const Finding *finding = g_ptr_array_index(test->findings, i);

        if (!finding->is_soft)
            return g_strdup_printf("%s: expected %s, got %s", finding->what, finding->expected,
                                   finding->got);
    }
    return g_strdup("");
}

static void junit_output(GString *xml, const Test *test)
{
    g_autofree char *words = test_words(test);
    g_autofree char *escaped = xml_escape(words);

    g_string_append_printf(xml, "      <system-out>%s</system-out>\n", escaped);
}

static void junit_result(GString *xml, const Test *test)
{
    static const char *const elements[] = {[TEST_NOT_RUN] = "skipped",
                                           [TEST_FAILED] = "failure",
                                           [TEST_INVALID] = "skipped",
                                           [TEST_ERROR] = "error"};
    const char *element = elements[test->outcome];
    g_autofree char *message = junit_message(test);
    g_autofree char *words = NULL;
    g_autofree char *escaped = NULL;

    g_string_append_printf(xml, "      <%s", element);
    junit_attribute(xml, "message", message);
    if (strcmp(element, "skipped") == 0) {
        // Some readers take no text in it.
        g_string_append(xml, "/>\n");
        junit_output(xml, test);
        return;
    }
    junit_attribute(xml, "type", test_outcome_name(test->outcome));
    words = test_words(test);
    escaped = xml_escape(words);
    g_string_append_printf(xml, ">%s</%s>\n", escaped, element);
}

static void junit_case(GString *xml, const Test *test)
{
    g_string_append(xml, "    <testcase");
    junit_attribute(xml, "name", test->name);
    junit_attribute(xml, "classname", test->path);
    junit_attribute(xml, "file", test->path);
    g_string_append_printf(xml, " time=\"%.3f\"", (double)test->elapsed_ns / 1e9);
    if (test->outcome == TEST_PASSED && test->findings->len == 0) {
        g_string_append(xml, "/>\n");
        return;
    }
    g_string_append(xml, ">\n");
    if (test->outcome == TEST_PASSED)
        junit_output(xml, test);
    else
        junit_result(xml, test);
    g_string_append(xml, "    </testcase>\n");
}

static void junit_suite(GString *xml, const GPtrArray *tests, const char *path)
{
    JunitCounts counts = junit_count(tests, path);

    g_string_append(xml, "  <testsuite");
    junit_attribute(xml, "name", path);
    junit_attributes_of(xml, &counts);
    g_string_append_printf(xml, " skipped=\"%u\">\n", counts.skipped);
    for (guint i = 0; i < tests->len; i++) {
        const Test *test = g_ptr_array_index(tests, i);

        if (strcmp(test->path, path) == 0)
            junit_case(xml, test);
    }
    g_string_append(xml, "  </testsuite>\n");
}

char *junit_to_xml(const GPtrArray *tests)
{
    JunitCounts counts = junit_count(tests, NULL);
    GString *xml = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "
                                "name=\"taploom\"");
    g_autoptr(GHashTable) paths = g_hash_table_new(g_str_hash, g_str_equal);

    junit_attributes_of(xml, &counts);
    g_string_append(xml, ">\n");
    for (guint i = 0; i < tests->len; i++) {
        const Test *test = g_ptr_array_index(tests, i);

        if (g_hash_table_add(paths, test->path))
            junit_suite(xml, tests, test->path);
    }
    g_string_append(xml, "</testsuites>\n");
    return g_string_free(xml, FALSE);
}
