// SPDX-License-Identifier: Apache-2.0
// The sections of the text report about links.
#pragma once

#include "sim/report/report.h"
#include "sim/report/text_lines.h"

// Of each direction: what was asked for beside what was measured, and what became of its frames.
void text_links(TextReport *self, const Report *report);
