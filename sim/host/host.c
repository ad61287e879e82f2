// SPDX-License-Identifier: Apache-2.0
// The life of a host and what is done to it as a whole. The builder makes its namespaces; what
// goes over netlink is in interface and route, what goes over /proc/sys in sysctl.
#include "sim/host/host.h"

#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "sim/host/attachment.h"
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
    self->namespaces = (HostNamespaces){-1, -1, -1, -1};
    if (node_is_attached(spec)) {
        self->namespaces.net = attachment_open(spec, error);
        if (self->namespaces.net >= 0)
            return g_steal_pointer(&self);
        g_prefix_error(error, "host %s: ", spec->name);
        return NULL;
    }
    if (!builder_start(&self->builder, enclosure, spec->name,
                       &(BuilderTexts){.hosts = hosts_text, .resolv = spec->resolv_text}, error)) {
        g_prefix_error(error, "host %s: ", spec->name);
        return NULL;
    }
    self->is_building = true;
    return g_steal_pointer(&self);
}

// So that no interface ever says a word of IPv6 unasked: settings of `whose`, an interface, or
// those that interfaces inherit when they appear, which are called "default".
static bool host_set_up_ipv6(const Host *self, const char *whose, GError **error)
{
    static const char *const settings[][2] = {{"disable_ipv6", "0"},
                                              {"accept_dad", "0"},
                                              {"router_solicitations", "0"},
                                              {"accept_ra", "0"}};

    if (!self->spec->uses_ipv6) {
        g_autofree char *key = g_strdup_printf("net.ipv6.conf.%s.disable_ipv6", whose);

        return sysctl_write_if_known(self->namespaces.sysctl, key, "1", error);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
        g_autofree char *key = g_strdup_printf("net.ipv6.conf.%s.%s", whose, settings[i][0]);

        if (!sysctl_write(self->namespaces.sysctl, key, settings[i][1], error))
            return false;
    }
    return true;
}

// Lets every user of the host ping. Groups beyond those of the user namespace cannot be named:
// without root there is but one.
static bool host_allow_ping(const Host *self, GError **error)
{
    return sysctl_write(self->namespaces.sysctl, "net.ipv4.ping_group_range", "0 2147483647",
                        NULL) ||
           sysctl_write(self->namespaces.sysctl, "net.ipv4.ping_group_range", "0 0", error);
}

static bool host_check_attached(Host *self, GError **error)
{
    bool is_fit;

    if (!host_enter(self, error))
        return false;
    is_fit = attachment_check(self->spec, error);
    host_leave(self);
    if (!is_fit)
        g_prefix_error(error, "host %s: ", self->spec->name);
    return is_fit;
}

bool host_finish(Host *self, GError **error)
{
    bool is_built;

    if (node_is_attached(self->spec))
        return host_check_attached(self, error);
    self->is_building = false;
    if (!builder_finish(&self->builder, &self->namespaces, error)) {
        g_prefix_error(error, "host %s: ", self->spec->name);
        return false;
    }
    if (!host_enter(self, error))
        return false;
    is_built = host_set_up_ipv6(self, "default", error) && host_allow_ping(self, error) &&
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
    if (self->namespaces.net >= 0)
        close(self->namespaces.net);
    if (self->namespaces.mnt >= 0)
        close(self->namespaces.mnt);
    if (self->namespaces.uts >= 0)
        close(self->namespaces.uts);
    if (self->namespaces.sysctl >= 0)
        close(self->namespaces.sysctl);
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
    refusal_set_remedy(error, errno, attachment_remedy(self->spec, errno), "host %s: setns",
                       self->spec->name);
    return false;
}

void host_leave(Host *self)
{
    if (setns(enclosure_home_net_fd(self->enclosure), CLONE_NEWNET) < 0)
        g_error("host %s: setns back: %s", self->spec->name, g_strerror(errno));
}

bool host_configure_interface(Host *self, const InterfaceSpec *spec, GError **error)
{
    bool is_quiet = !node_is_attached(self->spec) || host_set_up_ipv6(self, spec->name, error);

    if (is_quiet && interface_configure(spec, error))
        return true;
    g_prefix_error(error, "host %s: ", self->spec->name);
    return false;
}

// Said in either case: a new namespace takes over whether the system outside forwards.
static bool host_set_forwarding(const Host *self, GError **error)
{
    const char *value = self->spec->forward ? "1" : "0";

    return sysctl_write(self->namespaces.sysctl, "net.ipv4.ip_forward", value, error) &&
           (!self->spec->uses_ipv6 ||
            sysctl_write(self->namespaces.sysctl, "net.ipv6.conf.all.forwarding", value, error));
}

static bool host_set_sysctls(const Host *self, GError **error)
{
    for (guint i = 0; i < self->spec->sysctls->len; i++) {
        const SettingSpec *setting = g_ptr_array_index(self->spec->sysctls, i);

        if (!sysctl_write(self->namespaces.sysctl, setting->key, setting->value, error))
            return false;
    }
    return true;
}

bool host_configure(Host *self, GError **error)
{
    bool is_configured;

    if (!host_enter(self, error))
        return false;
    is_configured = (node_is_attached(self->spec) ||
                     (host_set_forwarding(self, error) && host_set_sysctls(self, error))) &&
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
