// SPDX-License-Identifier: Apache-2.0
// taploom exec: a command inside a host of a running lab.
#include <string.h>

#include "sim/commands/command.h"
#include "sim/control/visit.h"

static int exec_run(int argc, char **argv);

const Command exec_command = {
    .name = "exec",
    .arguments = "[LAB/]HOST [--] COMMAND [ARGUMENT…]",
    .summary = "Run a command inside a host of a running lab",
    .run = exec_run,
};

static int exec_run(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    char **command;
    int status;

    if (!command_parse(&exec_command, &argc, &argv, NULL,
                       "The exit status is the command's; 128 + N when signal N ended it.", -1,
                       &status))
        return status;
    if (argc < 2)
        return command_usage(&exec_command);
    command = argv + 2;
    if (*command != NULL && strcmp(*command, "--") == 0)
        command++;
    if (*command == NULL)
        return command_usage(&exec_command);
    status = visit_run(argv[1], (const char *const *)command, &error);
    return error != NULL ? command_fail(&exec_command, error) : status;
}
