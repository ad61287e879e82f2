// SPDX-License-Identifier: Apache-2.0
// The sentence that a failed system call becomes.
#include "sim/host/refusal.h"

#include <errno.h>

static void test_says_what_was_asked_and_why_not(void)
{
    g_autoptr(GError) error = NULL;

    refusal_set(&error, EBUSY, "host %s: TUNSETIFF %s", "b", "eth0");
    g_assert_error(error, REFUSAL_ERROR, EBUSY);
    g_assert_cmpstr(error->message, ==, "host b: TUNSETIFF eth0: Device or resource busy");
}

static void test_adds_the_known_remedy(void)
{
    g_autoptr(GError) error = NULL;

    refusal_set(&error, ENFILE, "pipe");
    g_assert_cmpstr(error->message, ==,
                    "pipe: Too many open files in system (raise the system's limit of open files "
                    "as root: sysctl -w fs.file-max=1000000)");
}

static void test_prefers_the_remedy_of_the_caller(void)
{
    g_autoptr(GError) error = NULL;

    refusal_set_remedy(&error, EMFILE, "close some", "pipe %d", 1);
    g_assert_cmpstr(error->message, ==, "pipe 1: Too many open files (close some)");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/host/refusal/says-what-was-asked-and-why-not",
                    test_says_what_was_asked_and_why_not);
    g_test_add_func("/sim/host/refusal/adds-the-known-remedy", test_adds_the_known_remedy);
    g_test_add_func("/sim/host/refusal/prefers-the-remedy-of-the-caller",
                    test_prefers_the_remedy_of_the_caller);
    return g_test_run();
}
