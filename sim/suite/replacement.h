// SPDX-License-Identifier: Apache-2.0
// Replacement: another content of a file, in place all at once.
#pragma once

#include <glib.h>
#include <stdbool.h>

// Writes a new file beside that of `path`, with its permissions and, where this may be given, its
// owner, and puts it in its place: whoever reads it has all of the one or all of the other. A
// symbolic link stays one. False, with nothing changed, when the system refuses it, as it does a
// file that may not be written.
bool replacement_write(const char *path, const char *text, GError **error);
