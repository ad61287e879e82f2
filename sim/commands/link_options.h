// SPDX-License-Identifier: Apache-2.0
// LinkOptions: what a link can be, as options of a command line: `--KEY VALUE` and
// `--KEY.PARAM VALUE` for each key and parameter that the tables of links/ know.
#pragma once

#include <glib.h>

#include "sim/import/scenario_text.h"

typedef struct LinkOptions LinkOptions;

LinkOptions *link_options_new(void);
void link_options_free(LinkOptions *options);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LinkOptions, link_options_free)

// Adds its entries to an array of GOptionEntry: the keys, `reverse` and `preset`; parameters are
// hidden from help texts. What they are parsed into, and their names, belong to `options`.
void link_options_add_entries(LinkOptions *options, GArray *entries);

// Writes what was asked for as keys of the link, and of its reverse direction, which
// `--reverse 'rate=1mbit,loss.burst=4'` gives. The error is one of form only: what keys, values and
// parameters there are is for the loader to say.
gboolean link_options_write(const LinkOptions *options, ScenarioText *text, GError **error);

// The place of an error of the loader ("links[0].reverse.loss") as the option that is to blame
// ("--reverse loss"); the caller frees it.
char *link_options_where(const char *where);
