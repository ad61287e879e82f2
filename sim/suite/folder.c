// SPDX-License-Identifier: Apache-2.0
// Files have fixed names, so that a CI job can name them too.
#include "sim/suite/folder.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>

enum { FOLDER_MAX_FDS = 16 };

static int folder_remove_entry(const char *path, const struct stat *status, int kind,
                               struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    remove(path);
    return 0;
}

void folder_remove(const char *path)
{
    nftw(path, folder_remove_entry, FOLDER_MAX_FDS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

Folder *folder_new(const char *parent, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(parent, name, NULL);
    Folder *folder;

    folder_remove(path);
    if (g_mkdir_with_parents(path, 0777) != 0) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "%s: %s", path,
                    g_strerror(errno));
        return NULL;
    }
    folder = g_new0(Folder, 1);
    folder->report_path = g_build_filename(path, "report.json", NULL);
    folder->log_path = g_build_filename(path, "log.txt", NULL);
    folder->capture_path = g_build_filename(path, "captures", NULL);
    folder->path = g_steal_pointer(&path);
    return folder;
}

void folder_free(Folder *folder)
{
    g_free(folder->path);
    g_free(folder->report_path);
    g_free(folder->log_path);
    g_free(folder->capture_path);
    g_free(folder);
}
