// SPDX-License-Identifier: Apache-2.0
// Variables: the names whose values stand in a scenario file as ${name}: those of `variables:`,
// with one value each, and those of `matrix:`, with several.
#pragma once

#include "sim/scenario/document.h"

// A choice is a text "loss=1%,rtt=20ms": values for some of the names. A comma ends a value only
// where another of the names and = follow.

// Every combination of the values of `matrix:`, as such choices, the last name changing fastest; ""
// alone without a matrix. An array of char * that owns them; NULL with `*errors` as
// scenario_parse() has them.
GPtrArray *variables_combinations(const char *path, const char *text, size_t length_bytes,
                                  char **errors);

// Puts the value of each name in its place, everywhere but in keys: what one of the `choices`
// (NULL-terminated; NULL for none) says, else what the file does, of a matrix the first value. What
// is wrong is added to `problems`; false where the rest of the document makes no sense then. Unless
// they are NULL, `in_force` gets the names with their values, as SettingSpec that it owns, and
// `combination` the choice that comes to the same.
bool variables_apply(Document *document, const char *const *choices, Problems *problems,
                     GPtrArray *in_force, char **combination);
