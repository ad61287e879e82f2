// SPDX-License-Identifier: Apache-2.0
// taploom reset: makes links of a running lab what the scenario file says.
#include "sim/commands/change.h"

static int reset_run(int argc, char **argv);

const Command reset_command = {
    .name = "reset",
    .arguments = "[[LAB/]LINK…]",
    .summary = "Make links of a running lab what its file says",
    .run = reset_run,
};

static int reset_run(int argc, char **argv)
{
    g_auto(Change) change;
    g_autoptr(GError) error = NULL;
    int status;

    change_init(&change);
    if (!command_parse(&reset_command, &argc, &argv, NULL,
                       "Without a link: all of them. They are up afterwards.", COMMAND_ANY_OPERANDS,
                       &status))
        return status;
    change_begin(&change, "reset");
    for (int i = 1; i < argc; i++)
        if (!change_add_link(&change, argv[i], &error))
            return command_fail(&reset_command, error);
    if (argc == 1 && !change_add_link(&change, "*", &error))
        return command_fail(&reset_command, error);
    return change_ask(&change, &reset_command);
}
