// SPDX-License-Identifier: Apache-2.0
// Process: a program that runs inside a host, its output line by line and its end; or one that has
// the standard streams of this program.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <uv.h>

#include "sim/host/enclosure.h"
#include "sim/host/host.h"

typedef struct Process Process;

typedef struct {
    // A line of its output, standard and error alike, without its end; valid UTF-8.
    void (*line)(void *data, const char *line);
    // It has ended and all its output was given; 128 + signal where one killed it.
    void (*ended)(void *data, int exit_status);
} ProcessEvents;

typedef struct {
    uv_loop_t *loop;
    Enclosure *enclosure;
    Host *host;
    const char *lab;      // the lab's name, for the environment
    const GPtrArray *env; // of SettingSpec, besides that of the host; or NULL
    const Host *peer;     // of which the program gets the network as ENTER_KEPT_FD; or NULL
    ProcessEvents events;
    void *data; // of the events
} ProcessContext;

// Starts a program, whose standard input is empty. Frees itself after ended().
Process *process_spawn(const ProcessContext *context, const char *const *argv, GError **error);

// Starts `argv` with the standard streams of this process, and, where this has the terminal, in the
// foreground there: stopping it stops this process too. line() is never called. Else as above.
Process *process_spawn_here(const ProcessContext *context, const char *const *argv, GError **error);

// Whether it has ended, though more of its output may come from what it has left behind.
bool process_has_exited(const Process *process);

// SIGTERM, SIGINT or SIGHUP to the program's process group, or SIGKILL to all of it.
void process_signal(Process *process, int signal);
