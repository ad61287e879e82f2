// SPDX-License-Identifier: Apache-2.0
// taploom shell: an interactive shell inside a host of a running lab.
#include "sim/commands/command.h"
#include "sim/control/visit.h"

static int shell_run(int argc, char **argv);

const Command shell_command = {
    .name = "shell",
    .arguments = "[LAB/]HOST",
    .summary = "Open a shell inside a host of a running lab",
    .run = shell_run,
};

static int shell_run(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    int status;

    if (!command_parse(&shell_command, &argc, &argv, NULL,
                       "It is the one that SHELL names, or /bin/sh; the exit status is its own.", 1,
                       &status))
        return status;
    status = visit_run(argv[1], NULL, &error);
    return error != NULL ? command_fail(&shell_command, error) : status;
}
