// SPDX-License-Identifier: Apache-2.0
// taploom probe: what a task with `probe:` is, run by the lab inside a host; see sim/probe/probe.h.
#include <stdio.h>
#include <string.h>

#include "sim/commands/command.h"
#include "sim/host/enter.h"
#include "sim/probe/probe.h"

static int probe_command_run(int argc, char **argv);

const Command probe_command = {
    .name = "probe",
    .arguments = "KIND TARGET",
    .summary = "Measure the way to another host, from inside one",
    .internal = true,
    .run = probe_command_run,
};

static int probe_command_run(int argc, char **argv)
{
    ProbeSpec spec = {0};
    ProbeRequest request = {.spec = &spec, .peer_net_fd = -1};
    gint64 count = 0, size = 0, rate = 0, flows = 0;
    gboolean has_peer = FALSE;
    const GOptionEntry entries[] = {
        {"count", 0, 0, G_OPTION_ARG_INT64, &count, "Packets", "N"},
        {"interval", 0, 0, G_OPTION_ARG_INT64, &spec.interval_ns, "Between them", "NS"},
        {"size", 0, 0, G_OPTION_ARG_INT64, &size, "Payload", "BYTES"},
        {"rate", 0, 0, G_OPTION_ARG_INT64, &rate, "Of payload", "BPS"},
        {"flows", 0, 0, G_OPTION_ARG_INT64, &flows, "Connections", "N"},
        {"time", 0, 0, G_OPTION_ARG_INT64, &spec.time_ns, "For how long", "NS"},
        {"timeout", 0, 0, G_OPTION_ARG_INT64, &spec.timeout_ns, "Patience", "NS"},
        {"since", 0, 0, G_OPTION_ARG_INT64, &request.since_ns, "Until the first reply", "NS"},
        {"peer", 0, 0, G_OPTION_ARG_NONE, &has_peer, "Its network is an open descriptor", NULL},
        {NULL}};
    g_autoptr(GError) error = NULL;
    char **operands;
    int status;

    if (!command_parse(&probe_command, &argc, &argv, entries, NULL, -1, &status))
        return status;
    operands = argv + 1;
    if (*operands != NULL && strcmp(*operands, "--") == 0)
        operands++;
    if (g_strv_length(operands) != 2 || !probe_kind_find(operands[0], &spec.kind))
        return command_usage(&probe_command);
    spec.target = operands[1];
    spec.count = (uint64_t)count;
    spec.size_bytes = (uint64_t)size;
    spec.rate_bps = (uint64_t)rate;
    spec.flows = (uint64_t)flows;
    request.peer_net_fd = has_peer ? ENTER_KEPT_FD : -1;
    status = probe_run(&request, &error);
    if (error == NULL)
        return status;
    fprintf(stderr, "%s\n", error->message);
    return PROBE_STATUS_SILENT;
}
