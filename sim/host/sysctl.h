// SPDX-License-Identifier: Apache-2.0
// Sysctl: a kernel setting of the network namespace in which the calling thread is.
#pragma once

#include <glib.h>
#include <stdbool.h>

// Writes `value` to `key`, in the notation of sysctl(8): dots or slashes, where the first one met
// tells which of them separates. Only keys below "net" belong to a host; all others are refused.
// `root_fd` is a /proc/sys; -1: that of this process, which containers have read-only.
bool sysctl_write(int root_fd, const char *key, const char *value, GError **error);

// The same; a kernel that does not know the key is fine too.
bool sysctl_write_if_known(int root_fd, const char *key, const char *value, GError **error);

// Whether a setting that is known here is not 0.
bool sysctl_is_on(const char *key);
