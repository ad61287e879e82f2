// SPDX-License-Identifier: Apache-2.0
// Staying: the process of a relay that stays in the network that taploom was started in.
#pragma once

#include <sys/types.h>

// What it may be asked for on its control socket, a sequence of packets: the outside network for
// the namespaces of a process. It answers, with a text, only when that has failed.
typedef struct {
    pid_t inside_pid;
    unsigned mtu_bytes;
} OutsideRequest;

// Runs it in a process just forked, until the other end of the control socket is closed. It sends
// an empty text when all ports are open that are to be at first. `request_fd` leads to an opener,
// and may do so only later: it waits.
_Noreturn void staying_run(int control_fd, int request_fd);
