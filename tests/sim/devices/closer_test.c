// SPDX-License-Identifier: Apache-2.0
// Closing many descriptors at once.
#include "sim/devices/closer.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { MAX_PIPES = 200 };

// The writing ends of `n_pipes` pipes are closed; as many others stay open.
static void check_pipes(guint n_pipes)
{
    int readers[MAX_PIPES], writers[MAX_PIPES] = {0}, bystanders[MAX_PIPES];

    for (guint i = 0; i < n_pipes; i++) {
        int fds[2];

        g_assert_cmpint(pipe2(fds, O_CLOEXEC | O_NONBLOCK), ==, 0);
        readers[i] = fds[0];
        writers[i] = fds[1];
        bystanders[i] = dup(fds[0]);
    }
    closer_close(writers, n_pipes);
    for (guint i = 0; i < n_pipes; i++) {
        char nothing;

        g_assert_cmpint(read(readers[i], &nothing, 1), ==, 0); // the end, and not EAGAIN
        g_assert_cmpint(fcntl(writers[i], F_GETFD), ==, -1);
        g_assert_cmpint(errno, ==, EBADF);
        g_assert_cmpint(close(readers[i]), ==, 0);
        g_assert_cmpint(close(bystanders[i]), ==, 0);
    }
}

static void test_closes_each_and_nothing_else(void)
{
    check_pipes(0);
    check_pipes(1);
    check_pipes(2);
    check_pipes(MAX_PIPES);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/devices/closer/closes-each-and-nothing-else",
                    test_closes_each_and_nothing_else);
    return g_test_run();
}
