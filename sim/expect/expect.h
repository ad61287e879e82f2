// SPDX-License-Identifier: Apache-2.0
// Expect: holds the report of a run against what its scenario expects.
#pragma once

#include "sim/report/report.h"

// Fills report->expectations, of a run that has ended and whose files are closed. What was not
// measured is not what was expected.
void expect_judge(Report *report);
