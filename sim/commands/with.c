// SPDX-License-Identifier: Apache-2.0
// taploom with: one command behind one link, whose other end is this machine.
#include <string.h>

#include "sim/commands/trial.h"

// Of RFC 5737, so that nobody has them already: of the command's host and of this machine.
#define WITH_COMMAND_ADDRESS "198.51.100.2/30"
#define WITH_MACHINE_ADDRESS "198.51.100.1/30"

static int with_run(int argc, char **argv);

const Command with_command = {
    .name = "with",
    .arguments = "[--] COMMAND [ARGUMENT…]",
    .summary = "Run a command behind an emulated link to this machine",
    .run = with_run,
};

static ScenarioText *with_text_new(char **command)
{
    ScenarioText *text = scenario_text_new();
    g_autofree char *line = trial_shell_line(command);
    g_autofree char *quote = scenario_text_quote(line);

    text_block_note(text->head, "What \"taploom with\" runs. There the machine is this one: what "
                                "listens on its loopback answers at 198.51.100.1. In a scenario of "
                                "its own it is a host like any other, and services are tasks.");
    text_block_line(text->nodes, "app: {device: tun, address: %s}", WITH_COMMAND_ADDRESS);
    text_block_line(text->nodes, "machine: {device: tun, address: %s}", WITH_MACHINE_ADDRESS);
    text_block_line(text->link, "endpoints: [app, machine]");
    text_block_line(text->tasks, "- {on: app, run: %s}", quote);
    return text;
}

static int with_run(int argc, char **argv)
{
    const GOptionEntry own[] = {{NULL}};
    g_autoptr(Trial) trial = trial_new(&with_command);
    g_autoptr(ScenarioText) text = NULL;
    g_autoptr(Scenario) scenario = NULL;
    g_autoptr(Relay) relay = NULL;
    g_autoptr(GError) error = NULL;
    char **command;
    int status;

    if (!command_parse(&with_command, &argc, &argv, trial_entries(trial, own),
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
    text = with_text_new(command);
    scenario = trial_load(trial, text, &status);
    if (scenario == NULL)
        return status;
    relay = relay_new(&error);
    if (relay == NULL)
        return command_fail(&with_command, error);
    return trial_run(trial, scenario, (const char *const *)command, relay);
}
