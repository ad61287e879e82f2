// SPDX-License-Identifier: Apache-2.0
// What the commands that run a scenario share.
#pragma once

#include "sim/commands/command.h"
#include "sim/realtime/grants.h"

// All of such a command; `replays`: in front of the scenario its first argument is a file of fates.
int run_main(const Command *command, int argc, char **argv, bool replays);

// A line on standard error for each thing refused; `grants` may be NULL.
void run_tell_refusals(const Grants *grants);
