// SPDX-License-Identifier: Apache-2.0
// LinkWords: what one direction of a link does to a frame, in plain words.
#pragma once

#include <glib.h>

#include "links/link_config.h"

// "waits for its turn …", "is sent at 10mbit": as many as there are keys with an effect, in the
// order in which a frame meets them; an array of char * that owns them. They come from the tables
// of the stages alone. `told_key` is left out.
GPtrArray *link_words(const LinkConfig *config, const char *told_key);
