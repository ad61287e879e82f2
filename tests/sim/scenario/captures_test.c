// SPDX-License-Identifier: Apache-2.0
// The section `capture:`.
#include <glib.h>

#include "tests/sim/scenario/parsed.h"

#define NETWORK "nodes: [a, b]\nlinks: [{endpoints: [a, b], name: l}]\n"

static const CaptureSpec *capture_at(const Scenario *scenario, guint index)
{
    return g_ptr_array_index(scenario->captures, index);
}

static void assert_capture(const Scenario *scenario, guint index, const char *node,
                           const char *file)
{
    const CaptureSpec *capture = capture_at(scenario, index);

    g_assert_cmpstr(capture->interface->node->name, ==, node);
    g_assert_cmpstr(capture->file, ==, file);
}

static void test_a_link_is_its_two_ends(void)
{
    g_autoptr(Scenario) scenario = parsed(NETWORK "capture:\n"
                                                  "  - l\n"
                                                  "  - {link: l, file: out/x.pcap, snaplen: 96B}\n"
                                                  "  - {link: l, file: a.b/x}\n");

    g_assert_cmpuint(scenario->captures->len, ==, 6);
    assert_capture(scenario, 0, "a", "l.a.pcap");
    assert_capture(scenario, 1, "b", "l.b.pcap");
    assert_capture(scenario, 2, "a", "out/x.a.pcap");
    assert_capture(scenario, 3, "b", "out/x.b.pcap");
    assert_capture(scenario, 4, "a", "a.b/x.a");
    g_assert_cmpuint(capture_at(scenario, 0)->snaplen_bytes, ==, 262144);
    g_assert_cmpuint(capture_at(scenario, 3)->snaplen_bytes, ==, 96);
}

static void test_an_interface_is_one_file(void)
{
    g_autoptr(Scenario) scenario = parsed(NETWORK "capture:\n"
                                                  "  - 'a:eth0'\n"
                                                  "  - {interface: 'b:eth0', filter: udp port 53}\n"
                                                  "  - {interface: 'b:eth0', file: '-'}\n"
                                                  "  - {interface: 'b:eth0', file: /tmp/b.pcap}\n");

    g_assert_cmpuint(scenario->captures->len, ==, 4);
    assert_capture(scenario, 0, "a", "a-eth0.pcap");
    assert_capture(scenario, 1, "b", "b-eth0.pcap");
    g_assert_cmpstr(capture_at(scenario, 1)->filter, ==, "udp port 53");
    g_assert_null(capture_at(scenario, 0)->filter);
    assert_capture(scenario, 2, "b", "-");
    assert_capture(scenario, 3, "b", "/tmp/b.pcap");
}

static void test_files_are_written_once(void)
{
    ASSERT_ERRORS(NETWORK "capture:\n"
                          "  - l\n"
                          "  - {interface: 'a:eth0', file: l.b.pcap}\n"
                          "  - 'a:eth0'\n"
                          "  - {interface: 'a:eth0', filter: tcp}\n",
                  "5:5: capture[1]: writes to l.b.pcap, as the capture in line 4: give it a file: "
                  "of its own",
                  "7:5: capture[3]: writes to a-eth0.pcap, as the capture in line 6: give it a "
                  "file: of its own");
}

static void test_wrong_captures_are_told(void)
{
    ASSERT_ERRORS(NETWORK "capture:\n"
                          "  - atlantic\n"
                          "  - 'c:eth0'\n"
                          "  - 'a:eth1'\n"
                          "  - {interface: a}\n"
                          "  - {link: l, interface: 'a:eth0'}\n"
                          "  - {file: x}\n"
                          "  - {link: l, file: '-'}\n"
                          "  - {link: l, file: x/, snaplen: 0B, fliter: tcp}\n",
                  "4:5: capture[0]: \"atlantic\" is no link: known is l",
                  "5:5: capture[1]: \"c\" is no node: known is a, b",
                  "6:5: capture[2]: \"eth1\" is no interface of that node: did you mean \"eth0\"?",
                  "7:17: capture[3].interface: is no interface: write \"NODE:eth0\"",
                  "8:5: capture[4]: needs one of link: and interface:",
                  "9:5: capture[5]: needs one of link: and interface:",
                  "10:5: capture[6]: a link has two ends and standard output is one: capture an "
                  "interface:",
                  "11:21: capture[7].file: is no name of a file",
                  "11:34: capture[7].snaplen: \"0B\" is out of range: write 1B to 256KiB",
                  "11:38: capture[7]: \"fliter\" is no key of a capture: did you mean \"filter\"?");
}

static void test_filters_are_compiled(void)
{
    g_autofree char *errors = NULL;
    static const char text[] = NETWORK "capture: [{link: l, filter: udp prt 53}]\n";

    g_assert_null(scenario_parse("x.yaml", text, strlen(text), &errors));
    g_assert_true(g_str_has_prefix(errors, "x.yaml:3:11: capture[0]: filter: "));
    g_assert_cmpuint(strcspn(errors, "\n"), ==, strlen(errors) - 1); // one error for both ends
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scenario/captures/a-link-is-its-two-ends", test_a_link_is_its_two_ends);
    g_test_add_func("/scenario/captures/an-interface-is-one-file", test_an_interface_is_one_file);
    g_test_add_func("/scenario/captures/files-are-written-once", test_files_are_written_once);
    g_test_add_func("/scenario/captures/wrong-captures-are-told", test_wrong_captures_are_told);
    g_test_add_func("/scenario/captures/filters-are-compiled", test_filters_are_compiled);
    return g_test_run();
}
