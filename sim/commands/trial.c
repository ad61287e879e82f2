// SPDX-License-Identifier: Apache-2.0
// taploom trial: what `taploom test` starts for each run of a test; see sim/suite/trial.h. It ends
// with the process that started it, also when that one is killed.
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sim/commands/command.h"

static int trial_command_run(int argc, char **argv);

extern const Command run_command;

const Command trial_command = {
    .name = "trial",
    .arguments = "PARENT [OPTION…] FILE",
    .summary = "Run a scenario for a test suite",
    .internal = true,
    .run = trial_command_run,
};

static int trial_command_run(int argc, char **argv)
{
    if (argc < 3)
        return command_usage(&trial_command);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != (pid_t)strtol(argv[1], NULL, 10))
        return STATUS_FAILED; // it was gone before that
    return run_command.run(argc - 1, argv + 1);
}
