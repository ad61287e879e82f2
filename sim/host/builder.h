// SPDX-License-Identifier: Apache-2.0
// Builder: the short-lived process inside the lab that makes the namespaces of one host, hands
// their descriptors over and ends. Several may be at work at once.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "sim/host/enclosure.h"

typedef struct {
    pid_t pid;
    int answer_fd;
} Builder;

// Descriptors of a host's namespaces, and of the /proc/sys it sees; -1 for what is not its own.
typedef struct {
    int net, mnt, uts;
    int sysctl;
} HostNamespaces;

// What stands in files of the host.
typedef struct {
    const char *hosts;  // /etc/hosts
    const char *resolv; // /etc/resolv.conf; NULL: that of the system
} BuilderTexts;

// Starts a builder for a host called `name`.
bool builder_start(Builder *builder, Enclosure *enclosure, const char *name,
                   const BuilderTexts *texts, GError **error);

// Waits for its work. The caller owns the descriptors; the error names the step that failed.
// Called once for each builder_start() that succeeded: the process is reaped in any case.
bool builder_finish(Builder *builder, HostNamespaces *namespaces, GError **error);
