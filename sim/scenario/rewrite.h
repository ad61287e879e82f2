// SPDX-License-Identifier: Apache-2.0
// Rewrite: the text of a scenario with another value in one place.
#pragma once

#include <glib.h>

#include "sim/scenario/scenario.h"

// `text` with `value` instead of the scalar `old` that begins at `position`; all else, quotes
// included, stays byte for byte. Both are texts of bounds, which mean themselves in quotes and
// without. NULL when the scalar is not just this one's, or not written as `old`: with a variable,
// an anchor, escapes or a line break; with an error that says why. The caller frees it.
char *rewrite_scalar(const char *text, SourcePosition position, const char *old, const char *value,
                     GError **error);
