// SPDX-License-Identifier: Apache-2.0
// taploom link: takes links of a running lab down, and up again.
#include <string.h>

#include "sim/commands/change.h"

static int link_run(int argc, char **argv);

const Command link_command = {
    .name = "link",
    .arguments = "down|up [LAB/]LINK…",
    .summary = "Take links of a running lab down or up",
    .run = link_run,
};

typedef struct {
    char *direction, *lasting;
} LinkOptions;

static void link_options_clear(LinkOptions *options)
{
    g_free(options->direction);
    g_free(options->lasting);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LinkOptions, link_options_clear)

static int link_run(int argc, char **argv)
{
    g_auto(LinkOptions) options = {0};
    const GOptionEntry entries[] = {
        {"direction", 0, 0, G_OPTION_ARG_STRING, &options.direction, "forward or reverse only",
         "DIRECTION"},
        {"for", 0, 0, G_OPTION_ARG_STRING, &options.lasting, "take them up again afterwards",
         "TIME"},
        {NULL},
    };
    g_auto(Change) change;
    g_autoptr(GError) error = NULL;
    bool is_down;
    int status;

    change_init(&change);
    if (!command_parse(&link_command, &argc, &argv, entries,
                       "Hosts see a link that is down in both directions lose its carrier.",
                       COMMAND_ANY_OPERANDS, &status))
        return status;
    is_down = argc > 1 && strcmp(argv[1], "down") == 0;
    if (argc < 3 || (!is_down && strcmp(argv[1], "up") != 0))
        return command_usage(&link_command);
    if (!is_down && options.lasting != NULL) {
        error = g_error_new_literal(G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                                    "--for: has no meaning beside up: leave it out");
        return command_fail(&link_command, error);
    }
    change_begin(&change, argv[1]);
    for (int i = 2; i < argc; i++)
        if (!change_add_link(&change, argv[i], &error))
            return command_fail(&link_command, error);
    change_set(&change, "direction", options.direction);
    change_set(&change, "for", options.lasting);
    return change_ask(&change, &link_command);
}
