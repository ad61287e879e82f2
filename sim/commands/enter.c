// SPDX-License-Identifier: Apache-2.0
// taploom enter: a process that the lab starts for every task; see sim/host/enter.h. When the lab
// is killed, so is the program that it waits for, and it ends by itself.
#include <string.h>

#include "sim/commands/command.h"
#include "sim/host/enter.h"

static int enter_command_run(int argc, char **argv);

const Command enter_command = {
    .name = "enter",
    .arguments = "-- COMMAND [ARGUMENT…]",
    .summary = "Run a command inside a host whose namespaces are open descriptors",
    .internal = true,
    .run = enter_command_run,
};

static int enter_command_run(int argc, char **argv)
{
    EnterRequest request = {.namespaces = {-1, -1, -1, -1, -1}, .kept_fd = -1};
    EnterNamespaces *fds = &request.namespaces;
    g_autofree char *cwd = NULL;
    gint64 open_files_limit = 0;
    const GOptionEntry entries[] = {
        {"pid", 0, 0, G_OPTION_ARG_INT, &fds->pid, "PID namespace", "FD"},
        {"net", 0, 0, G_OPTION_ARG_INT, &fds->net, "Network namespace", "FD"},
        {"mnt", 0, 0, G_OPTION_ARG_INT, &fds->mnt, "Mount namespace", "FD"},
        {"uts", 0, 0, G_OPTION_ARG_INT, &fds->uts, "UTS namespace", "FD"},
        {"keep", 0, 0, G_OPTION_ARG_INT, &request.kept_fd, "Left open as 3", "FD"},
        {"open-files", 0, 0, G_OPTION_ARG_INT64, &open_files_limit, "Soft limit", "N"},
        {"cwd", 0, 0, G_OPTION_ARG_FILENAME, &cwd, "Working directory", "DIRECTORY"},
        {NULL}};
    g_autoptr(GError) error = NULL;
    char **command;
    int status;

    if (!command_parse(&enter_command, &argc, &argv, entries, NULL, -1, &status))
        return status;
    command = argv + 1;
    if (*command != NULL && strcmp(*command, "--") == 0)
        command++;
    if (*command == NULL)
        return command_usage(&enter_command);
    request.cwd = cwd;
    request.command = (const char *const *)command;
    request.open_files_limit = (rlim_t)open_files_limit;
    status = enter_run(&request, &error);
    return error != NULL ? command_fail(&enter_command, error) : status;
}
