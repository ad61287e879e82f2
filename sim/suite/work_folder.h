// SPDX-License-Identifier: Apache-2.0
// WorkFolder: a folder for what is not kept, which goes with this process however that ends.
#pragma once

#include <glib.h>

typedef struct WorkFolder WorkFolder;

// An empty one where temporary files go (TMPDIR). To be called while the process has one thread;
// NULL when the system refuses it.
WorkFolder *work_folder_new(GError **error);

// Removes it with all that is in it. NULL is fine.
void work_folder_free(WorkFolder *folder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WorkFolder, work_folder_free)

const char *work_folder_path(const WorkFolder *folder);
