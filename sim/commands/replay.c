// SPDX-License-Identifier: Apache-2.0
// taploom replay-fates: a run in which frames meet the fates of an earlier one.
#include "sim/commands/run.h"

static int replay_run(int argc, char **argv);

const Command replay_command = {
    .name = "replay-fates",
    .arguments = "FATES FILE",
    .summary = "Run a scenario with the fates that an earlier run has recorded",
    .run = replay_run,
};

static int replay_run(int argc, char **argv)
{
    return run_main(&replay_command, argc, argv, true);
}
