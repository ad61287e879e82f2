// SPDX-License-Identifier: Apache-2.0
// Control groups: a limit holds for all below, and a container may see its own group as the root
// of the mount whatever path /proc/self/cgroup names. So every directory from the named one up to
// the root is asked, and what is not there has no limit (cgroups(7), Documentation/admin-guide in
// the kernel: cgroup-v2.rst, cgroup-v1/memory.rst, scheduler/sched-bwc.rst).
#pragma once

#include <stdbool.h>

typedef enum { CGROUP_V1, CGROUP_V2 } CgroupVersion;

typedef void (*CgroupVisit)(void *data, CgroupVersion version, const char *directory);

// Visits the directories that have to do with `controller` ("memory") of the groups in
// `membership`, which is a text as /proc/self/cgroup has it, and of all above them; of either
// version, mounted at `root` as at /sys/fs/cgroup. They need not exist.
void cgroup_visit(const char *root, const char *membership, const char *controller,
                  CgroupVisit visit, void *data);

// Of this process.
void cgroup_visit_own(const char *controller, CgroupVisit visit, void *data);
