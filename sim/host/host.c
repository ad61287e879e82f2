// SPDX-License-Identifier: Apache-2.0
// The life of a host and what is done to it as a whole. The builder makes its namespaces; what
// goes over netlink is in interface and route, what goes over /proc/sys in sysctl.
#include "sim/host/host.h"

#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "sim/host/listener.h"
#include "sim/host/refusal.h"
#include "sim/host/route.h"
#include "sim/host/sysctl.h"

struct Host {
    Enclosure *enclosure;
    const NodeSpec *spec;
    Builder builder;
    bool is_building;
    HostNamespaces namespaces;
};

Host *host_begin(Enclosure *enclosure, const NodeSpec *spec, const char *hosts_text, GError **error)
{
    g_autoptr(Host) self = g_new0(Host, 1);

    self->enclosure = enclosure;
    self->spec = spec;
    self->namespaces = (HostNamespaces){-1, -1, -1};
    if (!builder_start(&self->builder, enclosure, spec->name,
                       &(BuilderTexts){.hosts = hosts_text, .resolv = spec->resolv_text}, error)) {
        g_prefix_error(error, "host %s: ", spec->name);
        return NULL;
    }
    self->is_building = true;
    return g_steal_pointer(&self);
}

// Settings that interfaces inherit when they appear: so none ever says a word of IPv6 unasked.
static bool host_set_up_ipv6(const NodeSpec *spec, GError **error)
{
    if (!spec->uses_ipv6)
        return sysctl_write_if_known("net.ipv6.conf.default.disable_ipv6", "1", error);
    return sysctl_write("net.ipv6.conf.default.disable_ipv6", "0", error) &&
           sysctl_write("net.ipv6.conf.default.accept_dad", "0", error) &&
           sysctl_write("net.ipv6.conf.default.router_solicitations", "0", error) &&
           sysctl_write("net.ipv6.conf.default.accept_ra", "0", error);
}

// Lets every user of the host ping. Groups beyond those of the user namespace cannot be named:
// without root there is but one.
static bool host_allow_ping(GError **error)
{
    return sysctl_write("net.ipv4.ping_group_range", "0 2147483647", NULL) ||
           sysctl_write("net.ipv4.ping_group_range", "0 0", error);
}

bool host_finish(Host *self, GError **error)
{
    bool is_built;

    self->is_building = false;
    if (!builder_finish(&self->builder, &self->namespaces, error)) {
        g_prefix_error(error, "host %s: ", self->spec->name);
        return false;
    }
    if (!host_enter(self, error))
        return false;
    is_built = host_set_up_ipv6(self->spec, error) && host_allow_ping(error) &&
               interface_bring_up("lo", error);
    host_leave(self);
    if (!is_built)
        g_prefix_error(error, "host %s: ", self->spec->name);
    return is_built;
}

void host_close(Host *self)
{
    if (self == NULL)
        return;
    if (self->is_building)
        builder_finish(&self->builder, &self->namespaces, NULL);
    if (self->namespaces.net >= 0) {
        close(self->namespaces.net);
        close(self->namespaces.mnt);
        close(self->namespaces.uts);
    }
    g_free(self);
}

const NodeSpec *host_spec(const Host *self)
{
    return self->spec;
}

HostNamespaces host_namespaces(const Host *self)
{
    return self->namespaces;
}

bool host_enter(Host *self, GError **error)
{
    if (setns(self->namespaces.net, CLONE_NEWNET) == 0)
        return true;
    refusal_set(error, errno, "host %s: setns", self->spec->name);
    return false;
}

void host_leave(Host *self)
{
    if (setns(enclosure_home_net_fd(self->enclosure), CLONE_NEWNET) < 0)
        g_error("host %s: setns back: %s", self->spec->name, g_strerror(errno));
}

bool host_configure_interface(Host *self, const InterfaceSpec *spec, GError **error)
{
    if (interface_configure(spec, error))
        return true;
    g_prefix_error(error, "host %s: ", self->spec->name);
    return false;
}

// Said in either case: a new namespace takes over whether the system outside forwards.
static bool host_set_forwarding(const NodeSpec *spec, GError **error)
{
    const char *value = spec->forward ? "1" : "0";

    return sysctl_write("net.ipv4.ip_forward", value, error) &&
           (!spec->uses_ipv6 || sysctl_write("net.ipv6.conf.all.forwarding", value, error));
}

static bool host_set_sysctls(const NodeSpec *spec, GError **error)
{
    for (guint i = 0; i < spec->sysctls->len; i++) {
        const SettingSpec *setting = g_ptr_array_index(spec->sysctls, i);

        if (!sysctl_write(setting->key, setting->value, error))
            return false;
    }
    return true;
}

bool host_configure(Host *self, GError **error)
{
    bool is_configured;

    if (!host_enter(self, error))
        return false;
    is_configured = host_set_forwarding(self->spec, error) && host_set_sysctls(self->spec, error) &&
                    routes_add(self->spec->routes, error);
    host_leave(self);
    if (!is_configured)
        g_prefix_error(error, "host %s: ", self->spec->name);
    return is_configured;
}

bool host_read_stats(Host *self, const char *interface, InterfaceStats *stats, GError **error)
{
    bool is_read;

    if (!host_enter(self, error))
        return false;
    is_read = interface_read_stats(interface, stats, error);
    host_leave(self);
    if (!is_read)
        g_prefix_error(error, "host %s: ", self->spec->name);
    return is_read;
}

bool host_is_listening(Host *self, ReadyKind kind, uint16_t port)
{
    bool is_listening;

    if (!host_enter(self, NULL))
        return false;
    is_listening = listener_exists(kind, port);
    host_leave(self);
    return is_listening;
}
