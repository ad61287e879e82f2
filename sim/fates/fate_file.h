// SPDX-License-Identifier: Apache-2.0
// FateFile: what a FateLog has written, read again to be replayed: CSV with the names of its
// columns in the first line, or a JSON object a line.
#pragma once

#include <glib.h>

#include "links/link.h"

typedef struct FateFile FateFile;

// Reads all of `path`. The error names the file and, where it is to blame, the line: "x.csv:12: …".
FateFile *fate_file_read(const char *path, GError **error);
void fate_file_free(FateFile *file);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FateFile, fate_file_free)

// What is recorded of that direction of the link of that name, maybe nothing; NULL when the file
// does not know the link. Owned by the file.
const FateTable *fate_file_table(const FateFile *file, const char *link, LinkDirection direction);

// The links that it knows, in the order in which they come, and the line of the first frame of
// each.
unsigned fate_file_n_links(const FateFile *file);
const char *fate_file_link(const FateFile *file, unsigned n, size_t *line);
