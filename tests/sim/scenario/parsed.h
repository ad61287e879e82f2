// SPDX-License-Identifier: Apache-2.0
// Scenarios from texts, for tests: "x.yaml" is their path.
#pragma once

#include <glib.h>
#include <string.h>

#include "sim/scenario/scenario.h"

// The scenario of a text that is right; fails the test with the errors of one that is not.
static inline Scenario *parsed(const char *text)
{
    g_autofree char *errors = NULL;
    Scenario *scenario = scenario_parse("x.yaml", text, strlen(text), &errors);

    g_assert_cmpstr(errors, ==, NULL);
    g_assert_nonnull(scenario);
    return scenario;
}

// Whether a text has exactly these errors: their lines without "x.yaml:".
static inline void assert_errors(const char *text, const char *const *expected)
{
    g_autofree char *errors = NULL;
    Scenario *scenario = scenario_parse("x.yaml", text, strlen(text), &errors);
    g_auto(GStrv) lines = NULL;

    g_assert_null(scenario);
    g_assert_true(g_str_has_suffix(errors, "\n"));
    errors[strlen(errors) - 1] = '\0';
    lines = g_strsplit(errors, "\n", -1);
    for (guint i = 0; lines[i] != NULL && expected[i] != NULL; i++) {
        g_assert_true(g_str_has_prefix(lines[i], "x.yaml:"));
        g_assert_cmpstr(lines[i] + strlen("x.yaml:"), ==, expected[i]);
    }
    g_assert_cmpuint(g_strv_length(lines), ==, g_strv_length((char **)expected));
}

#define ASSERT_ERRORS(text, ...) assert_errors(text, (const char *const[]){__VA_ARGS__, NULL})

// Likewise the warnings of a text that is right.
static inline void assert_warnings(const char *text, const char *const *expected)
{
    g_autoptr(Scenario) scenario = parsed(text);

    for (guint i = 0; i < scenario->warnings->len && expected[i] != NULL; i++)
        g_assert_cmpstr((const char *)g_ptr_array_index(scenario->warnings, i) + strlen("x.yaml:"),
                        ==, expected[i]);
    g_assert_cmpuint(scenario->warnings->len, ==, g_strv_length((char **)expected));
}

#define ASSERT_WARNINGS(text, ...) assert_warnings(text, (const char *const[]){__VA_ARGS__, NULL})

// All addresses of a host: "eth0 10.0.0.1/24, eth1 10.0.1.1/24"; the caller frees it.
static inline char *addresses_of(const Scenario *scenario, const char *host)
{
    const NodeSpec *node = scenario_node(scenario, host);
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < node->interfaces->len; i++) {
        const InterfaceSpec *interface = g_ptr_array_index(node->interfaces, i);

        for (guint j = 0; j < interface->addresses->len; j++) {
            g_autofree char *address =
                address_format(&g_array_index(interface->addresses, Address, j));

            g_string_append_printf(text, "%s%s %s", text->len > 0 ? ", " : "", interface->name,
                                   address);
        }
    }
    return g_string_free(text, FALSE);
}

static inline void assert_addresses(const Scenario *scenario, const char *host,
                                    const char *expected)
{
    g_autofree char *addresses = addresses_of(scenario, host);

    g_assert_cmpstr(addresses, ==, expected);
}
