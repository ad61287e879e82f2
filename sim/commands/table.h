// SPDX-License-Identifier: Apache-2.0
// Table: rows of text printed in aligned columns.
#pragma once

#include <glib.h>
#include <stdio.h>

typedef struct Table Table;

// `alignment` has a letter for each column: 'l' or 'r'.
Table *table_new(const char *alignment);
void table_free(Table *table);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Table, table_free)

// Adds a row: as many strings as there are columns, which are copied.
void table_add(Table *table, ...);

void table_print(const Table *table, FILE *file);
