// SPDX-License-Identifier: Apache-2.0
// Variables and the matrix: where ${name} is replaced and where not, which combinations there are,
// and what is refused.
#include "sim/scenario/variables.h"

#include "tests/sim/scenario/parsed.h"

#define NODES "nodes: [a, b]\n"
#define LINK "links: [{endpoints: [a, b], loss: \"${loss}\", delay: \"${rtt}\"}]\n"
#define MATRIX "matrix: {loss: [0%, 1%, 5%], rtt: [20ms, 200ms]}\n"

static Scenario *chosen(const char *text, const char *choice)
{
    g_autofree char *errors = NULL;
    Scenario *scenario = scenario_parse_chosen("x.yaml", text, strlen(text),
                                               (const char *const[]){choice, NULL}, &errors);

    g_assert_cmpstr(errors, ==, NULL);
    return scenario;
}

static const LinkConfig *forward(const Scenario *scenario)
{
    return ((LinkSpec *)g_ptr_array_index(scenario->links, 0))->directions[0];
}

static const char *command(const Scenario *scenario)
{
    return ((TaskSpec *)g_ptr_array_index(scenario->tasks, 0))->command;
}

static void test_without_a_choice_the_first_values_count(void)
{
    g_autoptr(Scenario) scenario = parsed(MATRIX NODES LINK);

    g_assert_cmpuint(link_config_loss(forward(scenario)), ==, 0);
    g_assert_cmpint(link_config_delay_ns(forward(scenario)), ==, 20000000);
    g_assert_cmpstr(scenario->combination, ==, "loss=0%,rtt=20ms");
    g_assert_cmpuint(scenario->variables->len, ==, 2);
}

static void test_a_choice_counts_where_it_says_something(void)
{
    g_autoptr(Scenario) scenario = chosen(MATRIX NODES LINK, "rtt=200ms");
    g_autoptr(Scenario) free_choice = chosen(MATRIX NODES LINK, "rtt=3ms,loss=100%");

    g_assert_cmpint(link_config_delay_ns(forward(scenario)), ==, 200000000);
    g_assert_cmpstr(scenario->combination, ==, "loss=0%,rtt=200ms");
    g_assert_cmpint(link_config_delay_ns(forward(free_choice)), ==, 3000000);
    g_assert_cmpuint(link_config_loss(forward(free_choice)), ==, RANDOM_ALWAYS);
}

static void test_combinations_in_the_order_of_the_file(void)
{
    static const char *const expected[] = {"loss=0%,rtt=20ms", "loss=0%,rtt=200ms",
                                           "loss=1%,rtt=20ms", "loss=1%,rtt=200ms",
                                           "loss=5%,rtt=20ms", "loss=5%,rtt=200ms"};
    g_autofree char *errors = NULL;
    g_autoptr(GPtrArray) choices =
        variables_combinations("x.yaml", MATRIX, strlen(MATRIX), &errors);

    g_assert_cmpstr(errors, ==, NULL);
    g_assert_cmpuint(choices->len, ==, G_N_ELEMENTS(expected));
    for (guint i = 0; i < choices->len; i++)
        g_assert_cmpstr(g_ptr_array_index(choices, i), ==, expected[i]);
}

static void test_without_a_matrix_there_is_one_combination(void)
{
    g_autofree char *errors = NULL;
    g_autoptr(GPtrArray) choices =
        variables_combinations("x.yaml", "nodes: []", strlen("nodes: []"), &errors);

    g_assert_cmpuint(choices->len, ==, 1);
    g_assert_cmpstr(g_ptr_array_index(choices, 0), ==, "");
}

static void test_a_shell_keeps_its_own_variables(void)
{
    g_autoptr(Scenario) scenario =
        parsed("variables: {n: 3, m: 'a b'}\n" NODES "links: [{endpoints: [a, b]}]\n"
               "tasks: [{on: a, run: 'x ${n}${m} ${HOME} $n $${n} $$ ${n:-4} ${'}]\n");
    g_autoptr(Scenario) other = parsed(NODES "links: [{endpoints: [a, b]}]\n"
                                             "tasks: [{on: a, run: '${n} $${n}'}]\n");
    g_autoptr(Scenario) whole =
        parsed("variables: {n: a}\n" NODES "links: [{endpoints: ['${n}', b]}]\n"
               "tasks: [{on: a, run: '${COMMAND}'}]\n");

    g_assert_cmpstr(command(scenario), ==, "x 3a b ${HOME} $n ${n} $$ ${n:-4} ${");
    g_assert_cmpstr(command(other), ==, "${n} $${n}");
    g_assert_cmpstr(command(whole), ==, "${COMMAND}");
    g_assert_cmpstr(scenario->combination, ==, "");
}

static void test_an_alias_is_replaced_once(void)
{
    g_autoptr(Scenario) scenario =
        parsed("variables: {n: '${n}'}\n" NODES "links: [{endpoints: [a, b]}]\n"
               "tasks: [&t {on: a, run: 'x ${n}'}, *t]\n");

    g_assert_cmpstr(command(scenario), ==, "x ${n}");
}

static void test_a_comma_within_a_value(void)
{
    g_autoptr(Scenario) scenario =
        chosen("variables: {n: a, m: b}\n" NODES "links: [{endpoints: [a, b]}]\n"
               "tasks: [{on: a, run: '${n} ${m}'}]\n",
               "n=1,2=3,m=4,");

    g_assert_cmpstr(command(scenario), ==, "1,2=3 4,");
    g_assert_cmpstr(scenario->combination, ==, "n=1,2=3,m=4,");
}

static void test_errors(void)
{
    ASSERT_ERRORS("matrix: {loss: [0%], rtt: [1ms]}\nvariables: {n: 3}\n" NODES
                  "links: [{endpoints: [a, b], loss: \"${loss}\"}]\n",
                  "1:22: matrix.rtt: is used nowhere: write ${rtt} where its value belongs, or "
                  "remove it",
                  "2:13: variables.n: is used nowhere: write ${n} where its value belongs, or "
                  "remove it");
    ASSERT_ERRORS("matrix: {los: [0%]}\n" NODES
                  "links: [{endpoints: [a, b], loss: \"${loss}\", corrupt: \"${los}\"}]\n",
                  "3:35: links[0].loss: \"loss\" is no name of matrix or variables: did you mean "
                  "\"los\"?",
                  "3:35: links[0].loss: \"${loss}\" is not a number: write 0% to 100%");
    ASSERT_ERRORS("matrix: {loss: 1%, rtt: [], q: [1, 1], 1x: [2], z: [{}]}\n" NODES
                  "links: [{endpoints: [a, b], loss: \"${loss}\", queue: \"${q}ms\"}]\n",
                  "1:16: matrix.loss: is a single value and not a list: write its values, as [0%, "
                  "1%, 5%]",
                  "1:25: matrix.rtt: is empty: write its values, as [0%, 1%, 5%]",
                  "1:36: matrix.q[1]: \"1\" is given twice: keep one",
                  "1:44: matrix.1x: is no name: write a letter, then letters, digits, _ and -, up "
                  "to 63",
                  "1:53: matrix.z[0]: is a map and not a single value: write a value, as 20ms");
    ASSERT_ERRORS("variables: {a: 1}\nmatrix: {a: [1]}\n" NODES
                  "links: [{endpoints: [a, b], delay: \"${a}ms\"}]\n",
                  "2:13: matrix.a: stands under variables and matrix: keep one");
    ASSERT_ERRORS(
        "matrix: {q: [1], words: [x, \"x,y=2,q=3\", \"x, q=3\"]}\n" NODES
        "links: [{endpoints: [a, b], delay: \"${q}ms\"}]\n"
        "tasks: [{on: a, run: \"${words}\"}]\n",
        "1:18: matrix.words: has a value with \",q=\" in it, which --matrix takes for the "
        "next name: write a blank behind the comma, or rename that variable");
    ASSERT_ERRORS(NODES "links: [{endpoints: [a, b], loss: ${loss}}]\n",
                  "2:36: links[0]: within {…} or […] a ${name} must stand in quotes: \"${name}\"");
}

static void test_a_choice_of_an_unknown_name(void)
{
    g_autofree char *errors = NULL;
    Scenario *scenario =
        scenario_parse_chosen("x.yaml", MATRIX NODES LINK, strlen(MATRIX NODES LINK),
                              (const char *const[]){"los=1%", NULL}, &errors);

    g_assert_null(scenario);
    g_assert_cmpstr(errors, ==,
                    "x.yaml: --matrix: \"los\" is no name of matrix or variables, did you mean "
                    "loss: write NAME=VALUE\n");
}

static void test_a_choice_without_a_value(void)
{
    g_autofree char *errors = NULL;
    Scenario *scenario =
        scenario_parse_chosen("x.yaml", MATRIX NODES LINK, strlen(MATRIX NODES LINK),
                              (const char *const[]){"loss", NULL}, &errors);

    g_assert_null(scenario);
    g_assert_cmpstr(errors, ==, "x.yaml: --matrix: \"loss\" has no value: write loss=VALUE\n");
}

static void test_too_many_combinations(void)
{
    GString *text = g_string_new("matrix:\n");
    g_autofree char *errors = NULL;

    for (int i = 0; i < 14; i++) // 2^14
        g_string_append_printf(text, "  n%d: [0, 1]\n", i);
    g_assert_null(variables_combinations("x.yaml", text->str, text->len, &errors));
    g_assert_cmpstr(errors, ==,
                    "x.yaml:15:3: matrix: has more than 10000 combinations: shorten its lists\n");
    g_string_free(text, TRUE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/scenario/variables/without-a-choice-the-first-values-count",
                    test_without_a_choice_the_first_values_count);
    g_test_add_func("/sim/scenario/variables/a-choice-counts-where-it-says-something",
                    test_a_choice_counts_where_it_says_something);
    g_test_add_func("/sim/scenario/variables/combinations-in-the-order-of-the-file",
                    test_combinations_in_the_order_of_the_file);
    g_test_add_func("/sim/scenario/variables/without-a-matrix-there-is-one-combination",
                    test_without_a_matrix_there_is_one_combination);
    g_test_add_func("/sim/scenario/variables/a-shell-keeps-its-own-variables",
                    test_a_shell_keeps_its_own_variables);
    g_test_add_func("/sim/scenario/variables/an-alias-is-replaced-once",
                    test_an_alias_is_replaced_once);
    g_test_add_func("/sim/scenario/variables/a-comma-within-a-value", test_a_comma_within_a_value);
    g_test_add_func("/sim/scenario/variables/errors", test_errors);
    g_test_add_func("/sim/scenario/variables/a-choice-of-an-unknown-name",
                    test_a_choice_of_an_unknown_name);
    g_test_add_func("/sim/scenario/variables/a-choice-without-a-value",
                    test_a_choice_without_a_value);
    g_test_add_func("/sim/scenario/variables/too-many-combinations", test_too_many_combinations);
    return g_test_run();
}
