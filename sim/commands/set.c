// SPDX-License-Identifier: Apache-2.0
// taploom set: gives links of a running lab other values.
#include <string.h>

#include "sim/commands/change.h"

static int set_run(int argc, char **argv);

const Command set_command = {
    .name = "set",
    .arguments = "[LAB/]LINK… KEY=VALUE… [LINK… KEY=VALUE…]…",
    .summary = "Change links of a running lab",
    .run = set_run,
};

typedef struct {
    char *direction, *ramp, *lasting;
} SetOptions;

static void set_options_clear(SetOptions *options)
{
    g_free(options->direction);
    g_free(options->ramp);
    g_free(options->lasting);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SetOptions, set_options_clear)

// Links and what they are set to take turns; what follows settings begins anew. False where that
// is not so; an error says what else is wrong.
static bool set_read(Change *change, char **operands, bool is_ramp, GError **error)
{
    bool has_settings = true;

    for (char **operand = operands; *operand != NULL; operand++) {
        if (strchr(*operand, '=') != NULL) {
            if (change->last == NULL)
                return false;
            change_add_setting(change, *operand);
            has_settings = true;
            continue;
        }
        if (has_settings)
            change_begin(change, is_ramp ? "ramp" : "set");
        has_settings = false;
        if (!change_add_link(change, *operand, error))
            return false;
    }
    return has_settings && change->last != NULL;
}

static int set_run(int argc, char **argv)
{
    g_auto(SetOptions) options = {0};
    const GOptionEntry entries[] = {
        {"direction", 0, 0, G_OPTION_ARG_STRING, &options.direction, "forward or reverse only",
         "DIRECTION"},
        {"ramp", 0, 0, G_OPTION_ARG_STRING, &options.ramp, "get there in a straight line", "TIME"},
        {"for", 0, 0, G_OPTION_ARG_STRING, &options.lasting, "put back afterwards what was before",
         "TIME"},
        {NULL},
    };
    g_auto(Change) change;
    g_autoptr(GError) error = NULL;
    int status;

    change_init(&change);
    if (!command_parse(&set_command, &argc, &argv, entries,
                       "As in: taploom set atlantic loss=5% delay=50ms pacific queue.limit=20ms\n"
                       "A link is a name, a pattern (\"*-eu\") or a tag (\"tag:wan\"). All of it\n"
                       "changes at one instant, or nothing does.",
                       COMMAND_ANY_OPERANDS, &status))
        return status;
    if (!set_read(&change, argv + 1, options.ramp != NULL, &error))
        return error != NULL ? command_fail(&set_command, error) : command_usage(&set_command);
    change_set(&change, "direction", options.direction);
    change_set(&change, "over", options.ramp);
    change_set(&change, "for", options.lasting);
    return change_ask(&change, &set_command);
}
