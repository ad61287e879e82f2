// SPDX-License-Identifier: Apache-2.0
// Problems: what is wrong or odd in one file, collected in any order and told in the file's.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "sim/scenario/source_position.h"

typedef struct Problems Problems;

enum { PROBLEMS_PRINTED = 100 }; // errors that problems_format() prints; the rest is counted

// `path` is what lines begin with.
Problems *problems_new(const char *path);
void problems_free(Problems *problems);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Problems, problems_free)

// Adds "path:line:column: where: message"; line 0 leaves line and column out, NULL or an empty
// `where` leaves that out. An error makes the file wrong, a warning does not.
void problems_error(Problems *problems, SourcePosition position, const char *where,
                    const char *format, ...) G_GNUC_PRINTF(4, 5);
void problems_warn(Problems *problems, SourcePosition position, const char *where,
                   const char *format, ...) G_GNUC_PRINTF(4, 5);

size_t problems_n_errors(const Problems *problems);

// Whether so many errors are known that details of another will hardly be printed: searches for
// the nearest name are not worth their time any more.
bool problems_are_many(const Problems *problems);

// All errors, sorted by place, each line ended by a newline; the caller frees it.
char *problems_format(const Problems *problems);

// All warnings, sorted by place, as an array of char * that owns them.
GPtrArray *problems_warnings(const Problems *problems);
