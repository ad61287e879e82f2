// SPDX-License-Identifier: Apache-2.0
// What each form chooses among the first frames, and what is no form.
#include "links/fault/fault_choice.h"

#include <string.h>

#include "core/quantity.h"

// "..x" for the first frames: x are chosen.
static void assert_chooses(const char *text, const char *expected)
{
    FaultChoice choice;
    GError *error = NULL;

    fault_choice_parse(&choice, text, &error);
    g_assert_no_error(error);
    for (size_t i = 0; expected[i] != '\0'; i++) {
        if (fault_choice_has(&choice, i + 1) != (expected[i] == 'x'))
            g_error("\"%s\": frame %zu is not as in %s", text, i + 1, expected);
    }
    fault_choice_clear(&choice);
}

static void test_by_number(void)
{
    assert_chooses("all", "xxxxxx");
    assert_chooses("1", "x.....");
    assert_chooses("5, 6, 9", "....xx..x.....");
    assert_chooses("9,6 , 5", "....xx..x.....");
    assert_chooses("3-5", "..xxx.....");
    assert_chooses("8 - 9, 3-5, 4, 6-6", "..xxxx.xx.....");
    assert_chooses("4-, 2", ".x.xxxxxxx");
    assert_chooses("1-2, 1-18446744073709551615", "xxxxx");
    assert_chooses("every 1", "xxxxx");
    assert_chooses("every 3", "..x..x..x..x");
    assert_chooses(" every  3 from 1 ", "x..x..x..x");
    assert_chooses("every 3 from 5", "....x..x..x");
}

static void test_many_ranges(void)
{
    GString *text = g_string_new("1");
    FaultChoice choice;

    for (unsigned i = 1; i < 1000; i++)
        g_string_append_printf(text, ", %u-%u", 10 * i, 10 * i + 4);
    g_assert_true(fault_choice_parse(&choice, text->str, NULL));
    g_assert_cmpuint(choice.n_ranges, ==, 1000);
    g_assert_true(fault_choice_has(&choice, 1));
    for (uint64_t number = 2; number < 11000; number++)
        g_assert_true(fault_choice_has(&choice, number) ==
                      (number >= 10 && number < 10000 && number % 10 < 5));
    g_assert_true(fault_choice_has(&choice, 9994));
    g_assert_false(fault_choice_has(&choice, UINT64_MAX));
    fault_choice_clear(&choice);
    g_string_free(text, TRUE);
}

static void test_by_chance_and_flow(void)
{
    FaultChoice choice;

    g_assert_true(fault_choice_parse(&choice, "25%", NULL));
    g_assert_cmpint(choice.kind, ==, FAULT_CHOICE_SHARE);
    g_assert_cmpuint(choice.share, ==, RANDOM_ALWAYS / 4);
    g_assert_true(fault_choice_parse(&choice, "first  per flow", NULL));
    g_assert_cmpint(choice.kind, ==, FAULT_CHOICE_FIRST_PER_FLOW);
}

static void test_wrong(void)
{
    static const char *const wrong[] = {
        "",
        "0",
        "none",
        "5,",
        "5;6",
        "9-5",
        "-5",
        "3-0",
        "every",
        "every 0",
        "every 2 3",
        "every 2 from",
        "every x",
        "every 2 from 0",
        "every 2 from 3 4",
        "first",
        "1.5",
        "101%",
        "5ms",
        "1-2-3",
        "18446744073709551616",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        FaultChoice choice;

        if (fault_choice_parse(&choice, wrong[i], &error))
            g_error("\"%s\" is taken", wrong[i]);
        g_assert_true(error->domain == QUANTITY_ERROR);
        g_assert_nonnull(strstr(error->message, i == 17 ? "100%" : "first per flow"));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/fault-choice/by-number", test_by_number);
    g_test_add_func("/links/fault-choice/many-ranges", test_many_ranges);
    g_test_add_func("/links/fault-choice/by-chance-and-flow", test_by_chance_and_flow);
    g_test_add_func("/links/fault-choice/wrong", test_wrong);
    return g_test_run();
}
