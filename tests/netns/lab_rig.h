// SPDX-License-Identifier: Apache-2.0
// LabRig: an enclosure with hosts, made without a scenario file, and programs run in them.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "sim/host/enclosure.h"
#include "sim/host/enter.h"
#include "sim/host/host.h"

typedef struct LabRig LabRig;

// Marks the running test as skipped and returns false where the system has no TAP devices to give.
bool lab_rig_is_possible(void);

// `names` is ended by NULL. Every host knows "10.0.0.1 first" and "10.0.0.2 second". Fails the test
// when something is refused.
LabRig *lab_rig_new(const char *const *names);
void lab_rig_free(LabRig *rig);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LabRig, lab_rig_free)

Enclosure *lab_rig_enclosure(LabRig *rig);
Host *lab_rig_host(LabRig *rig, guint i);

// A host's specification, with nothing but its name; to be freed with lab_rig_spec_free().
NodeSpec *lab_rig_spec_new(const char *name);
void lab_rig_spec_free(NodeSpec *spec);

// Adds "eth0" with `address` (IPv4 in dotted form) and 24 bits of prefix.
InterfaceSpec *lab_rig_add_interface(NodeSpec *spec, const char *address);

// Opens a TAP called `name` in `host`, not blocking, and configures it if `spec` is not NULL.
// Returns its descriptor.
int lab_rig_open_tap(Host *host, const char *name, const InterfaceSpec *spec);

// Runs `script` with /bin/sh in host `i`. Returns its output, to be freed, with white space at the
// end removed, and its exit status.
char *lab_rig_run(LabRig *rig, guint i, const char *script, int *status);

// Starts it in the background: returns the process that enters, and in `*output_fd` a pipe.
pid_t lab_rig_start(LabRig *rig, guint i, const char *const *command, int *output_fd);

// Waits for `pid`, a child; returns the exit status, 128 + signal when killed.
int lab_rig_wait(pid_t pid);

// Reads `fd` until its end and closes it; the caller frees the text.
char *lab_rig_read_all(int fd);

// Reads one line, without its end; the caller frees it.
char *lab_rig_read_line(int fd);

// Waits, at most ten seconds, until process `pidfd` has ended.
bool lab_rig_has_ended(int pidfd);

// Whether any process is in the namespace behind `fd`; `kind` is its name in /proc/PID/ns.
bool lab_rig_is_namespace_used(const char *kind, int fd);
