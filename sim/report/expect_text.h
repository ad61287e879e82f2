// SPDX-License-Identifier: Apache-2.0
// The section of the text report about `expect:`.
#pragma once

#include "sim/report/report.h"
#include "sim/report/text_lines.h"

// Those that hold take a line; those that do not also say where they stand, what was expected, what
// was got, and by which commands one may look closer.
void text_expectations(TextReport *self, const Report *report);
