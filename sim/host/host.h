// SPDX-License-Identifier: Apache-2.0
// Host: the network, mount and UTS namespaces in which one host of the scenario lives. All are
// anonymous: they are gone with the last descriptor and process that uses them.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sim/host/builder.h"
#include "sim/host/enclosure.h"
#include "sim/host/interface.h"
#include "sim/scenario/scenario.h"

typedef struct Host Host;

// Makes the namespaces of `spec` inside `enclosure`: its name is set, /etc/hosts is `hosts_text`,
// /proc and /sys are its own, lo is up. A host that is attached has its network namespace already,
// of which no more than our interfaces is changed, and none of the others. `spec` and `enclosure`
// must outlive the host. The error names host and call. In two halves, since many hosts open faster
// when all are begun before the first is finished; between the two the host is of use for
// host_close() only.
Host *host_begin(Enclosure *enclosure, const NodeSpec *spec, const char *hosts_text,
                 GError **error);
bool host_finish(Host *host, GError **error);

// Does not wait for processes: enclosure_close() ends them. NULL is allowed.
void host_close(Host *host);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Host, host_close)

const NodeSpec *host_spec(const Host *host);

// Puts the calling thread into the host's network namespace and back. To be paired, not nested;
// a failure to come back is fatal.
bool host_enter(Host *host, GError **error);
void host_leave(Host *host);

// Inside host_enter(): gives interface `spec`, whose device is open, its MAC, MTU, queue (noqueue,
// a fixed length), addresses, and brings it up.
bool host_configure_interface(Host *host, const InterfaceSpec *spec, GError **error);

// Outside host_enter(), after all interfaces: forwarding, sysctls (not of a host that is attached)
// and routes.
bool host_configure(Host *host, GError **error);

// Outside host_enter(): the counters of an interface now.
bool host_read_stats(Host *host, const char *interface, InterfaceStats *stats, GError **error);

// Outside host_enter(): whether something listens on that TCP port, or is bound to that UDP port,
// or, with READY_ANY_PORT, to any, in the host now.
bool host_is_listening(Host *host, ReadyKind kind, uint16_t port);

// The descriptors of its namespaces; owned by the host. Of one that is attached, mnt and uts are
// -1.
HostNamespaces host_namespaces(const Host *host);

// The text of /etc/hosts for all hosts of the scenario: localhost, then every address with its
// host's name. The caller frees it.
char *hosts_text_new(const Scenario *scenario);
