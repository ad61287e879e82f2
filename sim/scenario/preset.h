// SPDX-License-Identifier: Apache-2.0
// Preset: the keys of a link that stand for a kind of network, such as "lte".
#pragma once

#include "sim/scenario/document.h"

typedef struct {
    const char *name;
    const char *summary;             // one line
    const char *source, *url, *date; // where its figures are from, and of when
    const char *note;                // how they were taken
    const Value *up, *down;          // maps: from the subscriber to the network, and the other way
    Document *document;              // owns all of these but the name
} Preset;

// NULL when there is none of that name.
Preset *preset_new(const char *name);
void preset_free(Preset *preset);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Preset, preset_free)

// All names, NULL-terminated; the caller frees the array.
const char **preset_names(void);
