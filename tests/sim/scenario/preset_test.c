// SPDX-License-Identifier: Apache-2.0
// `preset:` of links, and the presets themselves.
#include <glib.h>

#include "sim/scenario/preset.h"
#include "tests/sim/scenario/parsed.h"

#define NODES "nodes: [a, b]\nlinks:\n  - endpoints: [a, b]\n"

static const LinkConfig *direction_of(const Scenario *scenario, unsigned direction)
{
    return ((const LinkSpec *)g_ptr_array_index(scenario->links, 0))->directions[direction];
}

static void assert_direction(const Scenario *scenario, unsigned direction, uint64_t rate_bps,
                             int64_t delay_ns)
{
    g_assert_cmpuint(link_config_rate_bps(direction_of(scenario, direction)), ==, rate_bps);
    g_assert_cmpint(link_config_delay_ns(direction_of(scenario, direction)), ==, delay_ns);
}

// Each names where it is from, delays both ways, and has a queue in time where it has a rate.
static void test_all_are_whole(void)
{
    g_autofree const char **names = preset_names();
    guint n_presets = 0;

    for (const char **name = names; *name != NULL; name++, n_presets++) {
        g_autoptr(Preset) preset = preset_new(*name);
        g_autofree char *text = g_strdup_printf(NODES "    preset: %s\n", *name);
        g_autoptr(Scenario) scenario = parsed(text);

        g_assert_cmpstr(preset->name, ==, *name);
        g_assert_cmpuint(g_utf8_strlen(preset->summary, -1), <=, 26);
        g_assert_true(g_str_has_prefix(preset->url, "https://"));
        g_assert_cmpstr(preset->source, !=, "");
        g_assert_true(g_str_has_prefix(preset->date, "20"));
        g_assert_cmpstr(preset->note, !=, "");
        g_assert_cmpuint(scenario->warnings->len, ==, 0);
        for (unsigned direction = 0; direction < 2; direction++) {
            const LinkConfig *config = direction_of(scenario, direction);

            g_assert_cmpint(link_config_delay_ns(config), >, 0);
            if (link_config_rate_bps(config) > 0)
                g_assert_cmpint(link_config_queue_limit(config).unit, ==, LIMIT_TIME);
        }
    }
    g_assert_cmpuint(n_presets, >=, 20);
    g_assert_null(preset_new("quux"));
}

static void test_ways_up_and_down(void)
{
    g_autoptr(Scenario) scenario = parsed(NODES "    preset: edge-lossy\n");

    assert_direction(scenario, 0, 200000, 440000000);
    assert_direction(scenario, 1, 240000, 400000000);
    g_assert_cmpuint(link_config_loss(direction_of(scenario, 0)), ==, 42949673);
    g_assert_cmpuint(link_config_queue_limit(direction_of(scenario, 1)).amount, ==, 1000000000);
}

// Wherever in the map the keys stand.
static void test_other_keys_override(void)
{
    g_autoptr(Scenario) scenario =
        parsed(NODES "    delay: 5ms\n    preset: edge-lossy\n    loss: 0%\n");

    assert_direction(scenario, 0, 200000, 5000000);
    assert_direction(scenario, 1, 240000, 5000000);
    g_assert_cmpuint(link_config_loss(direction_of(scenario, 1)), ==, 0);
}

static void test_reverse(void)
{
    g_autoptr(Scenario) only = parsed(NODES "    delay: 5ms\n    reverse: {preset: dsl}\n");
    g_autoptr(Scenario) both =
        parsed(NODES "    preset: dsl\n    rate: 1mbit\n    reverse: {delay: 1ms}\n");
    g_autoptr(Scenario) other =
        parsed(NODES "    preset: dsl\n    reverse: {rate: 7mbit, preset: edge}\n");

    assert_direction(only, 0, 0, 5000000);
    assert_direction(only, 1, 1500000, 25000000);
    assert_direction(both, 0, 1000000, 25000000);
    assert_direction(both, 1, 1000000, 1000000);
    assert_direction(other, 0, 384000, 25000000);
    assert_direction(other, 1, 7000000, 400000000);
}

static void test_defaults(void)
{
    g_autoptr(Scenario) plain = parsed("defaults: {link: {preset: dsl, delay: 3ms}}\n" NODES);
    g_autoptr(Scenario) own = parsed("defaults: {link: {preset: dsl, loss: 2%, delay: 3ms}}\n" NODES
                                     "    preset: edge\n");

    assert_direction(plain, 0, 384000, 3000000);
    assert_direction(plain, 1, 1500000, 3000000);
    assert_direction(own, 0, 200000, 440000000);
    assert_direction(own, 1, 240000, 400000000);
    g_assert_cmpuint(link_config_loss(direction_of(own, 1)), ==, 85899346); // edge says nothing
}

// Not the rate of a preset in bursts that the defaults ask for, nor a model without a rate.
static void test_models_of_defaults_are_gone(void)
{
    g_autoptr(Scenario) bursts = parsed(
        "defaults: {link: {loss: {model: gilbert, rate: 5%, burst: 4}, queue: {discipline: codel}}}"
        "\n" NODES "    preset: wifi\n");
    g_autoptr(Scenario) periodic =
        parsed(NODES "    loss: {model: periodic, every: 9}\n    reverse: {preset: wifi}\n");

    for (unsigned direction = 0; direction < 2; direction++) {
        const LinkConfig *config = direction_of(bursts, direction);

        g_assert_cmpstr(link_config_loss_model(config), ==, "independent");
        g_assert_true(link_config_has_chosen(config, link_config_variant("queue", "drop-tail")));
    }
    g_assert_cmpstr(link_config_loss_model(direction_of(periodic, 0)), ==, "periodic");
    g_assert_cmpstr(link_config_loss_model(direction_of(periodic, 1)), ==, "independent");
}

static void test_wrong_names(void)
{
    ASSERT_ERRORS(
        NODES "    preset: lt\n    reverse: {preset: quux}\n    loss: 200%\n",
        "4:13: links[0].preset: \"lt\" is no preset: did you mean \"lte\"?",
        "5:23: links[0].reverse.preset: \"quux\" is no preset: taploom presets lists them",
        "6:11: links[0].loss: \"200%\" is more than 100%");
    ASSERT_ERRORS("defaults: {link: {preset: [lte]}}\n" NODES,
                  "1:27: defaults.link.preset: is a list and not a single value: write one, such "
                  "as lte");
    // What the preset and the link say together is checked in both directions.
    ASSERT_ERRORS(NODES "    preset: transatlantic\n    queue: 5ms\n",
                  "5:12: links[0].queue: without a rate it has no effect: add rate, or remove "
                  "queue");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scenario/preset/all-are-whole", test_all_are_whole);
    g_test_add_func("/scenario/preset/ways-up-and-down", test_ways_up_and_down);
    g_test_add_func("/scenario/preset/other-keys-override", test_other_keys_override);
    g_test_add_func("/scenario/preset/reverse", test_reverse);
    g_test_add_func("/scenario/preset/defaults", test_defaults);
    g_test_add_func("/scenario/preset/wrong-names", test_wrong_names);
    g_test_add_func("/scenario/preset/models-of-defaults-are-gone",
                    test_models_of_defaults_are_gone);
    return g_test_run();
}
