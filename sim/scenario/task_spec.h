// SPDX-License-Identifier: Apache-2.0
// TaskSpec: what is run in a host, when it starts, when it is ready, and how long it may take.
#pragma once

#include "sim/scenario/node_spec.h"

typedef struct ProbeSpec ProbeSpec;
typedef struct TaskSpec TaskSpec;

#define TASK_IN_TURN INT64_C(-1)

typedef enum {
    READY_NONE,
    READY_TCP_PORT,
    READY_UDP_PORT,
    READY_ANY_PORT, // of TCP or UDP
    READY_OUTPUT_LINE,
} ReadyKind;

struct TaskSpec {
    char *name;       // or NULL
    NodeSpec *node;   // NULL for a pause
    GPtrArray *after; // of TaskSpec: those that have to be over, or ready in the background
    int64_t wait_ns;  // that then goes by before it starts
    GPtrArray *env;   // of SettingSpec, owned; NULL without
    char *command;    // for /bin/sh -c; of a probe what it is called
    char **argv;      // what runs instead, with this program's standard streams; NULL from a file
    ProbeSpec *probe; // sim/scenario/probe_spec.h; NULL for a command
    bool background;
    bool keep_going; // `continue: true`: its failure does not end the run
    ReadyKind ready;
    uint16_t ready_port;
    char *ready_text;   // a substring of an output line
    int64_t timeout_ns; // 0: none
    int64_t until_ns;   // how long one that fails is tried again; 0: not
    int64_t every_ns;   // from one end to the next try
    int64_t at_ns;      // from the start of the timeline; or TASK_IN_TURN
    bool is_judged;     // by `expect:`, which says what its exit status has to be
    SourcePosition position;
};
