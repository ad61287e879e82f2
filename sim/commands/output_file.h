// SPDX-License-Identifier: Apache-2.0
// OutputFile: where an option such as `--report FILE` has something written; "-" is standard
// output.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "sim/report/report.h"

// Before anything starts: that a file cannot be written is known early, with the option in the
// error. NULL is fine.
bool output_file_check(const char *option, const char *path, GError **error);

// A file is there as a whole or not at all.
bool output_file_write(const char *path, const char *text, GError **error);

// As JSON.
bool output_file_write_report(const Report *report, const char *path, GError **error);
