// SPDX-License-Identifier: Apache-2.0
// Cuts each line into fields without copying them, by commas or as a flat JSON object, and takes
// from those what a replay needs. Lines may have more columns, in any order.
#include "sim/fates/fate_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/quote.h"
#include "sim/fates/fate_words.h"

enum { MAX_COLUMNS = 64, SHOWN_BYTES = 40 };

// Of a column that means nothing here.
#define NO_COLUMN N_FATE_COLUMNS

typedef struct {
    const char *start; // NULL: not in the line
    size_t n_bytes;
} Field;

typedef struct {
    char *name;
    size_t line; // of its first frame
    FateTable *tables[N_LINK_DIRECTIONS];
} FileLink;

struct FateFile {
    GPtrArray *links;    // of FileLink
    GHashTable *by_name; // names to FileLink
};

typedef struct {
    FateFile *file;
    const char *path;
    size_t line;
    FileLink *link; // of the line before
    bool is_json;
    FateColumn columns[MAX_COLUMNS]; // of CSV; NO_COLUMN for one of no interest
    unsigned n_columns;
    FateColumn next;              // of JSON: what to expect
    Field fields[N_FATE_COLUMNS]; // of the present line
    GError **error;
} Reader;

static void file_link_free(gpointer data)
{
    FileLink *link = data;

    for (int direction = 0; direction < N_LINK_DIRECTIONS; direction++)
        fate_table_free(link->tables[direction]);
    g_free(link->name);
    g_free(link);
}

void fate_file_free(FateFile *file)
{
    g_hash_table_unref(file->by_name);
    g_ptr_array_unref(file->links);
    g_free(file);
}

G_GNUC_PRINTF(2, 3)
static bool reader_fail(const Reader *self, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(self->error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s:%zu: %s", self->path, self->line,
                text);
    return false;
}

static bool reader_fail_field(const Reader *self, FateColumn column, const char *expected)
{
    const Field *field = &self->fields[column];
    g_autofree char *text = g_strndup(field->start, MIN(field->n_bytes, SHOWN_BYTES));
    g_autofree char *quote = NULL;

    if (field->start == NULL)
        return reader_fail(self, "there is no %s", fate_column_names[column]);
    quote = quote_new(text);
    return reader_fail(self, "%s: %s: write %s", fate_column_names[column], quote, expected);
}

static bool field_is(const Field *field, const char *word)
{
    return field->n_bytes == strlen(word) && memcmp(field->start, word, field->n_bytes) == 0;
}

// Looks first at `guess`.
static FateColumn column_find(const Field *name, FateColumn guess)
{
    for (unsigned i = 0; i < N_FATE_COLUMNS; i++) {
        FateColumn column = (FateColumn)((guess + i) % N_FATE_COLUMNS);

        if (field_is(name, fate_column_names[column]))
            return column;
    }
    return NO_COLUMN;
}

// The next field of a CSV line from `*at` on, and `*at` behind its comma, NULL behind the last. No
// value that a replay needs has a quote or comma in it, but quotes may be around it.
static Field csv_next(const char **at, const char *end)
{
    bool is_quoted = *at < end && **at == '"';
    const char *start = *at + is_quoted, *stop = NULL, *comma;

    if (is_quoted)
        stop = memchr(start, '"', (size_t)(end - start));
    comma = memchr(stop != NULL ? stop : start, ',', (size_t)(end - (stop != NULL ? stop : start)));
    if (stop == NULL)
        stop = comma != NULL ? comma : end;
    *at = comma != NULL ? comma + 1 : NULL;
    return (Field){start, (size_t)(stop - start)};
}

static bool reader_read_names(Reader *self, const char *start, const char *end)
{
    bool is_there[N_FATE_COLUMNS + 1] = {false};

    for (const char *at = start; at != NULL;) {
        Field name = csv_next(&at, end);

        if (self->n_columns == MAX_COLUMNS)
            return reader_fail(self, "has more than %d columns", MAX_COLUMNS);
        self->columns[self->n_columns] = column_find(&name, 0);
        is_there[self->columns[self->n_columns++]] = true;
    }
    for (FateColumn column = 0; column < N_FATE_COLUMNS; column++)
        if (!is_there[column])
            return reader_fail(self,
                               "no column is named %s: this is no file that `fates:` writes, whose "
                               "first line names link, direction, number and so on",
                               fate_column_names[column]);
    return true;
}

static bool reader_cut_csv(Reader *self, const char *start, const char *end)
{
    const char *at = start;
    unsigned n = 0;

    for (; at != NULL && n < self->n_columns; n++) {
        Field field = csv_next(&at, end);

        if (self->columns[n] != NO_COLUMN)
            self->fields[self->columns[n]] = field;
    }
    if (n == self->n_columns && at == NULL)
        return true;
    return reader_fail(self, "has %s columns than the %u that the first line names",
                       at != NULL ? "more" : "fewer", self->n_columns);
}

static const char *json_skip_space(const char *at)
{
    while (*at == ' ' || *at == '\t')
        at++;
    return at;
}

// A string, without its quotes, or anything else up to the next delimiter, as it stands there.
// NULL when it does not end in the line, whose end is a NUL.
static const char *json_value(const char *at, Field *value)
{
    const char *start = at;

    if (*at == '"') {
        start = ++at;
        at = strpbrk(at, "\"\\");
        while (at != NULL && *at == '\\')
            at = at[1] != '\0' ? strpbrk(at + 2, "\"\\") : NULL;
        *value = (Field){start, at != NULL ? (size_t)(at - start) : 0};
        return at != NULL ? at + 1 : NULL;
    }
    while (*at != ',' && *at != '}' && *at != ' ' && *at != '\t' && *at != '\0')
        at++;
    *value = (Field){start, (size_t)(at - start)};
    return at;
}

// Returns what follows a member of an object; NULL when it is none.
static const char *reader_cut_member(Reader *self, const char *at)
{
    Field name, value;
    FateColumn column;

    if (*at != '"' || (at = json_value(at, &name)) == NULL)
        return NULL;
    at = json_skip_space(at);
    if (*at != ':' || (at = json_value(json_skip_space(at + 1), &value)) == NULL)
        return NULL;
    column = column_find(&name, self->next);
    if (column != NO_COLUMN) {
        self->fields[column] = value;
        self->next = column + 1; // as they are written
    }
    return json_skip_space(at);
}

static bool reader_cut_json(Reader *self, const char *start)
{
    const char *at = json_skip_space(start);

    self->next = 0;
    if (*at != '{')
        return reader_fail(self, "is no JSON object: write {\"link\": …}");
    do
        at = reader_cut_member(self, json_skip_space(at + 1));
    while (at != NULL && *at == ',');
    if (at == NULL || *at != '}' || *json_skip_space(at + 1) != '\0')
        return reader_fail(self, "is no JSON object on one line, of texts and numbers only");
    return true;
}

static bool field_number(const Field *field, uint64_t *number)
{
    uint64_t value = 0;

    for (size_t i = 0; i < field->n_bytes; i++) {
        unsigned digit = (unsigned)(unsigned char)field->start[i] - '0';

        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *number = value;
    return field->n_bytes > 0;
}

static bool reader_number(const Reader *self, FateColumn column, uint64_t most, uint64_t *number)
{
    if (field_number(&self->fields[column], number) && *number <= most)
        return true;
    return reader_fail_field(self, column, "a whole number");
}

static bool reader_time(const Reader *self, FateColumn column, int64_t *time_ns)
{
    Field field = self->fields[column];
    bool is_negative = field.n_bytes > 0 && *field.start == '-';
    uint64_t number;

    field.start += is_negative;
    field.n_bytes -= is_negative;
    if (!field_number(&field, &number) || number > INT64_MAX / 4)
        return reader_fail_field(self, column, "whole nanoseconds");
    *time_ns = is_negative ? -(int64_t)number : (int64_t)number;
    return true;
}

static bool reader_word(const Reader *self, FateColumn column, const char *const *words,
                        unsigned n_words, unsigned *index)
{
    g_autofree char *expected = NULL;

    for (*index = 0; *index < n_words; ++*index)
        if (field_is(&self->fields[column], words[*index]))
            return true;
    expected = g_strjoinv(" or ", (char **)words);
    return reader_fail_field(self, column, expected);
}

static FileLink *reader_find_link(Reader *self)
{
    const Field *name = &self->fields[FATE_LINK];
    g_autofree char *key = NULL;

    if (self->link != NULL && field_is(name, self->link->name))
        return self->link;
    key = g_strndup(name->start, name->n_bytes);
    self->link = g_hash_table_lookup(self->file->by_name, key);
    if (self->link != NULL)
        return self->link;
    self->link = g_new0(FileLink, 1);
    self->link->line = self->line;
    self->link->name = g_steal_pointer(&key);
    for (int direction = 0; direction < N_LINK_DIRECTIONS; direction++)
        self->link->tables[direction] = fate_table_new();
    g_ptr_array_add(self->file->links, self->link);
    g_hash_table_insert(self->file->by_name, self->link->name, self->link);
    return self->link;
}

static bool reader_take_delivered(const Reader *self, Fate *fate)
{
    int64_t propagation_ns, jitter_ns;

    if (!reader_time(self, FATE_PROPAGATION_NS, &propagation_ns) ||
        !reader_time(self, FATE_JITTER_NS, &jitter_ns))
        return false;
    fate->fate = FATE_DELIVERED;
    fate->flight_ns = propagation_ns + jitter_ns;
    if (fate->flight_ns < 0)
        return reader_fail(self, "propagation_ns and jitter_ns are less than nothing together");
    return true;
}

static bool reader_take_dropped(const Reader *self, Fate *fate)
{
    static const char *const names[N_DROP_REASONS + 1] = {
#define REASON_NAME(constant, name, meaning) [constant] = name,
        DROP_REASONS(REASON_NAME)
#undef REASON_NAME
    };
    int64_t in_ns, out_ns;
    unsigned reason;

    if (!reader_time(self, FATE_IN_NS, &in_ns) || !reader_time(self, FATE_OUT_NS, &out_ns) ||
        !reader_word(self, FATE_REASON, names, N_DROP_REASONS, &reason))
        return false;
    fate->fate = (uint8_t)reason;
    fate->was_sent = fate_was_sent((DropReason)reason, out_ns - in_ns);
    return true;
}

// Whether every field is there that each line has.
static bool reader_is_whole(const Reader *self)
{
    static const FateColumn columns[] = {FATE_LINK,  FATE_DIRECTION, FATE_NUMBER, FATE_COPY,
                                         FATE_IN_NS, FATE_OUT_NS,    FATE_FATE};

    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++)
        if (self->fields[columns[i]].start == NULL)
            return reader_fail(self, "there is no %s", fate_column_names[columns[i]]);
    return true;
}

// Takes over the frame that the line in `fields` tells of.
static bool reader_take(Reader *self)
{
    static const char *const directions[] = {"forward", "reverse", NULL};
    static const char *const fates[] = {FATE_WORD_DELIVERED, FATE_WORD_DROPPED, NULL};
    Fate fate = {0};
    unsigned direction, outcome;
    uint64_t copy = 0;

    if (!reader_is_whole(self) ||
        !reader_word(self, FATE_DIRECTION, directions, N_LINK_DIRECTIONS, &direction) ||
        !reader_number(self, FATE_NUMBER, UINT64_MAX, &fate.number) ||
        !reader_number(self, FATE_COPY, UINT8_MAX, &copy) ||
        !reader_word(self, FATE_FATE, fates, 2, &outcome))
        return false;
    fate.copy = (uint8_t)copy;
    fate.is_marked = self->fields[FATE_ECN].start != NULL &&
                     field_is(&self->fields[FATE_ECN], fate_ecn_names[3]);
    if (!(outcome == 0 ? reader_take_delivered : reader_take_dropped)(self, &fate))
        return false;
    // What rules of `faults` answer is answered again.
    if (fate.copy != LINK_ANSWER_COPY)
        fate_table_add(reader_find_link(self)->tables[direction], &fate);
    return true;
}

static bool reader_read_line(Reader *self, const char *start, size_t n_bytes)
{
    if (memchr(start, '\0', n_bytes) != NULL)
        return reader_fail(self, "has a byte 0: this is no text");
    if (self->line == 1)
        self->is_json = *json_skip_space(start) == '{';
    if (self->line == 1 && !self->is_json)
        return reader_read_names(self, start, start + n_bytes);
    memset(self->fields, 0, sizeof self->fields);
    if (n_bytes == 0)
        return true;
    if (self->is_json ? !reader_cut_json(self, start)
                      : !reader_cut_csv(self, start, start + n_bytes))
        return false;
    return reader_take(self);
}

static bool reader_read(Reader *self, FILE *stream)
{
    char *text = NULL;
    size_t room_bytes = 0;
    ssize_t n_bytes;
    bool is_right = true;

    while (is_right && (n_bytes = getline(&text, &room_bytes, stream)) >= 0) {
        while (n_bytes > 0 && (text[n_bytes - 1] == '\n' || text[n_bytes - 1] == '\r'))
            text[--n_bytes] = '\0';
        self->line++;
        is_right = reader_read_line(self, text, (size_t)n_bytes);
    }
    free(text);
    if (is_right && ferror(stream) != 0) {
        g_set_error(self->error, G_FILE_ERROR, (int)g_file_error_from_errno(errno),
                    "%s: cannot be read: %s", self->path, g_strerror(errno));
        return false;
    }
    if (is_right && self->line == 0) {
        self->line = 1;
        return reader_fail(self, "is empty: a file that `fates:` writes has at least a line");
    }
    return is_right;
}

static bool file_complete(FateFile *file, const char *path, GError **error)
{
    const Fate *twice;

    for (guint i = 0; i < file->links->len; i++) {
        FileLink *link = g_ptr_array_index(file->links, i);

        for (unsigned direction = 0; direction < N_LINK_DIRECTIONS; direction++) {
            if (fate_table_complete(link->tables[direction], &twice))
                continue;
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                        "%s: link %s, %s: frame %" G_GUINT64_FORMAT
                        " has two fates: this is more than one recording",
                        path, link->name, fate_direction_names[direction], twice->number);
            return false;
        }
    }
    return true;
}

FateFile *fate_file_read(const char *path, GError **error)
{
    g_autoptr(FateFile) file = g_new0(FateFile, 1);
    Reader reader = {.file = file, .path = path, .error = error};
    FILE *stream = fopen(path, "re");
    bool is_right;

    file->links = g_ptr_array_new_with_free_func(file_link_free);
    file->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    if (stream == NULL) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno),
                    "%s: cannot be read: %s", path, g_strerror(errno));
        return NULL;
    }
    is_right = reader_read(&reader, stream);
    fclose(stream);
    return is_right && file_complete(file, path, error) ? g_steal_pointer(&file) : NULL;
}

const FateTable *fate_file_table(const FateFile *file, const char *link, LinkDirection direction)
{
    const FileLink *found = g_hash_table_lookup(file->by_name, link);

    return found != NULL ? found->tables[direction] : NULL;
}

unsigned fate_file_n_links(const FateFile *file)
{
    return file->links->len;
}

const char *fate_file_link(const FateFile *file, unsigned n, size_t *line)
{
    const FileLink *link = g_ptr_array_index(file->links, n);

    *line = link->line;
    return link->name;
}
