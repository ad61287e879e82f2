// SPDX-License-Identifier: Apache-2.0
// Attachment: a host that is there without us, as a network namespace with interfaces, addresses
// and routes of its own. What we add to it vanishes with our devices; nothing else is changed.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "sim/scenario/scenario.h"

// Opens the network namespace of `spec`, which is attached; owned by the caller. -1 sets `error`.
int attachment_open(const NodeSpec *spec, GError **error);

// Inside that namespace, before its interfaces are made: whether their names are free, their
// subnets are none that it is on already, and it forwards packets where `spec` says so.
bool attachment_check(const NodeSpec *spec, GError **error);

// What helps when a call for `spec` fails with that errno, for refusal_set_remedy(); NULL for none
// and for hosts of our own.
const char *attachment_remedy(const NodeSpec *spec, int errno_value);
