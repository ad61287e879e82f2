// SPDX-License-Identifier: Apache-2.0
// The report for a person: at most 80 columns, aligned, the verdict last.
#pragma once

#include "sim/report/report.h"

// The caller frees the text. `colour` adds terminal escapes.
char *report_to_text(const Report *report, bool colour);
