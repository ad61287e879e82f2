// SPDX-License-Identifier: Apache-2.0
// ScenarioText: a scenario file in the making, with one link that matters and comments that say
// what differs from the tool it comes from.
#pragma once

#include <glib.h>

// Lines and comments in the order in which they were added.
typedef struct TextBlock TextBlock;

// Adds a line as it stands.
void text_block_line(TextBlock *block, const char *format, ...) G_GNUC_PRINTF(2, 3);

// Adds a comment, which is broken between words to fit into 80 columns.
void text_block_note(TextBlock *block, const char *format, ...) G_GNUC_PRINTF(2, 3);

typedef struct {
    TextBlock *head;     // comments at the top
    TextBlock *top;      // `seed: 7` and the like
    TextBlock *nodes;    // entries of the map `nodes`
    TextBlock *link;     // keys of the link, endpoints and name first
    TextBlock *reverse;  // keys of its `reverse`
    TextBlock *faults;   // items of its `faults`
    TextBlock *links;    // items of `links` besides it
    TextBlock *timeline; // items
    TextBlock *tasks;    // items
} ScenarioText;

ScenarioText *scenario_text_new(void);
void scenario_text_free(ScenarioText *scenario);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ScenarioText, scenario_text_free)

// A text in double quotes as YAML reads it; the caller frees it.
char *scenario_text_quote(const char *text);

// The same where it has to be, else as it stands: a name or a quantity; the caller frees it.
char *scenario_text_value(const char *text);

// The whole file; the caller frees it.
char *scenario_text_print(const ScenarioText *scenario);
