// SPDX-License-Identifier: Apache-2.0
// PidNamespace: forking a process into one, without this process having anything to do with it.
#pragma once

#include <sys/types.h>

enum { PID_NAMESPACE_NEW = -1 }; // in place of a descriptor: one whose first process is forked

// fork() into the PID namespace of `fd`. The process inside is a child of this one and starts with
// all signals blocked; it is to end with _exit(), or to execute something. -1 sets errno.
pid_t pid_namespace_fork(int fd);
