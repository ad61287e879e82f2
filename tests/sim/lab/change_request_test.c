// SPDX-License-Identifier: Apache-2.0
// What other processes may ask for, and what they are told when it makes no sense.
#include "sim/lab/change_request.h"

#include "tests/sim/scenario/parsed.h"

#define NETWORK                                                                                    \
    "nodes: [a, b, c]\n"                                                                           \
    "links: [{endpoints: [a, b], tags: [wan]}, {endpoints: [b, c], tags: [wan]}]\n"

static GPtrArray *entries_of(const Scenario *scenario, const char *changes, GError **error)
{
    g_autofree char *text = g_strdup_printf("{\"changes\": %s}", changes);
    g_autoptr(JsonParser) parser = json_parser_new();

    g_assert_true(json_parser_load_from_data(parser, text, -1, NULL));
    return change_request_entries(json_node_get_object(json_parser_get_root(parser)), scenario,
                                  error);
}

static void test_several_changes(void)
{
    g_autoptr(Scenario) scenario = parsed(NETWORK);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) entries = entries_of(
        scenario,
        "[{\"action\": \"ramp\", \"links\": [\"a-b\"], \"set\": [\"loss\", \"5%\", \"delay\", "
        "\"1ms\"], \"over\": \"5s\", \"for\": \"8s\", \"direction\": \"reverse\"},"
        " {\"action\": \"down\", \"links\": [\"tag:wan\", \"a-b\"], \"for\": \"1s\"}]",
        &error);
    const TimelineEntry *ramp, *down;

    g_assert_no_error(error);
    g_assert_cmpuint(entries->len, ==, 2);
    ramp = g_ptr_array_index(entries, 0);
    g_assert_cmpint(ramp->action, ==, TIMELINE_RAMP);
    g_assert_cmpint(ramp->over_ns, ==, INT64_C(5000000000));
    g_assert_cmpint(ramp->for_ns, ==, INT64_C(8000000000));
    g_assert_true(!ramp->in[LINK_FORWARD] && ramp->in[LINK_REVERSE]);
    g_assert_cmpuint(link_change_count(ramp->change), ==, 2);
    g_assert_cmpstr(link_change_text(ramp->change, 1), ==, "1ms");
    down = g_ptr_array_index(entries, 1);
    g_assert_cmpint(down->action, ==, TIMELINE_DOWN);
    g_assert_cmpuint(down->links->len, ==, 2);
    g_assert_cmpuint(down->position.line, ==, 0);
}

static void assert_refused(const char *changes, const char *expected)
{
    g_autoptr(Scenario) scenario = parsed(NETWORK);
    g_autoptr(GError) error = NULL;

    g_assert_null(entries_of(scenario, changes, &error));
    g_assert_cmpstr(error->message, ==, expected);
}

static void test_what_makes_no_sense(void)
{
    assert_refused("[]", "there is nothing to change");
    assert_refused("3", "there is nothing to change");
    assert_refused("[3]", "a change is a map");
    assert_refused("[{}]", "this lab does not know the action \"\"");
    assert_refused("[{\"action\": 3}]", "this lab does not know the action \"\"");
    assert_refused("[{\"action\": \"up\"}]", "no link is named");
    assert_refused("[{\"action\": \"up\", \"links\": [\"a-c\"]}]",
                   "\"a-c\" is no link: did you mean a-b?");
    assert_refused("[{\"action\": \"up\", \"links\": [\"x*\"]}]", "\"x*\" means no link");
    assert_refused("[{\"action\": \"up\", \"links\": [\"a-b\"], \"direction\": \"back\"}]",
                   "a direction is forward or reverse");
    assert_refused("[{\"action\": \"set\", \"links\": [\"a-b\"]}]",
                   "nothing is set: write loss=5%");
    assert_refused("[{\"action\": \"set\", \"links\": [\"a-b\"], \"set\": [\"dely\", \"1s\"]}]",
                   "\"dely\" is no parameter of a link: did you mean \"delay\"?");
    assert_refused("[{\"action\": \"down\", \"links\": [\"a-b\"], \"for\": \"1\"}]",
                   "for: \"1\" has no unit: write 1ms or 1s");
    assert_refused("[{\"action\": \"down\", \"links\": [\"a-b\"], \"for\": \"0s\"}]",
                   "for: \"0s\" is out of range: write 1us to 8784h");
    assert_refused("[{\"action\": \"down\", \"links\": [\"a-b\"], \"for\": \"9223372036s\"}]",
                   "for: \"9223372036s\" is out of range: write 1us to 8784h");
    assert_refused("[{\"action\": \"ramp\", \"links\": [\"a-b\"], \"set\": [\"delay\", \"1s\"], "
                   "\"over\": \"31622401s\"}]",
                   "over: \"31622401s\" is out of range: write 1us to 8784h");
    assert_refused("[{\"action\": \"ramp\", \"links\": [\"a-b\"], \"set\": [\"delay\", \"1s\"]}]",
                   "a ramp takes time");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lab/change-request/several-changes", test_several_changes);
    g_test_add_func("/lab/change-request/what-makes-no-sense", test_what_makes_no_sense);
    return g_test_run();
}
