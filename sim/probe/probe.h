// SPDX-License-Identifier: Apache-2.0
// Probe: measures the way from the host that this process is in. Each kind is a file of its own;
// what it finds goes to standard output as figures (sim/probe/figure.h), with a line for a person.
#pragma once

#include <glib.h>
#include <stdint.h>

#include "sim/scenario/probe_spec.h"

typedef struct {
    const ProbeSpec *spec; // but its nodes
    int peer_net_fd;       // the network namespace of the other host; -1 without one
    int64_t since_ns;      // of the monotonic clock: when it was asked for
} ProbeRequest;

enum {
    PROBE_STATUS_ANSWERED = 0,
    PROBE_STATUS_SILENT = 1, // nothing came back
};

// Does it; -1 sets `error`.
int probe_run(const ProbeRequest *request, GError **error);

int ping_run(const ProbeRequest *request, GError **error);
int tcp_run(const ProbeRequest *request, GError **error);
int udp_run(const ProbeRequest *request, GError **error);
int http_run(const ProbeRequest *request, GError **error);

// The arguments by which the internal command `probe` gets a request, NULL-terminated; the caller
// frees them with g_strfreev().
char **probe_argv_new(const ProbeSpec *spec, int64_t since_ns);
