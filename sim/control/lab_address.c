// SPDX-License-Identifier: Apache-2.0
// Names of labs as addresses of sockets, see unix(7), and back from what proc_net(5) shows.
#include "sim/control/lab_address.h"

#include <assert.h>
#include <glib.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define LAB_ADDRESS_FORMAT "taploom/%u/%s"

enum { LAB_ADDRESS_LISTENS = 0x10000 }; // __SO_ACCEPTCON of the kernel's include/linux/net.h

static_assert(sizeof LAB_ADDRESS_FORMAT + sizeof "4294967295" + LAB_NAME_MAX_BYTES <
                  sizeof((struct sockaddr_un *)0)->sun_path,
              "a lab's name does not fit the address");

LabAddress lab_address(uid_t owner, const char *name)
{
    LabAddress self = {.owner = owner};

    g_strlcpy(self.name, name, sizeof self.name);
    for (char *at = self.name; *at != '\0'; at++) {
        if (!g_ascii_isalnum(*at) && strchr("._-", *at) == NULL)
            *at = '-';
    }
    return self;
}

socklen_t lab_address_to_socket(const LabAddress *self, struct sockaddr_un *socket)
{
    int length;

    *socket = (struct sockaddr_un){.sun_family = AF_UNIX};
    length = g_snprintf(socket->sun_path + 1, sizeof socket->sun_path - 1, LAB_ADDRESS_FORMAT,
                        self->owner, self->name);
    return (socklen_t)offsetof(struct sockaddr_un, sun_path) + 1 + (socklen_t)length;
}

bool lab_address_from_line(const char *line, LabAddress *self)
{
    char name[LAB_NAME_MAX_BYTES + 1];
    unsigned flags, owner;

    if (sscanf(line, "%*x: %*x %*x %x %*x %*x %*u @taploom/%u/%80s", &flags, &owner, name) != 3 ||
        (flags & LAB_ADDRESS_LISTENS) == 0)
        return false;
    *self = lab_address(owner, name);
    return true;
}
