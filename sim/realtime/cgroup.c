// SPDX-License-Identifier: Apache-2.0
#include "sim/realtime/cgroup.h"

#include <glib.h>
#include <string.h>

// `mount`/`group` and all directories above, up to `mount`.
static void cgroup_climb(const char *mount, const char *group, CgroupVersion version,
                         CgroupVisit visit, void *data)
{
    g_autofree char *path = g_strdup(group);

    for (;;) {
        g_autofree char *directory = g_build_filename(mount, path, NULL);
        char *last = strrchr(path, '/');

        visit(data, version, directory);
        if (last == NULL)
            return;
        *last = '\0';
    }
}

void cgroup_visit(const char *root, const char *membership, const char *controller,
                  CgroupVisit visit, void *data)
{
    g_auto(GStrv) lines = g_strsplit(membership, "\n", -1);
    g_autofree char *mount = g_build_filename(root, controller, NULL);

    for (char **line = lines; *line != NULL; line++) {
        g_auto(GStrv) parts = g_strsplit(*line, ":", 3); // number, controllers, path
        g_auto(GStrv) controllers = NULL;

        if (g_strv_length(parts) < 3)
            continue;
        controllers = g_strsplit(parts[1], ",", -1);
        if (*parts[1] == '\0')
            cgroup_climb(root, parts[2], CGROUP_V2, visit, data);
        else if (g_strv_contains((const char *const *)controllers, controller))
            cgroup_climb(mount, parts[2], CGROUP_V1, visit, data);
    }
}

void cgroup_visit_own(const char *controller, CgroupVisit visit, void *data)
{
    g_autofree char *membership = NULL;

    if (g_file_get_contents("/proc/self/cgroup", &membership, NULL, NULL))
        cgroup_visit("/sys/fs/cgroup", membership, controller, visit, data);
}
