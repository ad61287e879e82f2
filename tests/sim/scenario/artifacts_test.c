// SPDX-License-Identifier: Apache-2.0
// The section `artifacts:`.
#include <glib.h>

#include "tests/sim/scenario/parsed.h"

#define NETWORK "nodes: [a, b]\nlinks: [{endpoints: [a, b]}]\n"

static void assert_artifacts(const char *text, KeepRule keep, bool captures_all)
{
    g_autofree char *whole = g_strconcat(NETWORK, text, NULL);
    g_autoptr(Scenario) scenario = parsed(whole);

    g_assert_cmpint(scenario->artifacts.keep, ==, keep);
    g_assert_true(scenario->artifacts.captures_all == captures_all);
}

static void test_what_is_said(void)
{
    assert_artifacts("", KEEP_FAILURE, true);
    assert_artifacts("artifacts: {}\n", KEEP_FAILURE, true);
    assert_artifacts("artifacts: {keep: failure}\n", KEEP_FAILURE, true);
    assert_artifacts("artifacts: {keep: always}\n", KEEP_ALWAYS, true);
    assert_artifacts("artifacts: {keep: never, captures: yes}\n", KEEP_NEVER, true);
    assert_artifacts("artifacts: {captures: no}\n", KEEP_FAILURE, false);
    assert_artifacts("matrix: {when: [always, never]}\nartifacts: {keep: \"${when}\"}\n",
                     KEEP_ALWAYS, true);
}

static void test_errors(void)
{
    ASSERT_ERRORS(NETWORK "artifacts: always\n",
                  "3:12: artifacts: is a single value and not a map: write {keep: always}");
    ASSERT_ERRORS(NETWORK "artifacts:\n",
                  "3:11: artifacts: is empty and not a map: write {keep: always}");
    ASSERT_ERRORS(
        NETWORK "artifacts: {keep: sometimes, capture: no}\n",
        "3:19: artifacts.keep: \"sometimes\" is unknown: write failure, always or never",
        "3:30: artifacts: \"capture\" is no key of artifacts: did you mean \"captures\"?");
    ASSERT_ERRORS(NETWORK "artifacts: {captures: all}\n",
                  "3:23: artifacts.captures: \"all\" is unknown: write yes or no");
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/scenario/artifacts/what-is-said", test_what_is_said);
    g_test_add_func("/sim/scenario/artifacts/errors", test_errors);
    return g_test_run();
}
