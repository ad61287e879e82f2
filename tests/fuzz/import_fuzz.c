// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as the words of each tool that can be imported. Either there is YAML that
// can be read, or there is an error that says at which character; never a crash.
//
// As an ordinary test it is linked with driver.c. With clang's fuzzer instead:
//     clang -g -fsanitize=fuzzer,address,undefined … tests/fuzz/import_fuzz.c
#include <glib.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "sim/import/import.h"
#include "sim/scenario/document.h"
#include "tests/fuzz/target.h"

static void check_yaml(const ScenarioText *scenario)
{
    g_autofree char *yaml = scenario_text_print(scenario);
    g_autoptr(Problems) problems = problems_new("f.yaml");
    g_autoptr(Document) document = document_parse(yaml, strlen(yaml), problems);
    g_autofree char *errors = problems_format(problems);

    g_assert_cmpstr(errors, ==, "");
    g_assert_nonnull(document);
    g_assert_cmpint(document_root(document)->kind, ==, VALUE_MAP);
}

static void check_error(const GError *error)
{
    g_assert_nonnull(error);
    g_assert_true(g_utf8_validate(error->message, -1, NULL));
    g_assert_true(g_str_has_prefix(error->message, "character "));
    g_assert_null(strchr(error->message, '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    g_autofree char *text = bytes != NULL ? g_strndup((const char *)bytes, n_bytes) : g_strdup("");

    for (const ImportFormat *const *format = import_formats; *format != NULL; format++) {
        g_autoptr(Words) words = words_new(text);
        g_autoptr(ScenarioText) scenario = scenario_text_new();
        g_autoptr(GError) error = NULL;

        if ((*format)->read(words, scenario, &error)) {
            g_assert_no_error(error);
            check_yaml(scenario);
        } else {
            check_error(error);
        }
    }
    return 0;
}
