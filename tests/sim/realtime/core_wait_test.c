// SPDX-License-Identifier: Apache-2.0
// Two threads that never sleep, on one core: at least one of them stands in line.
#include "sim/realtime/core_wait.h"

#include <glib.h>

#include "sim/realtime/clock.h"
#include "tests/support/one_core.h"

enum { RUN_NS = 200 * 1000 * 1000, LEAST_NS = 1000 * 1000 };

// Runs for a while; returns how long it waited meanwhile.
static gpointer run(gpointer unused)
{
    int64_t end_ns = clock_monotonic_ns() + RUN_NS, waited_ns;
    CoreWait wait;

    (void)unused;
    core_wait_init(&wait);
    waited_ns = core_wait_ns(&wait);
    while (clock_monotonic_ns() < end_ns)
        ;
    waited_ns = core_wait_ns(&wait) - waited_ns;
    core_wait_clear(&wait);
    return g_memdup2(&waited_ns, sizeof waited_ns);
}

static void test_threads_on_one_core_wait_for_it(void)
{
    cpu_set_t before;
    GThread *thread;
    g_autofree int64_t *own_ns = NULL;
    g_autofree int64_t *other_ns = NULL;

    if (!g_file_test("/proc/thread-self/schedstat", G_FILE_TEST_EXISTS)) {
        g_test_skip("this kernel does not count it");
        return;
    }
    one_core_enter(&before);
    thread = g_thread_new("other", run, NULL);
    own_ns = run(NULL);
    other_ns = g_thread_join(thread);
    g_assert_cmpint(sched_setaffinity(0, sizeof before, &before), ==, 0);
    g_assert_cmpint(*own_ns + *other_ns, >, LEAST_NS);
    g_assert_cmpint(*own_ns, >=, 0);
    g_assert_cmpint(*other_ns, >=, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/realtime/core_wait/threads-on-one-core-wait-for-it",
                    test_threads_on_one_core_wait_for_it);
    return g_test_run();
}
