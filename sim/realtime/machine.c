// SPDX-License-Identifier: Apache-2.0
// Control groups: a limit holds for all below, and a container may see its own group as the root
// of the mount whatever path /proc/self/cgroup names. So every directory from the named one up to
// the root is asked, and what is not there has no limit (cgroups(7), Documentation/admin-guide in
// the kernel: cgroup-v2.rst, cgroup-v1/memory.rst).
#include "sim/realtime/machine.h"

#include <errno.h>
#include <glib.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

unsigned machine_n_cores(void)
{
    cpu_set_t cores;

    // Fails where the kernel is made for more than CPU_SETSIZE cores.
    return sched_getaffinity(0, sizeof cores, &cores) == 0 ? (unsigned)CPU_COUNT(&cores)
                                                           : g_get_num_processors();
}

// The number in a file; UINT64_MAX when there is none: no such file, or "max".
static uint64_t machine_read_bytes(const char *directory, const char *file)
{
    g_autofree char *path = g_build_filename(directory, file, NULL);
    g_autofree char *text = NULL;
    uint64_t bytes;

    if (!g_file_get_contents(path, &text, NULL, NULL) || !g_ascii_isdigit(*text))
        return UINT64_MAX;
    errno = 0;
    bytes = strtoull(text, NULL, 10);
    return errno == 0 ? bytes : UINT64_MAX;
}

// The least of `file` in `mount`/`group` and all directories above, up to `mount`.
static uint64_t machine_least_bytes(const char *mount, const char *group, const char *file)
{
    g_autofree char *path = g_strdup(group);
    uint64_t least_bytes = UINT64_MAX;

    for (;;) {
        g_autofree char *directory = g_build_filename(mount, path, NULL);
        uint64_t bytes = machine_read_bytes(directory, file);
        char *last = strrchr(path, '/');

        least_bytes = MIN(least_bytes, bytes);
        if (last == NULL)
            return least_bytes;
        *last = '\0';
    }
}

uint64_t machine_cgroup_memory_bytes(const char *root, const char *membership)
{
    g_auto(GStrv) lines = g_strsplit(membership, "\n", -1);
    g_autofree char *memory_root = g_build_filename(root, "memory", NULL);
    uint64_t least_bytes = UINT64_MAX;

    for (char **line = lines; *line != NULL; line++) {
        g_auto(GStrv) parts = g_strsplit(*line, ":", 3); // number, controllers, path
        g_auto(GStrv) controllers = NULL;
        uint64_t bytes = UINT64_MAX;

        if (g_strv_length(parts) < 3)
            continue;
        controllers = g_strsplit(parts[1], ",", -1);
        if (*parts[1] == '\0')
            bytes = machine_least_bytes(root, parts[2], "memory.max");
        else if (g_strv_contains((const char *const *)controllers, "memory"))
            bytes = machine_least_bytes(memory_root, parts[2], "memory.limit_in_bytes");
        least_bytes = MIN(least_bytes, bytes);
    }
    return least_bytes;
}

uint64_t machine_memory_bytes(void)
{
    uint64_t bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    g_autofree char *membership = NULL;

    if (g_file_get_contents("/proc/self/cgroup", &membership, NULL, NULL))
        bytes = MIN(bytes, machine_cgroup_memory_bytes("/sys/fs/cgroup", membership));
    return bytes;
}
