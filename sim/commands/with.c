// SPDX-License-Identifier: Apache-2.0
// taploom with: one command behind one link, whose other end is this machine.
#include <errno.h>
#include <string.h>

#include "sim/commands/one_line.h"
#include "sim/host/refusal.h"
#include "sim/relay/outside.h"

// Of RFC 5737, so that nobody has them already: of the command's host and of this machine.
#define WITH_COMMAND_ADDRESS "198.51.100.2"
#define WITH_MACHINE_ADDRESS "198.51.100.1"

static int with_run(int argc, char **argv);

const Command with_command = {
    .name = "with",
    .arguments = "[--] COMMAND [ARGUMENT…]",
    .summary = "Run a command behind an emulated link to this machine",
    .run = with_run,
};

static ScenarioText *with_text_new(char **command, bool outside)
{
    ScenarioText *text = scenario_text_new();
    g_autofree char *line = one_line_shell_line(command);
    g_autofree char *quote = scenario_text_quote(line);

    text_block_note(text->head, "What \"taploom with\" runs. There the machine is this one: what "
                                "listens on its loopback answers at 198.51.100.1. In a scenario of "
                                "its own it is a host like any other, and services are tasks.");
    text_block_line(text->nodes, "app: {device: tun, address: " WITH_COMMAND_ADDRESS "/30%s}",
                    outside ? ", routes: [{to: default, via: " WITH_MACHINE_ADDRESS "}]" : "");
    text_block_line(text->nodes, "machine: {device: tun, address: " WITH_MACHINE_ADDRESS "/30%s}",
                    outside ? ", forward: yes" : "");
    text_block_line(text->link, "endpoints: [app, machine]");
    text_block_line(text->tasks, "- {on: app, run: %s}", quote);
    return text;
}

// A resolver on the loopback, as systemd-resolved is one, is reached as any service there is.
static char *with_resolv_text_new(const char *system_text)
{
    g_auto(GStrv) lines = g_strsplit(system_text, "\n", -1);

    for (char **line = lines; *line != NULL; line++) {
        if (!g_regex_match_simple("^\\s*nameserver\\s+(127\\.|::1\\b)", *line, 0, 0))
            continue;
        g_free(*line);
        *line = g_strdup("nameserver " WITH_MACHINE_ADDRESS);
    }
    return g_strjoinv("\n", lines);
}

static bool with_prepare_outside(NodeSpec *app, GError **error)
{
    g_autofree char *program = outside_find_program();
    g_autofree char *text = NULL;

    if (program == NULL) {
        refusal_set_remedy(error, ENOENT, "install it: apt install passt", "--outside: pasta");
        return false;
    }
    if (g_file_get_contents("/etc/resolv.conf", &text, NULL, NULL))
        app->resolv_text = with_resolv_text_new(text);
    return true;
}

static int with_run(int argc, char **argv)
{
    gboolean outside = FALSE;
    const GOptionEntry own[] = {{"outside", 0, 0, G_OPTION_ARG_NONE, &outside,
                                 "also reach what this machine reaches, through pasta(1)", NULL},
                                {NULL}};
    g_autoptr(OneLine) line = one_line_new(&with_command);
    g_autoptr(ScenarioText) text = NULL;
    g_autoptr(Scenario) scenario = NULL;
    g_autoptr(Relay) relay = NULL;
    g_autoptr(GError) error = NULL;
    char **command;
    int status;

    if (!command_parse(&with_command, &argc, &argv, one_line_entries(line, own),
                       "What listens on this machine's loopback is reached at 198.51.100.1, or\n"
                       "\"machine\". More options: --KEY.PARAM for each parameter of\n"
                       "taploom-scenario(5). The exit status is the command's; 128 + N when\n"
                       "signal N ended it.",
                       -1, &status))
        return status;
    command = argv + 1;
    if (*command != NULL && strcmp(*command, "--") == 0)
        command++;
    if (*command == NULL)
        return command_usage(&with_command);
    text = with_text_new(command, outside);
    scenario = one_line_load(line, text, &status);
    if (scenario == NULL)
        return status;
    if (outside && !with_prepare_outside(scenario_node(scenario, "app"), &error))
        return command_fail(&with_command, error);
    relay = relay_new(&error);
    if (relay == NULL)
        return command_fail(&with_command, error);
    return one_line_run(line, scenario, (const char *const *)command, relay);
}
