// SPDX-License-Identifier: Apache-2.0
// The section `fates:`, and `dropped:` of captures.
#include <glib.h>

#include "tests/sim/scenario/parsed.h"

#define NETWORK                                                                                    \
    "nodes: [a, b, c]\n"                                                                           \
    "links: [{endpoints: [a, b], name: l}, {endpoints: [b, c], name: m}]\n"

static void assert_links(const Scenario *scenario, const char *first, const char *second)
{
    const GPtrArray *links = scenario->fates.links;

    g_assert_cmpuint(links->len, ==, second != NULL ? 2 : 1);
    g_assert_cmpstr(((const LinkSpec *)g_ptr_array_index(links, 0))->name, ==, first);
    if (second != NULL)
        g_assert_cmpstr(((const LinkSpec *)g_ptr_array_index(links, 1))->name, ==, second);
}

static void test_a_file_is_of_all_links(void)
{
    g_autoptr(Scenario) scenario = parsed(NETWORK "fates: f.csv\n");

    g_assert_cmpstr(scenario->fates.file, ==, "f.csv");
    g_assert_false(scenario->fates.is_jsonl);
    assert_links(scenario, "l", "m");
}

static void test_links_are_chosen(void)
{
    g_autoptr(Scenario) scenario = parsed(NETWORK "fates: {file: f.jsonl, links: [m]}\n");

    g_assert_true(scenario->fates.is_jsonl);
    assert_links(scenario, "m", NULL);
}

static void test_the_format_is_the_ending(void)
{
    g_autoptr(Scenario) jsonl = parsed(NETWORK "fates: {format: jsonl, file: '-'}\n");
    g_autoptr(Scenario) csv = parsed(NETWORK "fates: {file: f.jsonl, format: csv}\n");
    g_autoptr(Scenario) none = parsed(NETWORK);

    g_assert_true(jsonl->fates.is_jsonl);
    g_assert_false(csv->fates.is_jsonl);
    g_assert_cmpstr(none->fates.file, ==, NULL);
}

static void test_the_command_line_names_a_file(void)
{
    g_autoptr(Scenario) scenario = parsed(NETWORK "fates: {file: f.csv, links: [m]}\n");
    g_autoptr(Scenario) without = parsed(NETWORK);

    g_assert_false(scenario->fates.is_placed);
    fates_set(scenario, "g.jsonl");
    g_assert_cmpstr(scenario->fates.file, ==, "g.jsonl");
    g_assert_true(scenario->fates.is_jsonl);
    g_assert_true(scenario->fates.is_placed);
    assert_links(scenario, "m", NULL);
    fates_set(without, "g.txt");
    g_assert_false(without->fates.is_jsonl);
    assert_links(without, "l", "m");
}

static void test_errors(void)
{
    ASSERT_ERRORS(NETWORK "fates: {links: [l]}\n",
                  "3:8: fates: needs file: the name of the file to write");
    ASSERT_ERRORS(NETWORK "fates: {file: f.csv, links: [l, k, l], colour: red}\n",
                  "3:33: fates.links[1]: \"k\" is no link: known is l, m",
                  "3:36: fates.links[2]: l is listed already",
                  "3:40: fates: \"colour\" is no key of fates: known is file, links, format");
    ASSERT_ERRORS(NETWORK "fates: {file: x/, links: l}\n", "3:15: fates.file: is no name of a file",
                  "3:26: fates.links: is a single value and not a list: write [LINK]");
    ASSERT_ERRORS(NETWORK "fates: {file: f.csv, format: xml}\n",
                  "3:30: fates.format: \"xml\" is unknown: write csv or jsonl");
    ASSERT_ERRORS(NETWORK "fates: {file: f.csv, links: []}\n",
                  "3:29: fates.links: is empty: name links, or leave it out for all");
    ASSERT_ERRORS(NETWORK "fates: ''\n", "3:8: fates: is no name of a file");
}

static void test_dropped_frames(void)
{
    g_autoptr(Scenario) scenario = parsed(
        NETWORK "capture:\n"
                "  - {link: l, dropped: yes}\n"
                "  - {link: m, dropped: yes, file: out/x.pcap, filter: udp, snaplen: 96B}\n");
    const CaptureSpec *capture;

    g_assert_cmpuint(scenario->captures->len, ==, 6);
    capture = g_ptr_array_index(scenario->captures, 2);
    g_assert_cmpstr(capture->link->name, ==, "l");
    g_assert_cmpstr(capture->file, ==, "l.dropped");
    capture = g_ptr_array_index(scenario->captures, 5);
    g_assert_cmpstr(capture->link->name, ==, "m");
    g_assert_cmpstr(capture->file, ==, "out/x.dropped");
    g_assert_cmpstr(capture->filter, ==, "udp");
    g_assert_cmpuint(capture->snaplen_bytes, ==, 96);
    ASSERT_ERRORS(NETWORK "capture: [{interface: 'a:eth0', dropped: yes}]\n",
                  "3:11: capture[0]: dropped: an interface drops nothing: capture a link:");
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/scenario/fates/a-file-is-of-all-links", test_a_file_is_of_all_links);
    g_test_add_func("/sim/scenario/fates/links-are-chosen", test_links_are_chosen);
    g_test_add_func("/sim/scenario/fates/the-format-is-the-ending", test_the_format_is_the_ending);
    g_test_add_func("/sim/scenario/fates/the-command-line-names-a-file",
                    test_the_command_line_names_a_file);
    g_test_add_func("/sim/scenario/fates/errors", test_errors);
    g_test_add_func("/sim/scenario/fates/dropped-frames", test_dropped_frames);
    return g_test_run();
}
