// SPDX-License-Identifier: Apache-2.0
// How it works: interfaces are TAP and TUN devices without persistence, whose descriptors only this
// process has. However it ends, the kernel removes them, and with them their addresses, the routes
// over them and the settings under their name. So nothing is ever put back, and whatever would have
// to be, such as forwarding, is only looked at.
#include "sim/host/attachment.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sim/host/container.h"
#include "sim/host/refusal.h"
#include "sim/host/sysctl.h"
#include "sim/scenario/address.h"

const char *attachment_remedy(const NodeSpec *spec, int errno_value)
{
    if (!node_is_attached(spec))
        return NULL;
    if (errno_value == EPERM || errno_value == EACCES)
        return "needs CAP_NET_ADMIN and CAP_SYS_ADMIN in the namespace's own user namespace: run "
               "with sudo, or for a Podman container without root through podman unshare";
    if (errno_value == ENOENT)
        return spec->attach != NULL
                   ? "there is none: see ip netns list, or ls -l /proc/PID/ns/net of a process"
                   : "the container has just ended";
    return NULL;
}

static int attachment_open_path(const NodeSpec *spec, const char *path, GError **error)
{
    // Whatever else the path may be, such as a pipe, is not waited for.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        refusal_set_remedy(error, errno, attachment_remedy(spec, errno), "open %s", path);
        return -1;
    }
    if (ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET)
        return fd;
    g_set_error(error, REFUSAL_ERROR, EINVAL,
                "%s is no network namespace, as /proc/PID/ns/net is one", path);
    close(fd);
    return -1;
}

int attachment_open(const NodeSpec *spec, GError **error)
{
    g_autofree char *path = NULL;
    pid_t pid;

    if (spec->attach != NULL)
        return attachment_open_path(spec, spec->attach, error);
    pid = container_find_pid(spec->container, error);
    if (pid < 0)
        return -1;
    path = g_strdup_printf("/proc/%d/ns/net", pid);
    return attachment_open_path(spec, path, error);
}

// The address of an interface with its prefix; false where it is of no family of ours.
static bool attachment_read_address(const struct ifaddrs *entry, Address *address)
{
    const struct sockaddr *given = entry->ifa_addr, *mask = entry->ifa_netmask;
    const uint8_t *mask_bytes;
    size_t n_bytes;

    *address = (Address){.family = given != NULL ? given->sa_family : AF_UNSPEC};
    if (mask == NULL || (address->family != AF_INET && address->family != AF_INET6))
        return false;
    if (address->family == AF_INET) {
        memcpy(&address->v4, &((const struct sockaddr_in *)(const void *)given)->sin_addr,
               sizeof address->v4);
        mask_bytes = (const uint8_t *)&((const struct sockaddr_in *)(const void *)mask)->sin_addr;
        n_bytes = sizeof address->v4;
    } else {
        memcpy(&address->v6, &((const struct sockaddr_in6 *)(const void *)given)->sin6_addr,
               sizeof address->v6);
        mask_bytes = (const uint8_t *)&((const struct sockaddr_in6 *)(const void *)mask)->sin6_addr;
        n_bytes = sizeof address->v6;
    }
    for (size_t i = 0; i < n_bytes; i++)
        address->prefix_bits += (unsigned)__builtin_popcount(mask_bytes[i]);
    return true;
}

static bool attachment_overlaps(const Address *a, const Address *b)
{
    Address subnet_a = address_subnet(a), subnet_b = address_subnet(b);

    return a->family == b->family &&
           (address_is_within(a, &subnet_b) || address_is_within(b, &subnet_a));
}

// Whether an interface of ours can be beside `entry`, which is there: one entry for each address,
// and one without for each interface.
static bool attachment_check_entry(const InterfaceSpec *interface, const struct ifaddrs *entry,
                                   GError **error)
{
    Address there;

    if (strcmp(entry->ifa_name, interface->name) == 0) {
        refusal_set_remedy(error, EEXIST, "name another in the link, as \"NODE:loom7\"",
                           "interface %s", interface->name);
        return false;
    }
    if (!attachment_read_address(entry, &there))
        return true;
    for (guint i = 0; i < interface->addresses->len; i++) {
        const Address *ours = &g_array_index(interface->addresses, Address, i);
        g_autofree char *text = NULL;
        g_autofree char *text_there = NULL;

        if (!attachment_overlaps(ours, &there))
            continue;
        text = address_format(ours);
        text_there = address_format(&there);
        refusal_set_remedy(error, EADDRINUSE, "give the hosts of that segment others by address:",
                           "%s of %s overlaps %s of %s there", text, interface->name, text_there,
                           entry->ifa_name);
        return false;
    }
    return true;
}

static bool attachment_check_interfaces(const NodeSpec *spec, const struct ifaddrs *entries,
                                        GError **error)
{
    for (guint i = 0; i < spec->interfaces->len; i++) {
        for (const struct ifaddrs *entry = entries; entry != NULL; entry = entry->ifa_next) {
            if (!attachment_check_entry(g_ptr_array_index(spec->interfaces, i), entry, error))
                return false;
        }
    }
    return true;
}

static bool attachment_check_setting(const char *key, GError **error)
{
    if (sysctl_is_on(key))
        return true;
    g_set_error(error, REFUSAL_ERROR, EINVAL,
                "forward: yes, but it does not (switch it on there: sysctl -w %s=1)", key);
    return false;
}

bool attachment_check(const NodeSpec *spec, GError **error)
{
    struct ifaddrs *entries;
    bool is_free;

    if (getifaddrs(&entries) < 0) {
        refusal_set(error, errno, "getifaddrs");
        return false;
    }
    is_free = attachment_check_interfaces(spec, entries, error);
    freeifaddrs(entries);
    return is_free &&
           (!spec->forward || (attachment_check_setting("net.ipv4.ip_forward", error) &&
                               (!spec->uses_ipv6 ||
                                attachment_check_setting("net.ipv6.conf.all.forwarding", error))));
}
