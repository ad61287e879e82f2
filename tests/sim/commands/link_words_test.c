// SPDX-License-Identifier: Apache-2.0
// What `taploom explain` says of one direction of a link.
#include <glib.h>
#include <string.h>

#include "sim/commands/link_words.h"
#include "tests/sim/scenario/parsed.h"

// The words of the first direction of a link with these keys, a line each.
static char *words_of(const char *keys)
{
    g_autofree char *text = g_strdup_printf("nodes: [a, b]\nlinks:\n  - endpoints: [a, b]\n%s%s\n",
                                            *keys != '\0' ? "    " : "", keys);
    g_autoptr(Scenario) scenario = parsed(text);
    const LinkSpec *link = g_ptr_array_index(scenario->links, 0);
    g_autoptr(GPtrArray) words = link_words(link->directions[0], "jitter");

    g_ptr_array_add(words, NULL);
    return g_strjoinv("\n", (char **)words->pdata);
}

static void assert_words(const char *keys, const char *expected)
{
    g_autofree char *words = words_of(keys);

    g_assert_cmpstr(words, ==, expected);
}

static void test_nothing_is_said_of_nothing(void)
{
    assert_words("", "");
    assert_words("loss: 0%", "");
    assert_words("rate: unlimited", "");
}

// A frame waits before it is sent, whatever the order of the keys.
static void test_steps_are_in_a_frames_order(void)
{
    assert_words("delay: 35ms\n    loss: 1%\n    rate: 8mbit",
                 "waits for its turn in a queue of 100ms, or is dropped when that is full\n"
                 "is sent at 8mbit, one behind the other\n"
                 "is lost with a probability of 1%, each on its own\n"
                 "is under way for 35ms");
    assert_words("rate: 8mbit\n    queue: 20 packets",
                 "waits for its turn in a queue of 20 packets, or is dropped when that is full\n"
                 "is sent at 8mbit, one behind the other");
}

static void test_what_is_not_set_is_not_said(void)
{
    assert_words("rate: 8mbit\n    overhead: 24B",
                 "waits for its turn in a queue of 100ms, or is dropped when that is full\n"
                 "is sent at 8mbit, one behind the other\n"
                 "counts for 24B more than its length");
    assert_words("rate: 8mbit\n    overhead: {bytes: 8B, cells: atm}",
                 "waits for its turn in a queue of 100ms, or is dropped when that is full\n"
                 "is sent at 8mbit, one behind the other\n"
                 "counts for 8B more than its length, in cells of atm");
}

static void test_a_key_that_is_told_elsewhere(void)
{
    assert_words("delay: 35ms\n    jitter: 1ms", "is under way for 35ms");
}

static void test_overtaking(void)
{
    assert_words("delay: 35ms\n    reorder: 1%",
                 "is under way for 35ms\nis held back by 3 packets with a probability of 1%");
}

// A discipline takes the place of the plain queue.
static void test_disciplines(void)
{
    assert_words("rate: 8mbit\n    queue: {discipline: codel, target: 3ms, ecn: yes}",
                 "waits for its turn in a queue of 1000 packets, at the head of which CoDel drops "
                 "when frames have waited longer than 3ms for 100ms (ecn yes)\n"
                 "is sent at 8mbit, one behind the other");
}

// A parameter that is an object is told as it is written.
static void test_a_pattern(void)
{
    assert_words("loss: {model: pattern, pattern: \"..x\"}",
                 "is lost where the pattern ..x has an x");
}

// Every {NAME} is a parameter of its key, every bracket is closed, and no text is empty.
static void test_effects_are_well_formed(void)
{
    for (const StageClass *const *class = stage_classes; *class != NULL; class ++) {
        for (const StageKey *key = (*class)->keys; key->name != NULL; key++) {
            bool is_open = false;

            g_assert_true(key->effect == NULL || *key->effect != '\0');
            for (const char *at = key->effect; at != NULL && *at != '\0'; at++) {
                g_autofree char *name = g_strndup(at + 1, strcspn(at + 1, "}"));

                g_assert_true(*at != '{' || param_find(key->params, name) != NULL);
                g_assert_true(*at != '[' || !is_open);
                g_assert_true(*at != ']' || is_open);
                is_open = *at == '[' || (is_open && *at != ']');
            }
            g_assert_false(is_open);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/commands/link-words/nothing-is-said-of-nothing",
                    test_nothing_is_said_of_nothing);
    g_test_add_func("/commands/link-words/steps-are-in-a-frames-order",
                    test_steps_are_in_a_frames_order);
    g_test_add_func("/commands/link-words/what-is-not-set-is-not-said",
                    test_what_is_not_set_is_not_said);
    g_test_add_func("/commands/link-words/a-key-that-is-told-elsewhere",
                    test_a_key_that_is_told_elsewhere);
    g_test_add_func("/commands/link-words/overtaking", test_overtaking);
    g_test_add_func("/commands/link-words/disciplines", test_disciplines);
    g_test_add_func("/commands/link-words/a-pattern", test_a_pattern);
    g_test_add_func("/commands/link-words/effects-are-well-formed", test_effects_are_well_formed);
    return g_test_run();
}
