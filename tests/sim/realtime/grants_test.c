// SPDX-License-Identifier: Apache-2.0
// What the system grants differs from machine to machine, so the tests compare what is said with
// what the kernel shows.
#include "sim/realtime/grants.h"

#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/calls.h"

static cpu_set_t cores_of_thread(void)
{
    cpu_set_t cores;

    g_assert_cmpint(sched_getaffinity(0, sizeof cores, &cores), ==, 0);
    return cores;
}

static bool is_granted(const Grants *grants, GrantKind kind)
{
    return grants_get(grants, kind)->refusal == NULL;
}

// The policy of a process that the calling thread starts.
static int policy_of_child(void)
{
    pid_t child = fork();
    int status;

    g_assert_cmpint(child, >=, 0);
    if (child == 0)
        _exit(sched_getscheduler(0) & ~SCHED_RESET_ON_FORK);
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static gpointer taker_run(gpointer data)
{
    Grants *grants = data;
    cpu_set_t cores;

    grants_take(grants);
    cores = cores_of_thread();
    if (is_granted(grants, GRANT_PINNED_CORE)) {
        g_assert_cmpint(CPU_COUNT(&cores), ==, 1);
        g_assert_true(CPU_ISSET(grants_core(grants), &cores));
    }
    g_assert_cmpint(sched_getscheduler(0), ==,
                    is_granted(grants, GRANT_SCHED_FIFO) ? SCHED_FIFO | SCHED_RESET_ON_FORK
                                                         : SCHED_OTHER);
    g_assert_cmpint(policy_of_child(), ==, SCHED_OTHER);
    return NULL;
}

static void test_only_the_data_thread_takes_core_and_policy(void)
{
    cpu_set_t before = cores_of_thread(), during, after;
    Grants *grants = grants_ask(WAIT_ADAPTIVE, false);

    during = cores_of_thread();
    g_thread_join(g_thread_new("taker", taker_run, grants));
    g_assert_cmpint(sched_getscheduler(0), ==, SCHED_OTHER);
    if (is_granted(grants, GRANT_PINNED_CORE)) {
        g_assert_cmpint(CPU_COUNT(&during), ==, CPU_COUNT(&before) - 1);
        g_assert_false(CPU_ISSET(grants_core(grants), &during));
        g_assert_true(CPU_ISSET(grants_core(grants), &before));
    } else {
        g_assert_cmpint(grants_core(grants), ==, -1);
        g_assert_true(CPU_EQUAL(&during, &before));
    }
    grants_free(grants);
    after = cores_of_thread();
    g_assert_true(CPU_EQUAL(&after, &before));
}

static void test_cores_that_are_shared_are_not_asked_for(void)
{
    cpu_set_t before = cores_of_thread(), during;
    Grants *grants = grants_ask(WAIT_ADAPTIVE, true);

    during = cores_of_thread();
    g_assert_true(CPU_EQUAL(&during, &before));
    g_assert_false(grants_get(grants, GRANT_PINNED_CORE)->is_asked);
    g_assert_true(grants_get(grants, GRANT_SCHED_FIFO)->is_asked);
    g_assert_cmpint(grants_core(grants), ==, -1);
    grants_free(grants);
}

static void test_one_core_is_left_to_the_hosts(void)
{
    cpu_set_t before = cores_of_thread(), one, after;
    Grants *grants;
    int core = 0;

    while (!CPU_ISSET(core, &before))
        core++;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    g_assert_cmpint(sched_setaffinity(0, sizeof one, &one), ==, 0);
    grants = grants_ask(WAIT_ECO, false);
    g_assert_nonnull(strstr(grants_get(grants, GRANT_PINNED_CORE)->refusal, "one core only"));
    g_assert_cmpint(grants_core(grants), ==, -1);
    grants_free(grants);
    after = cores_of_thread();
    g_assert_true(CPU_EQUAL(&after, &one));
    g_assert_cmpint(sched_setaffinity(0, sizeof before, &before), ==, 0);
}

// "VmRSS" and "VmLck" of /proc/self/status, in kB.
static uint64_t memory_kb(const char *name)
{
    g_autofree char *text = NULL;
    const char *line;

    g_assert_true(g_file_get_contents("/proc/self/status", &text, NULL, NULL));
    line = strstr(text, name);
    g_assert_nonnull(line);
    return g_ascii_strtoull(line + strlen(name) + 1, NULL, 10);
}

// Locked is what the process touches, and not the space it has reserved.
static void test_reserved_memory_is_locked_but_not_filled(void)
{
    const size_t reserved_bytes = (size_t)1 << 32;
    void *reserved = mmap(NULL, reserved_bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    uint64_t resident_kb = memory_kb("VmRSS:");
    Grants *grants;

    g_assert_true(reserved != MAP_FAILED);
    grants = grants_ask(WAIT_ADAPTIVE, false);
    if (is_granted(grants, GRANT_LOCKED_MEMORY)) {
        g_assert_cmpuint(memory_kb("VmLck:"), >=, reserved_bytes / 1024);
        g_assert_cmpuint(memory_kb("VmRSS:"), <, resident_kb + 16 * 1024);
    }
    grants_free(grants);
    g_assert_cmpuint(memory_kb("VmLck:"), ==, 0);
    munmap(reserved, reserved_bytes);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/realtime/grants/only-the-data-thread-takes-core-and-policy",
                    test_only_the_data_thread_takes_core_and_policy);
    g_test_add_func("/realtime/grants/cores-that-are-shared-are-not-asked-for",
                    test_cores_that_are_shared_are_not_asked_for);
    g_test_add_func("/realtime/grants/one-core-is-left-to-the-hosts",
                    test_one_core_is_left_to_the_hosts);
    if (!calls_are_sanitized()) // which has mlockall() do nothing
        g_test_add_func("/realtime/grants/reserved-memory-is-locked-but-not-filled",
                        test_reserved_memory_is_locked_but_not_filled);
    return g_test_run();
}
