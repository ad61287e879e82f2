// SPDX-License-Identifier: Apache-2.0
// ReportFile: where `--report FILE` has the report written as JSON; "-" is standard output.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "sim/report/report.h"

// Before anything starts: that a file cannot be written is known early. NULL is fine.
bool output_file_check(const char *option, const char *path, GError **error);
bool report_file_check(const char *path, GError **error);

bool report_file_write(const Report *report, const char *path, GError **error);
