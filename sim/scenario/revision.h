// SPDX-License-Identifier: Apache-2.0
// Revision: the text of an expectation's bounds with other numbers, so that they allow what was
// measured.
#pragma once

#include <glib.h>

#include "sim/scenario/metric.h"

// `text`, which bounds_parse() takes and which does not allow all from `least` to `most`, so that
// it does. Sign, form, tolerance, units and blanks stay. A bound moves outward, rounded by 3 % of
// the value at most; of a range only the end that was passed; a tolerance gets another middle, and
// an exact value becomes what was measured. NULL when no such numbers can be written, with an error
// that says why. The caller frees it.
char *revision_new(MetricUnit unit, const char *text, double least, double most, GError **error);
