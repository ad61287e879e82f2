// SPDX-License-Identifier: Apache-2.0
// Loss models in a scenario: what each says of its mean loss, and what is told of a wrong one.
#include "tests/sim/scenario/parsed.h"

// A scenario whose link has that value of `loss:`, from line 4, column 11 on.
static char *scenario_text(const char *loss)
{
    return g_strdup_printf("nodes: [a, b]\n"
                           "links:\n"
                           "  - endpoints: [a, b]\n"
                           "    loss: %s\n",
                           loss);
}

static void assert_mean(const char *loss, const char *mean)
{
    g_autofree char *text = scenario_text(loss);
    g_autoptr(Scenario) scenario = parsed(text);
    const LinkSpec *link = g_ptr_array_index(scenario->links, 0);
    g_autofree char *found = quantity_format_probability(link_config_loss(link->directions[0]));

    g_assert_cmpstr(found, ==, mean);
}

static void test_models_tell_their_mean_loss(void)
{
    assert_mean("1%", "1%");
    assert_mean("{rate: 1%}", "1%");
    assert_mean("{model: independent, rate: 1%}", "1%");
    assert_mean("{model: gilbert, rate: 1%, burst: 2.5}", "1%");
    assert_mean("{model: gilbert, rate: 80%, burst: 4}", "80%");
    assert_mean("{model: gilbert, rate: 100%, burst: 4, step: 1h}", "100%");
    assert_mean("{model: gilbert-elliott, p: 25%, r: 25%}", "50%");
    assert_mean("{model: gilbert-elliott, p: 25%}", "25%"); // r is 75 %
    assert_mean("{model: gilbert-elliott, p: 25%, r: 25%, 1-h: 50%, 1-k: 25%}", "37.5%");
    assert_mean("{model: four-state, rate: 5%, burst: 8, density: 60%, gap: 4, isolated: 1%}",
                "5%");
    assert_mean("{model: periodic, every: 8, offset: 3}", "12.5%");
    assert_mean("{model: pattern, pattern: ..x..xxx}", "50%");
    assert_mean("{model: list, indices: \"5, 6, 20-30\"}", "0%");
    assert_mean("{model: four-state, rate: 0%, burst: 4}", "0%");
    assert_mean("{model: four-state, p13: 25%, p31: 25%, p32: 0%, p23: 100%, p14: 0%}", "50%");
}

static void assert_error(const char *loss, const char *expected)
{
    g_autofree char *text = scenario_text(loss);

    ASSERT_ERRORS(text, expected);
}

static void test_wrong_models_are_told(void)
{
    assert_error("{model: gilbret, rate: 1%}",
                 "4:19: links[0].loss.model: \"gilbret\" is no model: did you mean \"gilbert\"?");
    assert_error("{model: gilbert, rate: 1%}",
                 "4:11: links[0].loss: needs burst: the mean number of frames, or steps, lost in a "
                 "row");
    assert_error("{model: gilbert, rate: 1%, burst: 0.5}",
                 "4:45: links[0].loss.burst: \"0.5\" is out of range: write 1 to 1000000");
    assert_error("{model: gilbert, rate: 1%, burst: 4 packets}",
                 "4:45: links[0].loss.burst: \"4 packets\" is not a number without a unit");
    assert_error("{model: gilbert, rate: 81%, burst: 4}",
                 "4:11: links[0].loss: with bursts of 4 at least one frame in 5 arrives: rate must "
                 "be at most 80%, or 100%, or burst longer");
    assert_error("{model: gilbert, rate: 1%, burst: 4, step: 1us}",
                 "4:54: links[0].loss.step: \"1us\" is out of range: write 1ms to 1h, or frame");
    assert_error("{model: gilbert-elliott, p: 1%, r: 101%}",
                 "4:46: links[0].loss.r: \"101%\" is more than 100%");
    assert_error("{model: gilbert-elliott, r: 1%}",
                 "4:11: links[0].loss: needs p: from the good state to the bad, behind each frame");
}

static void test_wrong_goals_are_told(void)
{
    assert_error("{model: four-state}", "4:11: links[0].loss: has no effect without one of rate, "
                                        "p13, p14: add one, if only as 0");
    assert_error("{model: four-state, p31: 50%}",
                 "4:11: links[0].loss: has no effect without one of rate, p13, p14: add one, if "
                 "only as 0");
    assert_error("{model: four-state, p13: 1%, density: 50%}",
                 "4:49: links[0].loss.density: has no effect beside p13 to p14: add rate in their "
                 "stead, or leave it out");
    assert_error("{model: four-state, rate: 5%}",
                 "4:11: links[0].loss: four-state needs burst: the mean number of frames from the "
                 "first to the last loss of a burst");
    assert_error("{model: four-state, rate: 5%, burst: 8, density: 4%}",
                 "4:11: links[0].loss: with density 4% rate must be below that: within bursts more "
                 "is lost");
    assert_error("{model: four-state, rate: 5%, burst: 8, density: 40%, gap: 1}",
                 "4:11: links[0].loss: bursts of 8 with density 40% have longer gaps: gap must be "
                 "2.18182 or more");
    assert_error("{model: four-state, rate: 5%, burst: 8, p13: 1%}",
                 "4:11: links[0].loss: four-state is given by rate, burst, density, gap and "
                 "isolated, or by p13 to p14, not by both");
    assert_error("{model: four-state, p13: 60%, p14: 41%}",
                 "4:11: links[0].loss: p13 and p14 leave the same state: together they are at most "
                 "100%");
    assert_error("{model: four-state, p13: 10%, p32: 11%}",
                 "4:11: links[0].loss: p31 (1-p13 when not given) and p32 leave the same state: "
                 "together they are at most 100%");
}

static void test_wrong_sequences_are_told(void)
{
    assert_error("{model: periodic, every: 4, offset: 4}",
                 "4:11: links[0].loss: offset must be below every, which is 4");
    assert_error("{model: periodic, every: 0}",
                 "4:36: links[0].loss.every: \"0\" is out of range: write 1 or more");
    assert_error("{model: pattern, pattern: ..y}",
                 "4:37: links[0].loss.pattern: letter 3 of the pattern is neither . for a frame "
                 "that arrives nor x for one that is lost");
    assert_error("{model: list, indices: [5, 6]}",
                 "4:34: links[0].loss.indices: is a list and not a single value: write a list of "
                 "frames such as 5, 6, 20-30");
    assert_error("{model: list, indices: 6-5}",
                 "4:34: links[0].loss.indices: \"6-5\" ends before it begins: write the lower "
                 "number first");
    assert_error("{model: list}",
                 "4:11: links[0].loss: needs indices: the frames lost, counted from 1: numbers and "
                 "ranges, with commas between");
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scenario/loss/models-tell-their-mean-loss", test_models_tell_their_mean_loss);
    g_test_add_func("/scenario/loss/wrong-models-are-told", test_wrong_models_are_told);
    g_test_add_func("/scenario/loss/wrong-goals-are-told", test_wrong_goals_are_told);
    g_test_add_func("/scenario/loss/wrong-sequences-are-told", test_wrong_sequences_are_told);
    return g_test_run();
}
