// SPDX-License-Identifier: Apache-2.0
// Settings by way of /proc/sys, whose `net` shows the network namespace of whoever opens it.
#include "sim/host/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "sim/host/refusal.h"

#define SYSCTL_ROOT "/proc/sys/"

// "net.ipv4.conf.eth0/1.rp_filter" and "net/ipv4/conf/eth0.1/rp_filter" are the same path.
static char *sysctl_path(const char *key)
{
    char *path = g_strconcat(SYSCTL_ROOT, key, NULL);
    char *name = path + strlen(SYSCTL_ROOT);
    size_t to_separator = strcspn(name, "./");

    if (name[to_separator] == '.') {
        for (char *at = name; *at != '\0'; at++)
            *at = *at == '.' ? '/' : *at == '/' ? '.' : *at;
    }
    return path;
}

static bool sysctl_is_of_host(const char *path)
{
    return g_str_has_prefix(path, SYSCTL_ROOT "net/") && strstr(path, "..") == NULL;
}

static int sysctl_open(int root_fd, const char *path)
{
    return root_fd < 0 ? open(path, O_WRONLY | O_CLOEXEC)
                       : openat(root_fd, path + strlen(SYSCTL_ROOT), O_WRONLY | O_CLOEXEC);
}

static const char *sysctl_remedy(int errno_value)
{
    switch (errno_value) {
    case ENOENT:
        return "the kernel has no such setting for a network namespace of its own";
    case EROFS:
        return "the container has /proc/sys read-only: start it with --cap-add SYS_ADMIN "
               "--cap-add NET_ADMIN, or with --security-opt unmask=/proc/sys, which Docker calls "
               "systempaths=unconfined";
    default:
        return NULL;
    }
}

bool sysctl_write(int root_fd, const char *key, const char *value, GError **error)
{
    g_autofree char *path = sysctl_path(key);
    ssize_t written = -1;
    int errno_value, fd;

    if (!sysctl_is_of_host(path)) {
        refusal_set_remedy(error, EINVAL, "only settings below net. belong to a host", "sysctl %s",
                           key);
        return false;
    }
    fd = sysctl_open(root_fd, path);
    if (fd >= 0)
        written = write(fd, value, strlen(value));
    errno_value = errno;
    if (fd >= 0)
        close(fd);
    if (written == (ssize_t)strlen(value))
        return true;
    refusal_set_remedy(error, written >= 0 ? EINVAL : errno_value, sysctl_remedy(errno_value),
                       "sysctl %s = %s", key, value);
    return false;
}

bool sysctl_write_if_known(int root_fd, const char *key, const char *value, GError **error)
{
    g_autoptr(GError) refusal = NULL;

    if (sysctl_write(root_fd, key, value, &refusal) ||
        g_error_matches(refusal, REFUSAL_ERROR, ENOENT))
        return true;
    g_propagate_error(error, g_steal_pointer(&refusal));
    return false;
}

bool sysctl_is_on(const char *key)
{
    g_autofree char *path = sysctl_path(key);
    g_autofree char *value = NULL;

    return g_file_get_contents(path, &value, NULL, NULL) && strcmp(g_strstrip(value), "0") != 0;
}
