// SPDX-License-Identifier: Apache-2.0
// Visit: a program run from outside in a host of a running lab.
#pragma once

#include <glib.h>

// Runs `command` (ended by NULL) in `target`, "[LAB/]HOST", in the current working directory where
// the host has it; NULL is an interactive shell. Returns the
// exit status as enter_run() does; -1 sets `error`: RUNNING_LAB_ERROR for a name that is wrong.
int visit_run(const char *target, const char *const *command, GError **error);
