// SPDX-License-Identifier: Apache-2.0
// Reads tables as tc does: the numbers that it makes of its own distributions, and maketable of
// measured delays.
#include "links/delay/dist_file.h"

#include <string.h>

#include "core/quote.h"

typedef struct {
    const char *name;
    unsigned line;
    int16_t values[DIST_MAX_VALUES];
    uint32_t n_values;
} DistReader;

static bool dist_add(DistReader *reader, const char *word, GError **error)
{
    g_autofree char *quote = quote_new(word);
    gint64 value;

    if (!g_ascii_string_to_signed(word, 10, INT16_MIN, INT16_MAX, &value, NULL)) {
        g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_FORM,
                    "%s:%u: %s is not an entry of a table: expected whole numbers from -32768 to "
                    "32767, of which 8192 is one deviation",
                    reader->name, reader->line, quote);
        return false;
    }
    if (reader->n_values == DIST_MAX_VALUES) {
        g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE,
                    "%s:%u: the table is too long: expected at most %d numbers", reader->name,
                    reader->line, DIST_MAX_VALUES);
        return false;
    }
    reader->values[reader->n_values++] = (int16_t)value;
    return true;
}

static bool dist_read_line(DistReader *reader, char *line, GError **error)
{
    char *rest = NULL;

    line[strcspn(line, "#")] = '\0';
    for (char *word = strtok_r(line, " \t\r", &rest); word != NULL;
         word = strtok_r(NULL, " \t\r", &rest))
        if (!dist_add(reader, word, error))
            return false;
    return true;
}

static ParamObject *dist_file_parse(const char *name, const char *text, size_t n_bytes,
                                    GError **error)
{
    g_autofree DistReader *reader = g_new0(DistReader, 1);
    g_autofree char *copy = g_memdup2(text, n_bytes + 1);
    DistFile *file;

    reader->name = name;
    for (char *line = copy, *end; line < copy + n_bytes; line = end + 1) {
        reader->line++;
        end = line + strcspn(line, "\n");
        *end = '\0';
        if (!dist_read_line(reader, line, error))
            return NULL;
    }
    if (reader->n_values == 0) {
        g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_FORM,
                    "%s:%u: the table is empty: expected whole numbers from -32768 to 32767", name,
                    MAX(reader->line, 1));
        return NULL;
    }
    file = g_new0(DistFile, 1);
    file->quantiles = quantiles_new_table(reader->values, reader->n_values);
    return &file->object;
}

static void dist_file_free(ParamObject *object)
{
    g_free(((DistFile *)object)->quantiles);
    g_free(object);
}

const ParamObjectClass dist_file_class = {
    .noun = "a table of tc-netem (.dist)",
    .from_file = true,
    .parse = dist_file_parse,
    .free = dist_file_free,
};
