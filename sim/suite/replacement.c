// SPDX-License-Identifier: Apache-2.0
#include "sim/suite/replacement.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/host/refusal.h"

static bool replacement_write_all(int fd, const char *text, size_t n_bytes)
{
    while (n_bytes > 0) {
        ssize_t n_written = write(fd, text, n_bytes);

        if (n_written < 0 && errno == EINTR)
            continue;
        if (n_written < 0)
            return false;
        text += n_written;
        n_bytes -= (size_t)n_written;
    }
    return true;
}

// Fills the new file; the call that failed, NULL when none has.
static const char *replacement_fill(int fd, const char *text, const struct stat *old)
{
    if (!replacement_write_all(fd, text, strlen(text)))
        return "write";
    // A file of somebody else becomes one's own where it must; the mode is set after this, which
    // takes bits of it away.
    if (fchown(fd, old->st_uid, old->st_gid) < 0 && errno != EPERM)
        return "fchown";
    if (fchmod(fd, old->st_mode & 07777) < 0)
        return "fchmod";
    return fsync(fd) < 0 ? "fsync" : NULL;
}

static bool replacement_place(const char *target, const char *text, const struct stat *old,
                              GError **error)
{
    g_autofree char *folder = g_path_get_dirname(target);
    g_autofree char *path = g_build_filename(folder, ".taploom-XXXXXX", NULL);
    int fd = g_mkstemp_full(path, O_WRONLY | O_CLOEXEC, 0600);
    const char *call;
    int reason;

    if (fd < 0) {
        refusal_set(error, errno, "%s: a new file beside it", target);
        return false;
    }
    call = replacement_fill(fd, text, old);
    if (call == NULL && rename(path, target) < 0)
        call = "rename";
    reason = errno;
    close(fd);
    if (call == NULL)
        return true;
    unlink(path);
    refusal_set(error, reason, "%s: %s", target, call);
    return false;
}

bool replacement_write(const char *path, const char *text, GError **error)
{
    char *target = realpath(path, NULL); // by malloc
    struct stat old;
    bool good = false;

    if (target == NULL)
        refusal_set(error, errno, "%s: realpath", path);
    else if (stat(target, &old) < 0 || access(target, W_OK) < 0)
        refusal_set(error, errno, "%s: write", path);
    else
        good = replacement_place(target, text, &old, error);
    free(target);
    return good;
}
