// SPDX-License-Identifier: Apache-2.0
// Names of labs on sockets, and back from the kernel's table.
#include "sim/control/lab_address.h"

#include <glib.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static void test_is_an_abstract_name(void)
{
    LabAddress lab = lab_address(1000, "office");
    struct sockaddr_un socket;
    socklen_t length = lab_address_to_socket(&lab, &socket);

    g_assert_cmpmem((char *)&socket + offsetof(struct sockaddr_un, sun_path),
                    length - offsetof(struct sockaddr_un, sun_path), "\0taploom/1000/office", 20);
}

static void test_replaces_what_would_be_misread(void)
{
    LabAddress lab = lab_address(0, "a b/c@d\n\xc3\xa9.e_f-g");

    g_assert_cmpstr(lab.name, ==, "a-b-c-d---.e_f-g");
}

static void test_cuts_long_names(void)
{
    g_autofree char *name = g_strnfill(300, 'x');
    LabAddress lab = lab_address(UINT32_MAX, name);
    struct sockaddr_un socket;

    g_assert_cmpuint(strlen(lab.name), ==, LAB_NAME_MAX_BYTES);
    g_assert_cmpuint(lab_address_to_socket(&lab, &socket), <=, sizeof socket);
}

static void assert_line(const char *line, const char *name)
{
    LabAddress lab;

    if (name == NULL) {
        g_assert_false(lab_address_from_line(line, &lab));
        return;
    }
    g_assert_true(lab_address_from_line(line, &lab));
    g_assert_cmpstr(lab.name, ==, name);
    g_assert_cmpuint(lab.owner, ==, 1000);
}

static void test_is_read_from_the_table(void)
{
    assert_line("0000000000000000: 00000002 00000000 00010000 0001 01 15938 @taploom/1000/office",
                "office");
    // A connection of a lab, another program's socket, one without a name, the heading.
    assert_line("0000000000000000: 00000003 00000000 00000000 0001 03 15939 @taploom/1000/office",
                NULL);
    assert_line("0000000000000000: 00000002 00000000 00010000 0001 01 15940 @taplooms/1/x", NULL);
    assert_line("0000000000000000: 00000002 00000000 00000000 0002 01 15941", NULL);
    assert_line("Num       RefCount Protocol Flags    Type St Inode Path", NULL);
    assert_line("", NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/control/lab-address/is-an-abstract-name", test_is_an_abstract_name);
    g_test_add_func("/sim/control/lab-address/replaces-what-would-be-misread",
                    test_replaces_what_would_be_misread);
    g_test_add_func("/sim/control/lab-address/cuts-long-names", test_cuts_long_names);
    g_test_add_func("/sim/control/lab-address/is-read-from-the-table", test_is_read_from_the_table);
    return g_test_run();
}
