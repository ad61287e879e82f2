// SPDX-License-Identifier: Apache-2.0
// /etc/hosts of a scenario.
#include <string.h>

#include "sim/host/host.h"

static const char scenario_text[] = "nodes:\n"
                                    "  london: {address: [10.0.0.7/24, \"fd00::7/64\"]}\n"
                                    "  office: {kind: switch}\n"
                                    "  newyork: {}\n"
                                    "links:\n"
                                    "  - endpoints: [london, office]\n"
                                    "  - endpoints: [office, newyork]\n";

static void test_names_every_address(void)
{
    g_autofree char *errors = NULL;
    g_autoptr(Scenario) scenario =
        scenario_parse("lab.yaml", scenario_text, strlen(scenario_text), &errors);
    g_autofree char *text = NULL;

    g_assert_cmpstr(errors, ==, NULL);
    text = hosts_text_new(scenario);
    g_assert_cmpstr(text, ==,
                    "127.0.0.1\tlocalhost\n"
                    "::1\tlocalhost ip6-localhost\n"
                    "10.0.0.7\tlondon\n"
                    "fd00::7\tlondon\n"
                    "10.0.0.1\tnewyork\n");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/host/hosts-text/names-every-address", test_names_every_address);
    return g_test_run();
}
