// SPDX-License-Identifier: Apache-2.0
// LinkConfig: keys and their classes, ranges, the rules between parameters, and what is read back.
#include "links/link_config.h"

#include "links/delay/delay.h"
#include "links/loss/loss.h"
#include "links/queue/drop_tail.h"
#include "links/rate/rate.h"
#include "tests/support/link_rig.h"

static void test_new_impairs_nothing(void)
{
    g_autoptr(LinkConfig) config = link_config_new();

    g_assert_cmpuint(link_config_rate_bps(config), ==, 0);
    g_assert_cmpint(link_config_delay_ns(config), ==, 0);
    g_assert_cmpint(link_config_jitter_ns(config), ==, 0);
    g_assert_cmpuint(link_config_loss(config), ==, 0);
    g_assert_true(link_config_check(config, NULL));
    for (const StageClass *const *class = stage_classes; *class != NULL; class ++)
        g_assert_false(link_config_needs(config, *class));
}

static void test_reads_back_what_was_set(void)
{
    g_autoptr(LinkConfig) config =
        link_rig_config("rate 2.5gbit, overhead ethernet, queue 100 packets, loss 25%, delay 35ms, "
                        "jitter 2ms, jitter.distribution normal");
    const DelayConfig *delay = link_config_of(config, &delay_stage_class);

    g_assert_cmpuint(link_config_rate_bps(config), ==, UINT64_C(2500000000));
    g_assert_cmpuint(link_config_overhead(config)->bytes, ==, 24);
    g_assert_cmpint(link_config_queue_limit(config).unit, ==, LIMIT_PACKETS);
    g_assert_cmpuint(link_config_queue_limit(config).amount, ==, 100);
    g_assert_cmpuint(link_config_loss(config), ==, RANDOM_ALWAYS / 4);
    g_assert_cmpint(link_config_delay_ns(config), ==, 35000000);
    g_assert_cmpint(link_config_jitter_ns(config), ==, 2000000);
    g_assert_cmpint(delay->distribution, ==, JITTER_NORMAL);
}

static void test_copy_is_apart(void)
{
    g_autoptr(LinkConfig) config = link_rig_config("rate 1mbit, delay 5ms");
    g_autoptr(LinkConfig) copy = link_config_copy(config);
    const StageClass *class;
    const StageKey *key = link_config_key(config, "delay", &class);

    g_assert_true(link_config_set(copy, class, key->params, "7ms", NULL));
    g_assert_cmpint(link_config_delay_ns(config), ==, 5000000);
    g_assert_cmpint(link_config_delay_ns(copy), ==, 7000000);
    g_assert_cmpuint(link_config_rate_bps(copy), ==, 1000000);
}

static void test_keys_lead_to_their_class(void)
{
    static const struct {
        const char *name;
        const StageClass *class;
    } keys[] = {
        {"rate", &rate_stage_class},       {"overhead", &overhead_stage_class},
        {"queue", &drop_tail_stage_class}, {"loss", &loss_stage_class},
        {"delay", &delay_stage_class},     {"jitter", &delay_stage_class},
    };
    g_autofree const char **names = link_config_key_names();
    g_autoptr(LinkConfig) config = link_config_new();

    for (unsigned n = 0; n < G_N_ELEMENTS(keys); n++) {
        const StageClass *class = NULL;
        const StageKey *key = link_config_key(config, keys[n].name, &class);

        g_assert_nonnull(key);
        g_assert_cmpstr(key->name, ==, keys[n].name);
        g_assert_true(class == keys[n].class);
        g_assert_true(g_strv_contains(names, keys[n].name));
    }
}

static void test_unknown_key_is_null(void)
{
    g_autoptr(LinkConfig) config = link_config_new();
    const StageClass *class = &rate_stage_class;

    g_assert_null(link_config_key(config, "delya", &class));
    g_assert_null(link_config_key(config, "", &class));
    g_assert_null(link_config_key(config, "Delay", &class));
    g_assert_true(class == &rate_stage_class); // untouched
}

// Every class has keys, no key has two owners, and every parameter can be found and documented.
static void test_tables_are_sound(void)
{
    g_autofree const char **names = link_config_key_names();
    StagePosition last = STAGE_GUARD;

    for (const char **name = names; *name != NULL; name++)
        for (const char **other = names; other != name; other++)
            g_assert_cmpstr(*name, !=, *other);
    for (const StageClass *const *class = stage_classes; *class != NULL; class ++) {
        g_assert_cmpint((*class)->position, >=, last);
        last = (*class)->position;
        g_assert_cmpstr((*class)->summary, !=, "");
        // `spacing` is read by the stages, and none itself.
        if ((*class)->push != NULL)
            g_assert_cmpuint((*class)->stage_bytes, >=, sizeof(Stage));
        if ((*class)->keys[0].name == NULL)
            g_assert_true(g_str_has_prefix((*class)->name, "replay-"));
        for (const StageKey *key = (*class)->keys; key->name != NULL; key++) {
            g_assert_cmpstr(key->summary, !=, "");
            g_assert_nonnull(key->params[0].name); // for the short form, `loss: 1%`
            for (const ParamSpec *param = key->params; param->name != NULL; param++) {
                g_assert_true(param_find(key->params, param->name) == param);
                g_assert_cmpuint(param->offset, <, (*class)->config_bytes);
                g_assert_cmpstr(param->summary, !=, "");
            }
        }
    }
}

static void test_ranges(void)
{
    static const struct {
        const char *key, *text;
        bool is_right;
    } cases[] = {
        {"rate", "1bit", true},
        {"rate", "100gbit", true},
        {"rate", "0bit", false},
        {"rate", "100000000001bit", false},
        {"rate", "10", false},
        {"rate", "-1mbit", false},
        {"delay", "0ns", true},
        {"delay", "1h", true},
        {"delay", "3600000000001ns", false},
        {"delay", "-1ms", false},
        {"delay", "20", false},
        {"delay", "", false},
        {"jitter", "1h", true},
        {"jitter", "61min", false},
        {"loss", "0%", true},
        {"loss", "100%", true},
        {"loss", "100.1%", false},
        {"loss", "-1%", false},
        {"loss", "0.5", false},
        {"queue", "1 packet", true},
        {"queue", "1B", true},
        {"queue", "1ns", true},
        {"queue", "0ms", false},
        {"queue", "0 packets", false},
        {"overhead", "0B", true},
        {"overhead", "1000B", true},
        {"overhead", "1001B", false},
        {"overhead", "ethernet", true},
        {"overhead", "wifi", false},
    };

    for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
        g_autoptr(LinkConfig) config = link_config_new();
        g_autoptr(LinkConfig) before = link_config_copy(config);
        g_autoptr(GError) error = NULL;
        const StageClass *class;
        const StageKey *key = link_config_key(config, cases[n].key, &class);
        bool was_set = link_config_set(config, class, key->params, cases[n].text, &error);

        g_test_message("%s: %s", cases[n].key, cases[n].text);
        g_assert_true(was_set == cases[n].is_right);
        if (was_set) {
            g_assert_no_error(error);
        } else {
            g_assert_nonnull(error);
            g_assert_cmpstr(error->message, !=, "");
            g_assert_cmpmem(link_config_of(config, class), class->config_bytes,
                            link_config_of(before, class), class->config_bytes);
        }
    }
}

// The tiniest loss that can be written is not rounded to none.
static void test_tiny_loss_is_not_none(void)
{
    g_autoptr(LinkConfig) config = link_rig_config("loss 0.00000002%");

    g_assert_cmpuint(link_config_loss(config), ==, 1);
}

static void assert_check_fails(const char *key_name, const char *text, const char *culprit)
{
    g_autoptr(LinkConfig) config = link_config_new();
    g_autoptr(GError) error = NULL;
    const StageClass *class;
    const StageKey *key = link_config_key(config, key_name, &class);

    g_assert_true(link_config_set(config, class, key->params, text, NULL));
    g_assert_false(link_config_check(config, &error));
    g_assert_nonnull(error);
    g_assert_true(g_str_has_prefix(error->message, culprit));
}

static void test_settings_that_would_do_nothing_are_errors(void)
{
    assert_check_fails("jitter", "2ms", "jitter: ");
    assert_check_fails("queue", "10 packets", "queue: ");
    assert_check_fails("overhead", "ethernet", "overhead: ");
}

static void test_default_queue_limit(void)
{
    static const struct {
        const char *config;
        Limit limit;
    } cases[] = {
        {"rate 10mbit", {LIMIT_TIME, 100000000}},
        {"rate 100gbit", {LIMIT_TIME, 100000000}},
        {"rate 1937920bit", {LIMIT_TIME, 100000000}}, // 24224 bytes: 16 full frames exactly
        {"rate 1937912bit", {LIMIT_BYTES, 24224}},
        {"rate 1bit", {LIMIT_BYTES, 24224}},
        {"rate 1mbit, queue 5ms", {LIMIT_TIME, 5000000}},
        {"rate 1mbit, queue 64kB", {LIMIT_BYTES, 64000}},
        {"rate 1mbit, queue 3 packets", {LIMIT_PACKETS, 3}},
    };

    for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
        g_autoptr(LinkConfig) config = link_rig_config(cases[n].config);
        Limit limit = link_config_queue_limit(config);

        g_assert_cmpint(limit.unit, ==, cases[n].limit.unit);
        g_assert_cmpuint(limit.amount, ==, cases[n].limit.amount);
    }
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/link_config/new-impairs-nothing", test_new_impairs_nothing);
    g_test_add_func("/links/link_config/reads-back-what-was-set", test_reads_back_what_was_set);
    g_test_add_func("/links/link_config/copy-is-apart", test_copy_is_apart);
    g_test_add_func("/links/link_config/keys-lead-to-their-class", test_keys_lead_to_their_class);
    g_test_add_func("/links/link_config/unknown-key-is-null", test_unknown_key_is_null);
    g_test_add_func("/links/link_config/tables-are-sound", test_tables_are_sound);
    g_test_add_func("/links/link_config/ranges", test_ranges);
    g_test_add_func("/links/link_config/tiny-loss-is-not-none", test_tiny_loss_is_not_none);
    g_test_add_func("/links/link_config/settings-that-would-do-nothing-are-errors",
                    test_settings_that_would_do_nothing_are_errors);
    g_test_add_func("/links/link_config/default-queue-limit", test_default_queue_limit);
    return g_test_run();
}
