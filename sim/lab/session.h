// SPDX-License-Identifier: Apache-2.0
// Session: the main thread of a running lab: its tasks, signals, duration, progress and the control
// socket, on a libuv loop that knows nothing of frames.
#pragma once

#include "sim/lab/console.h"
#include "sim/lab/lab.h"
#include "sim/report/report.h"

typedef struct Session Session;

Session *session_new(Lab *lab, Console *console, GError **error);

// Runs the lab until its scenario has ended or Ctrl-C, and stops it. A second Ctrl-C ends the
// process at once, with `interrupted_status`. While a task has the standard streams of this
// process, signals are passed on to that.
void session_run(Session *session, int interrupted_status);

// After the run: everything, concluded. Owned by the session.
const Report *session_report(const Session *session);

void session_free(Session *session);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Session, session_free)
