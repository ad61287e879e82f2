// SPDX-License-Identifier: Apache-2.0
// ProbeSpec: a task that the program itself carries out inside a host: what it measures, and how.
#pragma once

#include "sim/scenario/metric.h"
#include "sim/scenario/scenario.h"

typedef enum { PROBE_PING, PROBE_REACH, PROBE_TCP, PROBE_UDP, PROBE_HTTP, N_PROBE_KINDS } ProbeKind;

enum { PROBE_PING_BYTES = 56 }; // of payload, where nothing else is said

struct ProbeSpec {
    ProbeKind kind;
    char *target;         // a name or address; of PROBE_HTTP a URL
    const NodeSpec *peer; // the host where the other end is as well; NULL where there is none
    uint64_t count;       // of echo requests
    int64_t interval_ns;  // between them
    uint64_t size_bytes; // of the payload of each; of PROBE_TCP: of each flow, 0 for all of time_ns
    uint64_t rate_bps;   // of payload
    uint64_t flows;
    int64_t time_ns;
    int64_t timeout_ns; // how long what is missing is waited for
};

// "ping", and what it measures; static.
const char *probe_kind_name(ProbeKind kind);
const MetricSpec *probe_metrics(ProbeKind kind);

// False for an unknown name.
bool probe_kind_find(const char *name, ProbeKind *kind);

void probe_spec_free(ProbeSpec *probe);
