// SPDX-License-Identifier: Apache-2.0
// RunningLab: a lab of this machine as another process sees and asks it.
#pragma once

#include <glib.h>

#include "sim/control/lab_address.h"
#include "sim/control/message.h"

#define RUNNING_LAB_ERROR (running_lab_error_quark())
GQuark running_lab_error_quark(void);

typedef enum {
    RUNNING_LAB_ERROR_UNKNOWN, // no such lab or host, or several
    RUNNING_LAB_ERROR_ANSWER,  // the lab itself said no
} RunningLabError;

// The labs of this user, or of all users for root, sorted by name: an array of LabAddress.
GArray *running_labs_new(void);

// The lab of that name; with NULL, the only one. The error lists what there is.
bool running_lab_find(const char *name, LabAddress *lab, GError **error);

// Asks `lab` for whatever `request` says (its member "command"). Fills `reply`, which must be
// zeroed.
bool running_lab_request(const LabAddress *lab, const Message *request, Message *reply,
                         GError **error);

// The same for a command that takes no more than a host; `host` is NULL where it takes none.
bool running_lab_ask(const LabAddress *lab, const char *command, const char *host, Message *reply,
                     GError **error);
