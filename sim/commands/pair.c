// SPDX-License-Identifier: Apache-2.0
// taploom pair: a server and a client, each in a host of its own, with one link between them.
#include <string.h>

#include "sim/commands/one_line.h"

static int pair_run(int argc, char **argv);

const Command pair_command = {
    .name = "pair",
    .arguments = "[--] SERVER… -- CLIENT…",
    .summary = "Run a server and a client with an emulated link between them",
    .run = pair_run,
};

// What is to be run: one word is a line for the shell, several are a program and its arguments.
typedef struct {
    char **server, **client; // ended by NULL
} PairCommands;

static bool pair_split(char **argv, PairCommands *asked)
{
    char **word = argv;

    if (*word != NULL && strcmp(*word, "--") == 0)
        word++;
    asked->server = word;
    while (*word != NULL && strcmp(*word, "--") != 0)
        word++;
    if (*word == NULL || word == asked->server)
        return false;
    *word = NULL;
    asked->client = word + 1;
    return *asked->client != NULL;
}

static char *pair_shell_line(char **command)
{
    return command[1] == NULL ? g_utf8_make_valid(command[0], -1) : one_line_shell_line(command);
}

static ScenarioText *pair_text_new(const PairCommands *asked, const char *ready)
{
    ScenarioText *text = scenario_text_new();
    g_autofree char *server_line = pair_shell_line(asked->server);
    g_autofree char *client_line = pair_shell_line(asked->client);
    g_autofree char *server = scenario_text_quote(server_line);
    g_autofree char *client = scenario_text_quote(client_line);
    g_autofree char *ready_value = scenario_text_quote(ready);

    text_block_note(text->head, "What \"taploom pair\" runs.");
    text_block_line(text->nodes, "client: {device: tun}");
    text_block_line(text->nodes, "server: {device: tun}");
    text_block_line(text->link, "endpoints: [client, server]");
    if (strcmp(ready, "none") == 0)
        text_block_line(text->tasks, "- {on: server, run: %s, background: true}", server);
    else
        text_block_line(text->tasks, "- {on: server, run: %s, background: true, ready: %s}", server,
                        ready_value);
    text_block_line(text->tasks, "- {on: client, run: %s}", client);
    return text;
}

static int pair_run(int argc, char **argv)
{
    g_autofree char *ready = NULL;
    const GOptionEntry own[] = {
        {"ready", 0, 0, G_OPTION_ARG_STRING, &ready,
         "when the client starts: tcp:PORT, udp:PORT, output:TEXT, none, or listening, which is "
         "the default",
         "WHEN"},
        {NULL}};
    g_autoptr(OneLine) line = one_line_new(&pair_command);
    g_autoptr(ScenarioText) text = NULL;
    g_autoptr(Scenario) scenario = NULL;
    PairCommands asked;
    int status;

    if (!command_parse(&pair_command, &argc, &argv, one_line_entries(line, own),
                       "The hosts are called server and client. A command of one word is a line\n"
                       "for the shell. More options: --KEY.PARAM for each parameter of\n"
                       "taploom-scenario(5). The exit status is the client's; 128 + N when signal\n"
                       "N ended it.",
                       -1, &status))
        return status;
    if (!pair_split(argv + 1, &asked))
        return command_usage(&pair_command);
    text = pair_text_new(&asked, ready != NULL ? ready : "listening");
    scenario = one_line_load(line, text, &status);
    if (scenario == NULL)
        return status;
    if (asked.client[1] == NULL)
        return one_line_run(line, scenario,
                            (const char *const[]){"/bin/sh", "-c", asked.client[0], NULL}, NULL);
    return one_line_run(line, scenario, (const char *const *)asked.client, NULL);
}
