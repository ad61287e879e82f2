// SPDX-License-Identifier: Apache-2.0
#include "sim/realtime/machine.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>

// Puts `text` into the file `path` of the tree at `root`.
static void put(const char *root, const char *path, const char *text)
{
    g_autofree char *whole = g_build_filename(root, path, NULL);
    g_autofree char *directory = g_path_get_dirname(whole);
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(g_mkdir_with_parents(directory, 0777), ==, 0);
    g_file_set_contents(whole, text, -1, &error);
    g_assert_no_error(error);
}

static void remove_tree(const char *path)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *name;

    while (directory != NULL && (name = g_dir_read_name(directory)) != NULL) {
        g_autofree char *entry = g_build_filename(path, name, NULL);

        remove_tree(entry);
    }
    g_assert_cmpint(g_remove(path), ==, 0);
}

static void test_the_least_limit_of_a_group_and_those_above_holds(void)
{
    g_autofree char *root = g_dir_make_tmp("machine-XXXXXX", NULL);

    put(root, "lab/memory.max", "3000000\n");
    put(root, "lab/run/memory.max", "max\n");
    put(root, "lab/run/tight/memory.max", "2000000\n");
    put(root, "other/memory.max", "1\n");
    g_assert_cmpuint(machine_cgroup_memory_bytes(root, "0::/lab/run/tight\n"), ==, 2000000);
    g_assert_cmpuint(machine_cgroup_memory_bytes(root, "0::/lab/run\n"), ==, 3000000);
    g_assert_cmpuint(machine_cgroup_memory_bytes(root, "0::/\n"), ==, UINT64_MAX);
    // The path of another mount, as in a container: its own group is the root here.
    put(root, "memory.max", "4000000\n");
    g_assert_cmpuint(machine_cgroup_memory_bytes(root, "0::/kubepods/pod7\n"), ==, 4000000);
    remove_tree(root);
}

static void test_version_1_is_read_by_its_controller(void)
{
    g_autofree char *root = g_dir_make_tmp("machine-XXXXXX", NULL);

    put(root, "memory/lab/memory.limit_in_bytes", "5000000\n");
    put(root, "memory/memory.limit_in_bytes", "9223372036854771712\n");
    g_assert_cmpuint(machine_cgroup_memory_bytes(root, "9:cpu,cpuacct:/x\n4:memory:/lab\n0::/y\n"),
                     ==, 5000000);
    g_assert_cmpuint(machine_cgroup_memory_bytes(root, "4:cpuset:/lab\n"), ==, UINT64_MAX);
    remove_tree(root);
}

static void test_what_is_no_membership_limits_nothing(void)
{
    static const char *const texts[] = {"", "\n", "0", "0::", "::::", "0:memory"};

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_assert_cmpuint(machine_cgroup_memory_bytes("/nowhere", texts[i]), ==, UINT64_MAX);
}

static void test_there_are_memory_and_cores(void)
{
    cpu_set_t cores;

    g_assert_cmpint(sched_getaffinity(0, sizeof cores, &cores), ==, 0);
    g_assert_cmpuint(machine_n_cores(), ==, (unsigned)CPU_COUNT(&cores));
    g_assert_cmpuint(machine_memory_bytes(), >, 16 * 1024 * 1024);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/realtime/machine/least-limit-of-a-group-and-those-above-holds",
                    test_the_least_limit_of_a_group_and_those_above_holds);
    g_test_add_func("/realtime/machine/version-1-is-read-by-its-controller",
                    test_version_1_is_read_by_its_controller);
    g_test_add_func("/realtime/machine/what-is-no-membership-limits-nothing",
                    test_what_is_no_membership_limits_nothing);
    g_test_add_func("/realtime/machine/there-are-memory-and-cores",
                    test_there_are_memory_and_cores);
    return g_test_run();
}
