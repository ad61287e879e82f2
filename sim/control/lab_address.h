// SPDX-License-Identifier: Apache-2.0
// LabAddress: where a lab can be reached: a socket in the abstract namespace, "taploom/UID/LAB".
// The kernel forgets it with the process, so no stale lab is ever found.
#pragma once

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

enum { LAB_NAME_MAX_BYTES = 80 };

typedef struct {
    uid_t owner;
    char name[LAB_NAME_MAX_BYTES + 1];
} LabAddress;

// The name cut to its limit, and with every byte that a table of the kernel cannot show plainly,
// or that ends a lab's name on a command line, replaced by '-'.
LabAddress lab_address(uid_t owner, const char *name);

// Returns the length that bind() and connect() want.
socklen_t lab_address_to_socket(const LabAddress *address, struct sockaddr_un *socket);

// Reads a line of /proc/net/unix; false unless it is a lab that listens.
bool lab_address_from_line(const char *line, LabAddress *address);
