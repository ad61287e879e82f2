// SPDX-License-Identifier: Apache-2.0
// Folder: what one run of a test writes: report, output and captures.
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    char *path;
    char *report_path, *log_path, *capture_path;
} Folder;

// Makes `parent`/`name`; what an earlier run left there is removed.
Folder *folder_new(const char *parent, const char *name, GError **error);

void folder_free(Folder *folder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Folder, folder_free)

// Removes a folder with all that is in it; what cannot be removed stays.
void folder_remove(const char *path);
