// SPDX-License-Identifier: Apache-2.0
// The whole file: its own keys, files that cannot be one, and size.
#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/sim/scenario/parsed.h"

#define NETWORK "nodes: [a, b]\nlinks: [{endpoints: [a, b]}]\n"

static void test_defaults_of_the_file(void)
{
    g_autoptr(Scenario) scenario = parsed(NETWORK);

    g_assert_cmpstr(scenario->name, ==, "x");
    g_assert_cmpstr(scenario->path, ==, "x.yaml");
    g_assert_cmpuint(scenario->seed, ==, 1);
    g_assert_cmpint(scenario->duration_ns, ==, SCENARIO_UNTIL_TASKS_END_NS);
    g_assert_cmpuint(scenario->memory_bytes, ==, 0);
    g_assert_cmpuint(scenario->fidelity.late_share, ==, 42949673);
    g_assert_cmpint(scenario->fidelity.late_floor_ns, ==, 1000000);
    g_assert_cmpuint(scenario->fidelity.late_of_delay, ==, 429496730);
    g_assert_cmpuint(scenario->fidelity.device_drops, ==, 0);
    g_assert_false(scenario->fidelity.strict);
    g_assert_cmpuint(scenario->tasks->len + scenario->captures->len + scenario->warnings->len, ==,
                     0);
}

// The order of sections in the file does not matter.
static void test_every_key_is_kept(void)
{
    g_autoptr(Scenario) scenario =
        parsed("tasks: [{on: b, run: x}]\n"
               "fidelity: {late_share: 2%, late_floor: 3ms, late_of_delay: 4%, device_drops: 5,\n"
               "           unaccounted: 6, others_share: 50%, strict: true}\n"
               "capture: [a-b]\n"
               "links: [{endpoints: [a, b]}]\n"
               "nodes: [a, b]\n"
               "duration: 30s\n"
               "memory: 1.5GB\n"
               "seed: 18446744073709551615\n"
               "name: transatlantic\n");

    g_assert_cmpstr(scenario->name, ==, "transatlantic");
    g_assert_cmpuint(scenario->seed, ==, UINT64_MAX);
    g_assert_cmpint(scenario->duration_ns, ==, INT64_C(30000000000));
    g_assert_cmpuint(scenario->memory_bytes, ==, 1500000000);
    g_assert_cmpuint(scenario->captures->len, ==, 2);
    g_assert_cmpint(scenario->fidelity.late_floor_ns, ==, 3000000);
    g_assert_cmpuint(scenario->fidelity.device_drops, ==, 5);
    g_assert_cmpuint(scenario->fidelity.unaccounted, ==, 6);
    g_assert_cmpuint(scenario->fidelity.others_share, ==, RANDOM_ALWAYS / 2);
    g_assert_true(scenario->fidelity.strict);
}

static void test_the_name_comes_from_the_path(void)
{
    static const char *const names[][2] = {{"/labs/my lab.yaml", "my-lab"},
                                           {"x.y.yml", "x.y"},
                                           {"_.yaml", "yaml"},
                                           {"...", "scenario"},
                                           {"/dev/fd/63", "63"}};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *errors = NULL;
        g_autoptr(Scenario) scenario =
            scenario_parse(names[i][0], NETWORK, strlen(NETWORK), &errors);

        g_assert_cmpstr(scenario->name, ==, names[i][1]);
    }
}

static void test_all_errors_come_at_once_and_sorted(void)
{
    ASSERT_ERRORS("tasks: [{on: c, run: x}]\n"
                  "sede: 1\n"
                  "links: [{endpoints: [a, b], delay: 20}]\n"
                  "nodes: {a: {mtu: 5}, b: {}, lonely: {}}\n"
                  "weather: []\n"
                  "name: a/b\n"
                  "duration: 0s\n"
                  "seed: -1\n"
                  "fidelity: {late_shares: 1%}\n",
                  "1:14: tasks[0].on: \"c\" is no node: known is a, b, lonely",
                  "2:1: \"sede\" is no key of a scenario: did you mean \"seed\"?",
                  "3:36: links[0].delay: \"20\" has no unit: write 20ms or 20s",
                  "4:18: nodes.a.mtu: \"5\" is out of range: write 576 to 9216",
                  "4:29: nodes.lonely: has no link: name it in the endpoints of one, or remove it",
                  "5:1: \"weather\" is no key of a scenario: known is name, variables, matrix, "
                  "seed, duration, memory, defaults, nodes, links, fidelity, tasks, timeline, "
                  "capture, fates, artifacts, expect",
                  "6:7: name: \"a/b\" is no name: write letters, digits, _ . and -, up to 63, a "
                  "letter or digit first",
                  "7:11: duration: \"0s\" is out of range: write 1ms to 8784h",
                  "8:7: seed: \"-1\" is negative: write 0 or more",
                  "9:12: fidelity: \"late_shares\" is no key of fidelity: did you mean "
                  "\"late_share\"?");
}

static void test_memory_has_its_range(void)
{
    g_autoptr(Scenario) least = parsed(NETWORK "memory: 1MB\n");
    g_autoptr(Scenario) most = parsed(NETWORK "memory: 16000GB\n");

    g_assert_cmpuint(least->memory_bytes, ==, 1000000);
    g_assert_cmpuint(most->memory_bytes, ==, UINT64_C(16000000000000));
    ASSERT_ERRORS(NETWORK "memory: 999999B\n",
                  "3:9: memory: \"999999B\" is out of range: write 1MB to 16000GB");
    ASSERT_ERRORS(NETWORK "memory: 16001GB\n",
                  "3:9: memory: \"16001GB\" is out of range: write 1MB to 16000GB");
    ASSERT_ERRORS(NETWORK "memory: 512\n", "3:9: memory: \"512\" has no unit: write 512kB or 512B");
}

static void test_sections_have_their_shapes(void)
{
    ASSERT_ERRORS("seed: 3\n", "1:1: there is no nodes: a scenario has nodes: and links:");
    ASSERT_ERRORS("nodes: [a, b]\n", "1:1: there is no links: nodes need links: that join them");
    ASSERT_ERRORS("- a\n", "1:1: is a list and not a map: write nodes: and links:");
    ASSERT_ERRORS("nodes: a\nlinks: {a: b}\ntasks: {}\ncapture: x\nfidelity: 3\ndefaults: []\n"
                  "seed: [1]\n",
                  "1:8: nodes: is a single value and not a map: write {london: {}, newyork: {}} or "
                  "[london, newyork]",
                  "2:8: links: is a map and not a list: write [{endpoints: [london, newyork]}]",
                  "3:8: tasks: is a map and not a list: write [{on: london, run: ping -c 3 "
                  "newyork}]",
                  "4:10: capture: is a single value and not a list: write [LINK] or [{interface: "
                  "\"NODE:eth0\"}]",
                  "5:11: fidelity: is a single value and not a map: write {key: value}",
                  "6:11: defaults: is a list and not a map: write {key: value}",
                  "7:7: seed: is a list and not a single value: write 0 or more");
    ASSERT_ERRORS("nodes: {}\nlinks: []\n",
                  "1:8: nodes: is empty: a scenario needs two nodes at least");
}

static void assert_load_fails(const char *path, const char *expected)
{
    g_autofree char *errors = NULL;
    g_autofree char *whole = g_strdup_printf("%s%s", path, expected);

    g_assert_null(scenario_load(path, &errors));
    g_assert_cmpstr(errors, ==, whole);
}

static void test_unreadable_files_are_told(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("taploom-XXXXXX", &error);
    g_autofree char *path = g_build_filename(folder, "big.yaml", NULL);
    g_autofree char *beyond = g_build_filename(path, "x.yaml", NULL);
    FILE *file = fopen(path, "w");

    g_assert_no_error(error);
    g_assert_nonnull(file);
    fputs(NETWORK, file);
    fclose(file);
    {
        g_autofree char *errors = NULL;
        g_autoptr(Scenario) scenario = scenario_load(path, &errors);

        g_assert_cmpstr(errors, ==, NULL);
        g_assert_cmpstr(scenario->name, ==, "big");
    }
    assert_load_fails("/nonexistent/x.yaml", ": cannot be read: open: No such file or directory\n");
    assert_load_fails(beyond, ": cannot be read: open: Not a directory\n");
    assert_load_fails(folder, ": is a directory: name a scenario file in it\n");
    assert_load_fails("/dev/null", ":1:1: is empty: a scenario has nodes: and links:\n");
    assert_load_fails("/dev/zero", ": is larger than 16 MiB: no scenario needs that\n");
    g_assert_cmpint(truncate(path, 100 * 1024 * 1024), ==, 0);
    assert_load_fails(path, ": is larger than 16 MiB: no scenario needs that\n");
    g_assert_cmpint(g_unlink(path), ==, 0);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
}

static void test_printed_errors_are_capped(void)
{
    GString *text = g_string_new(NETWORK "tasks:\n");
    g_autofree char *errors = NULL;
    g_auto(GStrv) lines = NULL;

    for (int i = 0; i < 20000; i++)
        g_string_append(text, "  - {on: nobody, run: x}\n");
    g_assert_null(scenario_parse("x.yaml", text->str, text->len, &errors));
    lines = g_strsplit(errors, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, 102);
    g_assert_cmpstr(lines[99], ==,
                    "x.yaml:103:10: tasks[99].on: \"nobody\" is no node: known is a, b");
    g_assert_cmpstr(lines[100], ==, "x.yaml: 19900 more errors are not shown");
    g_string_free(text, TRUE);
}

// Five thousand hosts (h) and switches (s) with ten thousand links whose ends have these letters;
// nodes with other letters do not exist.
static char *large_text(const char *first, const char *second)
{
    enum { N_PAIRS = 5000 };
    GString *text = g_string_new("nodes:\n");

    for (int i = 0; i < N_PAIRS; i++)
        g_string_append_printf(text, "  h%d:\n  s%d: {kind: switch}\n", i, i);
    g_string_append(text, "links:\n");
    for (int i = 0; i < 2 * N_PAIRS; i++)
        g_string_append_printf(text, "  - endpoints: [%s%d, %s%d]\n    name: l%d\n    delay: 1ms\n",
                               first, i % N_PAIRS, second, (i * 7 + 1) % N_PAIRS, i);
    return g_string_free(text, FALSE);
}

// Under a sanitizer this is slow, so the bound is only one that quadratic work would break by far.
static void test_ten_thousand_nodes_are_quick(void)
{
    static const char *const ends[][2] = {{"h", "s"}, {"h", "t"}, {"t", "t"}, {"s", "s"}};

    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autofree char *text = large_text(ends[i][0], ends[i][1]);
        gint64 start_us = g_get_monotonic_time();
        g_autofree char *errors = NULL;
        Scenario *scenario = scenario_parse("x.yaml", text, strlen(text), &errors);

        g_assert_cmpint(g_get_monotonic_time() - start_us, <, 5000000);
        g_assert_true((scenario != NULL) == (i == 0));
        g_clear_pointer(&scenario, scenario_free);
    }
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scenario/defaults-of-the-file", test_defaults_of_the_file);
    g_test_add_func("/scenario/every-key-is-kept", test_every_key_is_kept);
    g_test_add_func("/scenario/the-name-comes-from-the-path", test_the_name_comes_from_the_path);
    g_test_add_func("/scenario/all-errors-come-at-once-and-sorted",
                    test_all_errors_come_at_once_and_sorted);
    g_test_add_func("/scenario/memory-has-its-range", test_memory_has_its_range);
    g_test_add_func("/scenario/sections-have-their-shapes", test_sections_have_their_shapes);
    g_test_add_func("/scenario/unreadable-files-are-told", test_unreadable_files_are_told);
    g_test_add_func("/scenario/printed-errors-are-capped", test_printed_errors_are_capped);
    g_test_add_func("/scenario/ten-thousand-nodes-are-quick", test_ten_thousand_nodes_are_quick);
    return g_test_run();
}
