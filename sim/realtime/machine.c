// SPDX-License-Identifier: Apache-2.0
#include "sim/realtime/machine.h"

#include <errno.h>
#include <glib.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "sim/realtime/cgroup.h"

unsigned machine_n_cores(void)
{
    cpu_set_t cores;

    // Fails where the kernel is made for more than CPU_SETSIZE cores.
    return sched_getaffinity(0, sizeof cores, &cores) == 0 ? (unsigned)CPU_COUNT(&cores)
                                                           : g_get_num_processors();
}

// What `file` in the directory says; UINT64_MAX when there is none, or "max".
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

static void machine_take_limit(void *data, CgroupVersion version, const char *directory)
{
    static const char *const files[] = {
        [CGROUP_V1] = "memory.limit_in_bytes", [CGROUP_V2] = "memory.max"};
    uint64_t *least_bytes = data;

    *least_bytes = MIN(*least_bytes, machine_read_bytes(directory, files[version]));
}

uint64_t machine_cgroup_memory_bytes(const char *root, const char *membership)
{
    uint64_t least_bytes = UINT64_MAX;

    cgroup_visit(root, membership, "memory", machine_take_limit, &least_bytes);
    return least_bytes;
}

uint64_t machine_memory_bytes(void)
{
    uint64_t bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);

    cgroup_visit_own("memory", machine_take_limit, &bytes);
    return bytes;
}
