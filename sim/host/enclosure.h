// SPDX-License-Identifier: Apache-2.0
// Enclosure: what holds a lab together and makes its end certain. A PID namespace whose first
// process dies with this one, so that not even SIGKILL leaves a task behind; and, without root, a
// user namespace in which this process may do what a lab needs.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

typedef struct Enclosure Enclosure;

// Must be called while the process has one thread; raises the limit of open files to the hard one.
// The error says what the system refused and how to allow it.
Enclosure *enclosure_open(GError **error);

// Ends every process inside with SIGKILL and waits until their parents have reaped them, at most
// two seconds: a parent outside may be stopped, such as a suspended `taploom exec`.
void enclosure_close(Enclosure *enclosure);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Enclosure, enclosure_close)

// Descriptors owned by the enclosure: its PID namespace, the user namespace it lives in (whether
// made by it or not), and the network namespace of this process, which without root is an empty
// one of its own: a thread could not come back from a host to one that belongs to root.
int enclosure_pid_fd(const Enclosure *enclosure);
int enclosure_user_fd(const Enclosure *enclosure);
int enclosure_home_net_fd(const Enclosure *enclosure);

// A fresh Unix socket, a stream that does not block, in the network namespace in which the process
// was before: the only one where others find an abstract address. Owned by the caller; once only.
int enclosure_take_outside_socket(Enclosure *enclosure);

// The user who opened it, as seen from outside its user namespace.
uid_t enclosure_owner(const Enclosure *enclosure);

// The soft limit of open files before enclosure_open() raised it: what programs inside expect.
rlim_t enclosure_open_files_limit(const Enclosure *enclosure);

// Forks a process inside the PID namespace, a child of this one; this process itself and its
// threads stay outside. Returns as fork() does; -1 sets `error`. The child starts with all signals
// blocked and is to end with _exit(), or to exec.
pid_t enclosure_fork(Enclosure *enclosure, GError **error);
