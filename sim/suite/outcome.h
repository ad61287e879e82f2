// SPDX-License-Identifier: Apache-2.0
// Outcome: what the end of a `taploom run` and its report say of a test.
#pragma once

#include "sim/suite/test.h"

// Fills the test's outcome, findings and reasons from how the process ended and the two files it
// wrote, of which either may be missing: the report as JSON and all that it printed.
void outcome_read(Test *test, int exit_status, int signal, const char *report_path,
                  const char *log_path);

// The same from a report's text, for a process that has ended with that status.
void outcome_read_report(Test *test, int exit_status, const char *report);
