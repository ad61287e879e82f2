// SPDX-License-Identifier: Apache-2.0
// ImportFormat: another tool whose words for a network can be read, one file each; meson makes the
// list of them.
#pragma once

#include "sim/import/scenario_text.h"
#include "sim/import/words.h"

typedef struct {
    const char *name;    // "tc"
    const char *summary; // one line
    const char *example;
    // Reads all of `words` into `scenario`, which is empty; what differs here goes into comments.
    // The error says where the text is wrong and what would be right.
    bool (*read)(Words *words, ScenarioText *scenario, GError **error);
} ImportFormat;

// In the order of the help text, ended by NULL.
extern const ImportFormat *const import_formats[];
