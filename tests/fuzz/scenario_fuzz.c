// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as a scenario file. Either there is a scenario whose parts hold together,
// or there are errors in lines that name the file; never a crash, and never neither.
//
// As an ordinary test it is linked with driver.c. With clang's fuzzer instead:
//     clang -g -fsanitize=fuzzer,address,undefined … tests/fuzz/scenario_fuzz.c
#include <glib.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "sim/scenario/scenario.h"
#include "tests/fuzz/target.h"

static void check_errors(const char *errors)
{
    const char *line = errors;

    g_assert_nonnull(errors);
    g_assert_true(g_utf8_validate(errors, -1, NULL));
    do {
        g_assert_true(g_str_has_prefix(line, "f.yaml:"));
        line = strchr(line, '\n') + 1; // every line ends with one
    } while (*line != '\0');
}

static void check_scenario(const Scenario *scenario)
{
    g_assert_cmpuint(scenario->nodes->len, >, 0);
    for (guint i = 0; i < scenario->nodes->len; i++) {
        const NodeSpec *node = g_ptr_array_index(scenario->nodes, i);

        g_assert_true(scenario_node(scenario, node->name) == node);
        g_assert_cmpuint(node->interfaces->len, >, 0);
        for (guint j = 0; j < node->interfaces->len; j++) {
            const InterfaceSpec *interface = g_ptr_array_index(node->interfaces, j);

            g_assert_true(interface->node == node);
            g_assert_true(interface->link->ends[interface->end] == interface);
            g_assert_true((interface->addresses->len > 0) == (node->kind == NODE_HOST));
        }
    }
    for (guint i = 0; i < scenario->links->len; i++) {
        const LinkSpec *link = g_ptr_array_index(scenario->links, i);

        g_assert_true(scenario_link(scenario, link->name) == link);
        for (unsigned end = 0; end < 2; end++)
            g_assert_true(link_config_check(link->directions[end], NULL));
    }
    for (guint i = 0; i < scenario->tasks->len; i++)
        g_assert_nonnull(((TaskSpec *)g_ptr_array_index(scenario->tasks, i))->command);
    for (guint i = 0; i < scenario->captures->len; i++)
        g_assert_nonnull(((CaptureSpec *)g_ptr_array_index(scenario->captures, i))->interface);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    g_autofree char *errors = NULL;
    g_autoptr(Scenario) scenario = scenario_parse("f.yaml", (const char *)bytes, n_bytes, &errors);

    if (scenario != NULL) {
        g_assert_null(errors);
        check_scenario(scenario);
    } else {
        check_errors(errors);
    }
    return 0;
}
