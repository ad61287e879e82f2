// SPDX-License-Identifier: Apache-2.0
// Enter: how a program comes to run inside a host. A process that stays outside forks it into the
// namespaces, passes signals on, and ends with the program's status.
#pragma once

#include <glib.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>

#include "sim/host/enclosure.h"
#include "sim/host/host.h"

// Descriptors of what is to be joined, in the order in which the lab passes them on; -1 for what is
// not. A host that is attached has no mnt and uts of its own.
typedef struct {
    int pid, net, mnt, uts, user;
} EnterNamespaces;

// A process spawned to run `taploom enter` has the lab's descriptors there: pid, net, mnt, uts. It
// is in the user namespace already.
enum {
    ENTER_FIRST_FD = 3,
    ENTER_N_SPAWN_FDS = 4,
    ENTER_N_FDS = sizeof(EnterNamespaces) / sizeof(int),
    ENTER_KILL_SIGNAL = SIGUSR1,
    ENTER_KEPT_FD = 3, // where the program finds the descriptor that it keeps
};

// What to join for `host`; descriptors owned by host and enclosure.
EnterNamespaces enter_namespaces(const Enclosure *enclosure, const Host *host);

// The same as a list without gaps, for a message: returns how many there are, at most ENTER_N_FDS.
unsigned enter_pack(const EnterNamespaces *namespaces, int *fds);

// The other way; false where `n_fds` is no number that enter_pack() returns.
bool enter_unpack(EnterNamespaces *namespaces, const int *fds, unsigned n_fds);

// The arguments of a process that runs `command` (NULL-terminated) in a host with `cwd` as working
// directory, where the host has it. The first argument is the file to execute. Where `keeps_fd`,
// the program gets the descriptor behind those of the namespaces as ENTER_KEPT_FD. The process
// needs the first ENTER_N_SPAWN_FDS of `namespaces` at descriptors ENTER_FIRST_FD onwards, those
// that are -1 left out. To end the program, signal this process: SIGTERM, SIGINT, SIGHUP and
// SIGQUIT reach the program's process group, and ENTER_KILL_SIGNAL kills that whole group. SIGKILL
// leaves to the enclosure what the program has started. The caller frees it with g_strfreev().
char **enter_argv_new(const Enclosure *enclosure, const EnterNamespaces *namespaces,
                      const char *cwd, const char *const *command, bool keeps_fd);

// The environment of programs in `spec`: `inherited`, TAPLOOM_HOST, TAPLOOM_LAB and what the
// scenario sets there. The caller frees it with g_strfreev().
char **enter_environment_new(const NodeSpec *spec, const char *lab, const char *const *inherited);

typedef struct {
    EnterNamespaces namespaces;
    const char *cwd;
    const char *const *command; // ended by NULL
    rlim_t open_files_limit;    // soft; 0 leaves it as it is
    int kept_fd;                // -1: none; becomes ENTER_KEPT_FD of the program
} EnterRequest;

// Does it: closes all descriptors but the standard ones, forks, waits. This process itself joins no
// namespace but that of the user. On a terminal the program is its own job there, and stopping it
// stops this process too. Returns the program's exit status, 128 + signal when one killed it, 127
// when there is no such program, 126 when it cannot be executed, or the host not be joined (said on
// standard error); -1 sets `error`.
int enter_run(const EnterRequest *request, GError **error);
