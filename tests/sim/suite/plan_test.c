// SPDX-License-Identifier: Apache-2.0
// Which tests there are, and that each has a folder of its own that can be made.
#include "sim/suite/plan.h"

#include <glib/gstdio.h>
#include <limits.h>
#include <string.h>

#define LONG_NAME_BYTES 300

static Plan *plan_of(const char *values)
{
    const PlanOptions options = {.n_repetitions = 1};
    g_autofree char *text = g_strdup_printf("matrix: {v: [%s]}\n"
                                            "nodes: [a, b]\n"
                                            "links: [{endpoints: [a, b]}]\n"
                                            "tasks: [{on: a, run: \"true\", env: {V: \"${v}\"}}]\n",
                                            values);
    g_autofree char *folder = g_dir_make_tmp("taploom-plan-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "s.yaml", NULL);
    g_autofree char *errors = NULL;
    Plan *plan;

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    plan = plan_new((char *const[]){path, NULL}, &options, &errors);
    g_assert_cmpstr(errors, ==, NULL);
    g_assert_cmpint(g_remove(path), ==, 0);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
    return plan;
}

static void assert_folders_differ(const char *values)
{
    g_autoptr(Plan) plan = plan_of(values);
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < plan->tests->len; i++) {
        const Test *test = g_ptr_array_index(plan->tests, i);

        g_test_message("%s: %s", test->name, test->folder_name);
        g_assert_true(g_hash_table_add(names, test->folder_name));
        g_assert_null(strpbrk(test->folder_name, "/ \"'\n"));
        g_assert_cmpuint(strlen(test->folder_name), <=, NAME_MAX);
    }
}

static void test_names_that_look_alike_have_folders_of_their_own(void)
{
    assert_folders_differ("a b, a-b, a/b, \"a:b\", \"a\\nb\"");
    assert_folders_differ("a-b-1, a-b-2, a-b, a b, a/b");
    assert_folders_differ("\"\", \"]\", \"[\", .., ü, €");
}

static void test_folders_of_long_names_can_be_made(void)
{
    g_autofree char *start = g_strnfill(LONG_NAME_BYTES, 'x');
    g_autofree char *values = g_strdup_printf("%s1, %s2", start, start);

    assert_folders_differ(values);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/suite/plan/names-that-look-alike-have-folders-of-their-own",
                    test_names_that_look_alike_have_folders_of_their_own);
    g_test_add_func("/sim/suite/plan/folders-of-long-names-can-be-made",
                    test_folders_of_long_names_can_be_made);
    return g_test_run();
}
