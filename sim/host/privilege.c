// SPDX-License-Identifier: Apache-2.0
// The policies that can stand in the way: file modes of /dev/net/tun, a kernel without user
// namespaces, Debian's and Ubuntu's switches against them, limits of containers.
#include "sim/host/privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sim/host/refusal.h"

#define PRIVILEGE_TUN_PATH "/dev/net/tun"

// A switch of the system that forbids user namespaces when its file holds `forbidding`.
typedef struct {
    const char *path;
    const char *forbidding;
    const char *remedy;
} PrivilegePolicy;

static const PrivilegePolicy privilege_policies[] = {
    {"/proc/sys/kernel/unprivileged_userns_clone", "0",
     "user namespaces are switched off; as root: sysctl -w kernel.unprivileged_userns_clone=1, or "
     "run with sudo"},
    {"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
     "AppArmor restricts user namespaces; as root: sysctl -w "
     "kernel.apparmor_restrict_unprivileged_userns=0, or give taploom a profile with \"userns,\", "
     "or run with sudo"},
    {"/proc/sys/user/max_user_namespaces", "0",
     "user namespaces are switched off; as root: sysctl -w user.max_user_namespaces=10000, or run "
     "with sudo"},
};

static const char *privilege_policy_remedy(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(privilege_policies); i++) {
        const PrivilegePolicy *policy = &privilege_policies[i];
        g_autofree char *value = NULL;

        if (g_file_get_contents(policy->path, &value, NULL, NULL) &&
            strcmp(g_strstrip(value), policy->forbidding) == 0)
            return policy->remedy;
    }
    return "this system or container forbids namespaces to this user: run with sudo; start a "
           "container with --cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt "
           "apparmor=unconfined, or with --privileged";
}

void privilege_set_error(GError **error, int errno_value, const char *what)
{
    const char *remedy = NULL;

    if (errno_value == EPERM || errno_value == EACCES || errno_value == ENOSPC ||
        errno_value == EUSERS)
        remedy = privilege_policy_remedy();
    else if (errno_value == EINVAL || errno_value == ENOSYS)
        remedy = "this kernel has no such namespaces: run with sudo, or another kernel";
    refusal_set_remedy(error, errno_value, remedy, "%s", what);
}

bool privilege_check_tun(GError **error)
{
    int fd = open(PRIVILEGE_TUN_PATH, O_RDWR | O_CLOEXEC);
    const char *remedy = NULL;

    if (fd >= 0) {
        close(fd);
        return true;
    }
    if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
        remedy = "load the driver as root: modprobe tun; in a container: --device " //
            PRIVILEGE_TUN_PATH;
    else if (errno == EACCES)
        remedy = "as root: chmod 0666 " PRIVILEGE_TUN_PATH ", or run with sudo";
    else if (errno == EPERM)
        remedy = "the container does not pass the device: start it with --device " //
            PRIVILEGE_TUN_PATH;
    refusal_set_remedy(error, errno, remedy, "open %s", PRIVILEGE_TUN_PATH);
    return false;
}

static bool privilege_is_sufficient(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{.effective = 0}};
    const uint32_t needed = 1U << CAP_SYS_ADMIN | 1U << CAP_NET_ADMIN;

    return syscall(SYS_capget, &header, data) == 0 && (data[0].effective & needed) == needed;
}

static bool privilege_write(const char *path, const char *text, GError **error)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (!written) {
        g_autofree char *what = g_strdup_printf("write \"%s\" to %s", text, path);

        privilege_set_error(error, errno, what);
    }
    if (fd >= 0)
        close(fd);
    return written;
}

bool privilege_acquire(GError **error)
{
    g_autofree char *uid_map = g_strdup_printf("0 %u 1", geteuid());
    g_autofree char *gid_map = g_strdup_printf("0 %u 1", getegid());

    if (privilege_is_sufficient())
        return true;
    if (unshare(CLONE_NEWUSER) < 0) {
        privilege_set_error(error, errno, "a user namespace, needed without root");
        return false;
    }
    // A group map may be written only by who can no longer drop groups: user_namespaces(7).
    return privilege_write("/proc/self/setgroups", "deny", error) &&
           privilege_write("/proc/self/uid_map", uid_map, error) &&
           privilege_write("/proc/self/gid_map", gid_map, error);
}
