// SPDX-License-Identifier: Apache-2.0
// LabProcess: a lab in a process of its own that answers on its control socket, and users to be.
#pragma once

#include <sys/types.h>

// An unprivileged user that every system has.
enum { LAB_PROCESS_NOBODY = 65534 };

// Starts a lab as `user` with hosts `names` (NULL-terminated). It claims to be 65 s old and to come
// from "NAME.yaml", and answers "show" with a report of fixed figures. Returns when it can be
// asked.
pid_t lab_process_start(const char *name, const char *const *names, uid_t user);

// SIGKILL, and waits for its end.
void lab_process_kill(pid_t pid);

// Puts a /dev/net/tun with `mode` in the place of the system's, for this process and its children.
void lab_process_make_tun(mode_t mode);

// Becomes `user` for good, as a login would.
void lab_process_become(uid_t user);
