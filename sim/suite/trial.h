// SPDX-License-Identifier: Apache-2.0
// Trial: one run of a test, in a process of its own.
#pragma once

#include <uv.h>

#include "sim/suite/folder.h"
#include "sim/suite/test.h"

typedef struct Trial Trial;

typedef struct {
    uv_loop_t *loop;
    bool captures_all;     // every interface, where the scenario asks for none
    bool realtime;         // with what `run --realtime` asks for
    bool shares_cores;     // then: all but a core of its own
    int64_t time_limit_ns; // 0: none
    // The process has ended and the test knows what of it; the trial frees itself after this.
    void (*ended)(void *data, Trial *trial);
    void *data;
} TrialContext;

// Starts `taploom run` for the test, which and `folder` (taken over) it writes to. NULL, with the
// folder freed, when the system refuses a process.
Trial *trial_new(const TrialContext *context, Test *test, Folder *folder, GError **error);

Test *trial_test(const Trial *trial);
const Folder *trial_folder(const Trial *trial);

// SIGINT, for an orderly end, or SIGKILL.
void trial_signal(Trial *trial, int signal);
