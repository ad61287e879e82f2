// SPDX-License-Identifier: Apache-2.0
// Every column is as wide as its widest cell, two spaces apart; widths count characters.
#include "sim/commands/table.h"

#include <stdbool.h>
#include <string.h>

struct Table {
    char *alignment;
    GPtrArray *cells; // of char *, row after row
};

Table *table_new(const char *alignment)
{
    Table *self = g_new(Table, 1);

    self->alignment = g_strdup(alignment);
    self->cells = g_ptr_array_new_with_free_func(g_free);
    return self;
}

void table_free(Table *self)
{
    g_ptr_array_unref(self->cells);
    g_free(self->alignment);
    g_free(self);
}

void table_add(Table *self, ...)
{
    va_list cells;

    va_start(cells, self);
    for (size_t i = 0; i < strlen(self->alignment); i++)
        g_ptr_array_add(self->cells, g_strdup(va_arg(cells, const char *)));
    va_end(cells);
}

static glong table_width(const Table *self, size_t column)
{
    size_t n_columns = strlen(self->alignment);
    glong width = 0;

    for (size_t i = column; i < self->cells->len; i += n_columns)
        width = MAX(width, g_utf8_strlen(g_ptr_array_index(self->cells, i), -1));
    return width;
}

void table_print(const Table *self, FILE *file)
{
    size_t n_columns = strlen(self->alignment);
    g_autofree glong *widths = g_new(glong, n_columns);

    for (size_t column = 0; column < n_columns; column++)
        widths[column] = table_width(self, column);
    for (size_t i = 0; i < self->cells->len; i++) {
        size_t column = i % n_columns;
        const char *cell = g_ptr_array_index(self->cells, i);
        int padding = (int)(widths[column] - g_utf8_strlen(cell, -1));
        bool is_last = column == n_columns - 1;

        if (self->alignment[column] == 'r')
            fprintf(file, "%*s%s%s", padding, "", cell, is_last ? "\n" : "  ");
        else
            fprintf(file, "%s%*s", cell, is_last ? 0 : padding + 2, is_last ? "\n" : "");
    }
}
