// SPDX-License-Identifier: Apache-2.0
// Loss without chance: every n-th frame, a pattern, a list.
#include "links/loss/loss_list.h"

#include <string.h>

#include "links/loss/loss_pattern.h"
#include "tests/support/link_rig.h"

typedef struct {
    const char *config;
    unsigned n_sent, n_lost;
    uint32_t lost[16]; // counted from 0
} Fates;

// Frames come at once, and in two goes: neither matters.
static void assert_fates(const Fates *expected)
{
    LinkRig rig;

    link_rig_open(&rig, 7, "atlantic", expected->config, NULL);
    script_add(&rig.script[LINK_FORWARD], 5, 0, expected->n_sent / 2, 60);
    script_add(&rig.script[LINK_FORWARD], 1000, 1, expected->n_sent - expected->n_sent / 2, 1514);
    link_rig_run_to_end(&rig);
    link_rig_assert_lost(&rig, LINK_FORWARD, expected->n_sent, expected->lost, expected->n_lost);
    link_rig_close(&rig);
}

static void test_periodic_loses_every_nth(void)
{
    static const Fates fates[] = {
        {"loss.model periodic, loss.every 10", 35, 3, {9, 19, 29}},
        {"loss.model periodic, loss.every 10, loss.offset 3", 35, 4, {2, 12, 22, 32}},
        {"loss.model periodic, loss.every 10, loss.offset 9", 18, 1, {8}},
        {"loss.model periodic, loss.every 1", 5, 5, {0, 1, 2, 3, 4}},
        {"loss.model periodic, loss.every 100", 99, 0, {0}},
    };

    for (unsigned n = 0; n < G_N_ELEMENTS(fates); n++)
        assert_fates(&fates[n]);
}

static void test_pattern_repeats_or_ends(void)
{
    static const Fates fates[] = {
        {"loss.model pattern, loss.pattern ..x..xx", 15, 6, {2, 5, 6, 9, 12, 13}},
        {"loss.model pattern, loss.pattern ..x..xx, loss.once yes", 15, 3, {2, 5, 6}},
        {"loss.model pattern, loss.pattern x, loss.once yes", 5, 1, {0}},
        {"loss.model pattern, loss.pattern x", 3, 3, {0, 1, 2}},
        {"loss.model pattern, loss.pattern ....", 9, 0, {0}},
        {"loss.model pattern, loss.pattern ........ .......x .", 34, 2, {15, 32}},
    };

    for (unsigned n = 0; n < G_N_ELEMENTS(fates); n++)
        assert_fates(&fates[n]);
}

static void test_list_names_frames(void)
{
    static const Fates fates[] = {
        {"loss.model list, loss.indices 5,6,9", 20, 3, {4, 5, 8}},
        {"loss.model list, loss.indices 1", 20, 1, {0}},
        {"loss.model list, loss.indices 9 ,2 - 4,3-5,7", 20, 6, {1, 2, 3, 4, 6, 8}},
        {"loss.model list, loss.indices 18-1000000,16", 20, 4, {15, 17, 18, 19}},
        {"loss.model list, loss.indices 18446744073709551615", 20, 0, {0}},
    };

    for (unsigned n = 0; n < G_N_ELEMENTS(fates); n++)
        assert_fates(&fates[n]);
}

// A frame that the queue dropped has its number all the same.
static void test_numbers_count_what_the_queue_dropped(void)
{
    LinkRig rig;

    link_rig_open(&rig, 7, "atlantic",
                  "rate 1mbit, queue 1 packet, loss.model list, loss.indices 1,3-5", NULL);
    script_add(&rig.script[LINK_FORWARD], 0, 0, 10, 125); // 0 is sent, 1 waits
    script_add(&rig.script[LINK_FORWARD], 50000000, 0, 1, 125);
    link_rig_run_to_end(&rig);
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_QUEUE_FULL), ==, 8);
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_LOSS), ==, 1);
    g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), ==, 2);
    g_assert_cmpuint(probe_record(&rig.probe[LINK_FORWARD], 0)->serial, ==, 1);
    g_assert_cmpuint(probe_record(&rig.probe[LINK_FORWARD], 1)->serial, ==, 10);
    link_rig_close(&rig);
}

static void test_mean_loss(void)
{
    static const struct {
        const char *config;
        Probability mean;
    } cases[] = {
        {"loss.model periodic, loss.every 4", RANDOM_ALWAYS / 4},
        {"loss.model periodic, loss.every 18446744073709551615", 1},
        {"loss.model pattern, loss.pattern ...x", RANDOM_ALWAYS / 4},
        {"loss.model pattern, loss.pattern x", RANDOM_ALWAYS},
        {"loss.model pattern, loss.pattern ...x, loss.once yes", 0},
        {"loss.model list, loss.indices 1-10", 0},
    };

    for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
        g_autoptr(LinkConfig) config = link_rig_config(cases[n].config);

        g_assert_cmpuint(link_config_loss(config), ==, cases[n].mean);
    }
}

static void test_wrong_texts_say_what_is_wrong(void)
{
    static const struct {
        const ParamObjectClass *class;
        const char *text, *error;
    } cases[] = {
        {&loss_pattern_class, "", "the pattern is empty: write something like ..x..xx"},
        {&loss_pattern_class, " ", "the pattern is empty: write something like ..x..xx"},
        {&loss_pattern_class, "..o",
         "letter 3 of the pattern is neither . for a frame that arrives nor x for one that is "
         "lost"},
        {&loss_list_class, "", "the list is empty: write something like 5, 6, 20-30"},
        {&loss_list_class, "5,,6",
         "\"\" is no number of a frame: write something like 5, 6, 20-30"},
        {&loss_list_class, "5-",
         "\"5-\" is no number of a frame: write something like 5, 6, 20-30"},
        {&loss_list_class, "-5",
         "\"-5\" is no number of a frame: write something like 5, 6, 20-30"},
        {&loss_list_class, "5-6-7",
         "\"5-6-7\" is no number of a frame: write something like 5, 6, 20-30"},
        {&loss_list_class, "0", "\"0\": frames are counted from 1"},
        {&loss_list_class, "7 - 6",
         "\"7 - 6\" ends before it begins: write the lower number "
         "first"},
    };

    for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(param_object_new(cases[n].class, cases[n].text, cases[n].text,
                                       strlen(cases[n].text), &error));
        g_assert_nonnull(error);
        g_assert_cmpstr(error->message, ==, cases[n].error);
    }
}

static void test_ranges_are_sorted_and_joined(void)
{
    const char *text = "9,1-3,18446744073709551615,4,30-40,35-38,10";
    LossList *list = (LossList *)param_object_new(&loss_list_class, text, text, strlen(text), NULL);
    static const LossRange expected[] = {{1, 4}, {9, 10}, {30, 40}, {UINT64_MAX, UINT64_MAX}};

    g_assert_nonnull(list);
    g_assert_cmpmem(list->ranges, list->n_ranges * sizeof(LossRange), expected, sizeof expected);
    param_object_unref(&list->object);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/loss-sequence/periodic-loses-every-nth", test_periodic_loses_every_nth);
    g_test_add_func("/links/loss-sequence/pattern-repeats-or-ends", test_pattern_repeats_or_ends);
    g_test_add_func("/links/loss-sequence/list-names-frames", test_list_names_frames);
    g_test_add_func("/links/loss-sequence/numbers-count-what-the-queue-dropped",
                    test_numbers_count_what_the_queue_dropped);
    g_test_add_func("/links/loss-sequence/mean-loss", test_mean_loss);
    g_test_add_func("/links/loss-sequence/wrong-texts-say-what-is-wrong",
                    test_wrong_texts_say_what_is_wrong);
    g_test_add_func("/links/loss-sequence/ranges-are-sorted-and-joined",
                    test_ranges_are_sorted_and_joined);
    return g_test_run();
}
