// SPDX-License-Identifier: Apache-2.0
// What all commands share: options through GOption, and how an error ends one.
#include "sim/commands/command.h"

#include <stdio.h>
#include <string.h>

#include "core/param.h"
#include "sim/host/refusal.h"

// Prints the one line of a mistake on the command line.
static int command_print_mistake(const Command *command, const char *text)
{
    fprintf(stderr, "taploom %s: %s (see taploom %s --help)\n", command->name, text, command->name);
    return STATUS_USAGE;
}

// "Unknown option --dely", with the nearest of those there are.
static void command_suggest(GError *error, const GOptionEntry *entries)
{
    const char *name = strstr(error->message, "--");
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const char *nearest;
    char *message;

    for (; name != NULL && entries != NULL && entries->long_name != NULL; entries++)
        g_ptr_array_add(names, (gpointer)entries->long_name);
    g_ptr_array_add(names, NULL);
    nearest = name != NULL ? param_nearest(name + 2, (const char *const *)names->pdata) : NULL;
    if (nearest == NULL)
        return;
    message = g_strdup_printf("%s: did you mean --%s?", error->message, nearest);
    g_free(error->message);
    error->message = message;
}

// GOption takes the value of "-j 2" from the next argument only: "-j2" becomes "--jobs=2".
static void command_part_values(int argc, char **argv, const GOptionEntry *entries)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const GOptionEntry *entry = entries;

        if (argv[i][0] != '-' || argv[i][1] == '\0' || argv[i][2] == '\0')
            continue;
        while (entry->long_name != NULL && entry->short_name != argv[i][1])
            entry++;
        if (entry->long_name != NULL && entry->arg != G_OPTION_ARG_NONE) {
            g_autofree char *option =
                g_strdup_printf("--%s=%s", entry->long_name, argv[i] + strlen("-j"));

            argv[i] = (char *)g_intern_string(option);
        }
    }
}

bool command_parse(const Command *command, int *argc, char ***argv, const GOptionEntry *entries,
                   const char *description, int n_arguments, int *status)
{
    gboolean wants_help = FALSE;
    const GOptionEntry own_entries[] = {
        {"help", 'h', 0, G_OPTION_ARG_NONE, &wants_help, "Show this help", NULL}, {NULL}};
    g_autoptr(GOptionContext) context = g_option_context_new(command->arguments);
    g_autoptr(GError) error = NULL;
    g_autofree char *name = g_strdup_printf("taploom %s", command->name);

    *status = STATUS_OK;
    g_set_prgname(name);
    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_set_summary(context, command->summary);
    g_option_context_set_description(context, description);
    // Where operands are a program's own command line, its options are not ours.
    g_option_context_set_strict_posix(context, n_arguments == -1);
    if (entries != NULL) {
        g_option_context_add_main_entries(context, entries, NULL);
        if (n_arguments != -1)
            command_part_values(*argc, *argv, entries);
    }
    g_option_context_add_main_entries(context, own_entries, NULL);

    if (!g_option_context_parse(context, argc, argv, &error)) {
        if (g_error_matches(error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION))
            command_suggest(error, entries);
        *status = command_print_mistake(command, error->message);
        return false;
    }
    if (wants_help) {
        g_autofree char *help = g_option_context_get_help(context, TRUE, NULL);

        fputs(help, stdout);
        *status = STATUS_OK;
        return false;
    }
    if (n_arguments >= 0 && *argc - 1 != n_arguments) {
        *status = command_usage(command);
        return false;
    }
    return true;
}

bool command_parse_count(const char *option, const char *text, uint64_t *count, GError **error)
{
    if (text == NULL || quantity_parse_count(text, count, error))
        return true;
    g_prefix_error(error, "%s: ", option);
    return false;
}

bool command_parse_duration_ns(const char *option, const char *text, int64_t *ns, GError **error)
{
    if (text == NULL || quantity_parse_duration_ns(text, ns, error))
        return true;
    g_prefix_error(error, "%s: ", option);
    return false;
}

int command_usage(const Command *command)
{
    g_autofree char *text = g_strdup_printf(
        "takes %s", command->arguments != NULL ? command->arguments : "no arguments");

    return command_print_mistake(command, text);
}

int command_fail(const Command *command, const GError *error)
{
    fprintf(stderr, "taploom %s: %s\n", command->name, error->message);
    return error->domain == REFUSAL_ERROR ? STATUS_REFUSED : STATUS_USAGE;
}
