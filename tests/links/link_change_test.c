// SPDX-License-Identifier: Apache-2.0
// Assignments by name: what they set, what they leave alone, and what is wrong with them.
#include "links/link_change.h"

#include <string.h>

#include "tests/support/link_rig.h"

// A change from "loss=5% delay.delay=50ms"; every name must be right.
static LinkChange *change_of(const char *text)
{
    g_auto(GStrv) settings = g_strsplit(text, " ", -1);
    LinkChange *change = link_change_new();

    for (char **setting = settings; *setting != NULL; setting++) {
        g_auto(GStrv) sides = g_strsplit(*setting, "=", 2);
        GError *error = NULL;

        link_change_add(change, sides[0], sides[1], &error);
        g_assert_no_error(error);
    }
    return change;
}

static void assert_same(const LinkConfig *config, const char *text)
{
    g_autoptr(LinkConfig) expected = link_rig_config(text);

    g_assert_cmpuint(link_config_rate_bps(config), ==, link_config_rate_bps(expected));
    g_assert_cmpint(link_config_delay_ns(config), ==, link_config_delay_ns(expected));
    g_assert_cmpint(link_config_jitter_ns(config), ==, link_config_jitter_ns(expected));
    g_assert_cmpuint(link_config_loss(config), ==, link_config_loss(expected));
    g_assert_cmpint(link_config_spacing_ns(config), ==, link_config_spacing_ns(expected));
    g_assert_cmpuint(link_config_queue_limit(config).amount, ==,
                     link_config_queue_limit(expected).amount);
}

static void test_sets_what_it_names(void)
{
    g_autoptr(LinkChange) change = change_of("loss=5% delay=50ms queue.limit=30ms");
    g_autoptr(LinkConfig) config = link_rig_config("rate 1mbit, delay 10ms, jitter 1ms");
    g_autoptr(GError) error = NULL;

    g_assert_cmpuint(link_change_count(change), ==, 3);
    g_assert_true(link_change_apply(change, config, &error));
    g_assert_no_error(error);
    assert_same(config, "rate 1mbit, delay 50ms, jitter 1ms, loss 5%, queue 30ms");
}

static void test_fields_put_back_what_was_set(void)
{
    g_autoptr(LinkChange) change = change_of("loss=5% delay=50ms");
    g_autoptr(LinkConfig) before = link_rig_config("delay 10ms, loss 1%");
    g_autoptr(LinkConfig) config = link_config_copy(before);
    LinkField loss, delay;

    g_assert_true(link_change_apply(change, config, NULL));
    loss = link_change_field(change, 0, config);
    delay = link_change_field(change, 1, config);
    g_assert_true(link_field_is(loss, loss));
    g_assert_false(link_field_is(loss, delay));
    link_field_copy(loss, config, before);
    assert_same(config, "delay 50ms, loss 1%");
    link_field_copy(delay, config, before);
    assert_same(config, "delay 10ms, loss 1%");
}

static void test_choice_comes_first_wherever_it_stands(void)
{
    g_autoptr(LinkChange) change = change_of("loss.rate=5% loss.model=independent");
    g_autoptr(LinkConfig) config = link_rig_config("");
    LinkField rate, model;

    g_assert_true(link_change_apply(change, config, NULL));
    assert_same(config, "loss 5%");
    rate = link_change_field(change, 0, config);
    model = link_change_field(change, 1, config);
    g_assert_nonnull(rate.param);
    g_assert_null(model.param);
    g_assert_true(link_field_is(model, model));
    g_assert_false(link_field_is(model, rate));
}

static void test_interpolates_its_fields(void)
{
    g_autoptr(LinkChange) change = change_of("delay=50ms loss.model=independent loss=3%");
    g_autoptr(LinkConfig) from = link_rig_config("delay 10ms, loss 1%");
    g_autoptr(LinkConfig) to = link_config_copy(from);
    g_autoptr(LinkConfig) config = link_config_copy(from);

    g_assert_true(link_change_apply(change, to, NULL));
    g_assert_true(link_field_interpolate(link_change_field(change, 0, to), config, from, to, 1, 4));
    g_assert_false(
        link_field_interpolate(link_change_field(change, 1, to), config, from, to, 1, 4));
    assert_same(config, "delay 20ms, loss 1%");
}

static void assert_unknown(const char *name, const char *expected)
{
    g_autoptr(LinkChange) change = link_change_new();
    g_autoptr(GError) error = NULL;

    g_assert_false(link_change_add(change, name, "1", &error));
    g_assert_true(g_str_has_prefix(error->message, expected));
    g_assert_cmpuint(link_change_count(change), ==, 0);
}

static void test_names_that_are_wrong(void)
{
    assert_unknown("dely", "\"dely\" is no parameter of a link: did you mean \"delay\"?");
    assert_unknown("loss.rat",
                   "\"loss.rat\" is no parameter of a link: did you mean \"loss.rate\"?");
    assert_unknown("weather", "\"weather\" is no parameter of a link: known is ");
    assert_unknown("", "\"\" is no parameter of a link: known is ");
    assert_unknown("delay.", "\"delay.\" is no parameter of a link: known is delay.delay, ");
}

static void assert_refused(const char *text, const char *expected)
{
    g_autoptr(LinkChange) change = change_of(text);
    g_autoptr(LinkConfig) config = link_rig_config("");
    g_autoptr(GError) error = NULL;
    g_autofree char *start = NULL;

    g_assert_false(link_change_apply(change, config, &error));
    start = g_strndup(error->message, strlen(expected)); // more variants may follow
    g_assert_cmpstr(start, ==, expected);
}

static void test_values_that_are_wrong(void)
{
    assert_refused("loss=150%", "loss: \"150%\" is more than 100%");
    assert_refused("delay=50", "delay: \"50\" has no unit: write ");
    assert_refused("loss.model=bad", "loss.model: \"bad\" is unknown: write one of independent");
    assert_refused("loss.model=independent",
                   "loss.model: needs loss.rate: share of frames lost, each on its own");
    assert_refused("rate.model=constant", "rate.model: needs rate.rate: bits a second");
    assert_refused("corrupt.then=deliver",
                   "corrupt.then: has no effect without one of rate, ber of corrupt: set one, too");
    assert_refused("loss.model=four-state", "loss.model: has no effect without one of rate, p13, "
                                            "p14 of loss: set one, too");
    assert_refused("delay=5ms delay.loop=no", "delay.loop: has no effect without a trace");
    assert_refused("rate=1mbit queue.discipline=dualpi2 queue.shift=9ms",
                   "queue.shift: has no effect without scheduler: time-shifted");
    assert_refused("queue=5ms",
                   "queue: without a rate it has no effect: add rate, or remove queue");
}

// A value of 0 is one, and a queue that stays behind is no fault of who takes the rate away.
static void test_nothing_can_be_asked_for(void)
{
    g_autoptr(LinkChange) change = change_of("loss.model=independent loss=0% rate=unlimited "
                                             "corrupt.rate=0% corrupt.then=deliver");
    g_autoptr(LinkConfig) config =
        link_rig_config("rate 1mbit, queue 5ms, overhead ethernet, loss 1%");
    g_autoptr(GError) error = NULL;

    g_assert_true(link_change_apply(change, config, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(link_config_rate_bps(config), ==, 0);
    g_assert_cmpuint(link_config_loss(config), ==, 0);
    g_assert_true(link_config_check_values(config, NULL));
    g_assert_false(link_config_check(config, NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/link-change/sets-what-it-names", test_sets_what_it_names);
    g_test_add_func("/links/link-change/fields-put-back-what-was-set",
                    test_fields_put_back_what_was_set);
    g_test_add_func("/links/link-change/choice-comes-first",
                    test_choice_comes_first_wherever_it_stands);
    g_test_add_func("/links/link-change/interpolates-its-fields", test_interpolates_its_fields);
    g_test_add_func("/links/link-change/names-that-are-wrong", test_names_that_are_wrong);
    g_test_add_func("/links/link-change/values-that-are-wrong", test_values_that_are_wrong);
    g_test_add_func("/links/link-change/nothing-can-be-asked-for", test_nothing_can_be_asked_for);
    return g_test_run();
}
