// SPDX-License-Identifier: Apache-2.0
#include "sim/report/change_words.h"

#include "tests/sim/scenario/parsed.h"

#define NETWORK                                                                                    \
    "nodes: {a: {}, b: {}, s: {kind: switch}, c: {}, d: {}, e: {}}\n"                              \
    "links: [{endpoints: [a, s], rate: 10mbit, delay: 5ms}, {endpoints: [b, s]},\n"                \
    "        {endpoints: [c, s]}, {endpoints: [d, s]}, {endpoints: [e, s], loss: 1%}]\n"           \
    "tasks: [{on: a, run: x, background: true}]\n"

// An entry's place, action and origin, as a line of the report has them.
static void assert_line(const char *entry, ChangeKind kind, const char *reason,
                        const char *expected)
{
    g_autofree char *text = g_strconcat(NETWORK "timeline: [", entry, "]\n", NULL);
    g_autoptr(Scenario) scenario = parsed(text);
    ChangeRecord record = {.entry = g_ptr_array_index(scenario->timeline->entries, 0),
                           .kind = kind,
                           .reason = (char *)reason};
    g_autofree char *place = change_place_words(record.entry);
    g_autofree char *action = change_action_words(&record);
    g_autofree char *origin = change_origin_words(record.entry);
    g_autofree char *line = g_strdup_printf("%s: %s (%s)", place, action, origin);

    g_assert_cmpstr(line, ==, expected);
}

static void test_changes(void)
{
    assert_line("{at: 1s, link: a-s, set: {loss: {rate: 5%}, delay: 50ms}}", CHANGE_BEGUN, NULL,
                "a-s: set loss.rate 5%, delay 50ms (timeline:5)");
    assert_line("{at: 1s, for: 1s, link: [a-s, b-s], set: {loss: 5%}}", CHANGE_PUT_BACK, NULL,
                "a-s, b-s: put back loss (timeline:5)");
    assert_line("{at: 1s, link: \"*\", direction: reverse, ramp: {delay: 9ms}, over: 2s}",
                CHANGE_BEGUN, NULL,
                "a-s, b-s, c-s and 2 more (reverse): ramp delay 9ms over 2s (timeline:5)");
    assert_line("{at: 1s, link: a-s, ramp: {delay: 9ms}, over: 2s}", CHANGE_ENDED, NULL,
                "a-s: ramp delay 9ms ended (timeline:5)");
    assert_line("{at: 1s, link: a-s, flap: {period: 2s, duty: 25%}}", CHANGE_BEGUN, NULL,
                "a-s: flap down 500ms of every 2s (timeline:5)");
    assert_line("{at: 1s, link: a-s, down: 1s}", CHANGE_BEGUN, NULL, "a-s: down (timeline:5)");
    assert_line("{at: 1s, link: a-s, down: 1s}", CHANGE_PUT_BACK, NULL,
                "a-s: down over (timeline:5)");
    assert_line("{at: 1s, link: a-s, flap: {period: 2s, duty: 25%}}", CHANGE_PUT_BACK, NULL,
                "a-s: up again (timeline:5)");
    assert_line("{at: 1s, restart: a}", CHANGE_BEGUN, NULL, "a: restart (timeline:5)");
    assert_line("{at: 1s, link: a-s, set: {queue: 9ms}}", CHANGE_REFUSED, "why",
                "a-s: set queue 9ms LEFT OUT: why (timeline:5)");
}

static void assert_time(const char *entry, const char *expected)
{
    g_autofree char *text = g_strconcat(NETWORK "timeline: [", entry, "]\n", NULL);
    g_autoptr(Scenario) scenario = parsed(text);
    g_autofree char *words = change_time_words(g_ptr_array_index(scenario->timeline->entries, 0));

    g_assert_cmpstr(words, ==, expected);
}

static void test_times(void)
{
    assert_time("{at: 1500ms, link: a-s, up: true}", "1.5s");
    assert_time("{every: 10s, link: a-s, down: 2s}", "0ns, every 10s, for 2s");
}

static void assert_state(guint link, bool is_down, const char *expected)
{
    g_autoptr(Scenario) scenario = parsed(NETWORK);
    const LinkSpec *spec = g_ptr_array_index(scenario->links, link);
    g_autofree char *words = link_state_words(spec->directions[0], is_down);

    g_assert_cmpstr(words, ==, expected);
}

static void test_states(void)
{
    assert_state(0, false, "10mbit, queue 100ms, delay 5ms");
    assert_state(1, false, "nothing");
    assert_state(1, true, "down");
    assert_state(4, true, "loss 1%, down");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/report/change-words/changes", test_changes);
    g_test_add_func("/report/change-words/times", test_times);
    g_test_add_func("/report/change-words/states", test_states);
    return g_test_run();
}
