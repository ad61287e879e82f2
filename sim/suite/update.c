// SPDX-License-Identifier: Apache-2.0
// All readings of one place of a file, from every run that counts, are one change or none. Changes
// of a file are made from its end to its start, so that the places before keep theirs, and told in
// the order of the lines.
#include "sim/suite/update.h"

#include <stdlib.h>
#include <string.h>

#include "sim/scenario/revision.h"
#include "sim/scenario/rewrite.h"
#include "sim/suite/replacement.h"

// One place in a file.
typedef struct {
    const Reading *first, *failed; // of it; `failed` NULL while all held
    const Reading *unmeasured;     // NULL while all were
    bool is_mixed;                 // the value is another one in other runs
    double least, most;
    char *revised; // what stands there now; NULL: what stood there
    char *reason;  // why; NULL without
} Place;

typedef struct {
    const char *path;  // as the first test has it
    GHashTable *found; // of Place, owned, by its position
    GPtrArray *places; // the same, in the order of the file once all are known
} UpdatedFile;

typedef struct {
    GPtrArray *files;    // of UpdatedFile, owned
    GHashTable *file_of; // the same by canonical path, owned
    void (*tell)(void *data, const char *line);
    void *data;
    UpdateResult result;
} Update;

static void place_free(void *item)
{
    Place *place = item;

    g_free(place->revised);
    g_free(place->reason);
    g_free(place);
}

static void updated_file_free(void *item)
{
    UpdatedFile *file = item;

    g_ptr_array_unref(file->places);
    g_hash_table_unref(file->found);
    g_free(file);
}

static void update_init(Update *self)
{
    self->files = g_ptr_array_new_with_free_func(updated_file_free);
    self->file_of = g_hash_table_new_full(g_str_hash, g_str_equal, free, NULL);
}

static void update_clear(Update *self)
{
    g_hash_table_unref(self->file_of);
    g_ptr_array_unref(self->files);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Update, update_clear)

G_GNUC_PRINTF(2, 3)
static void update_tell(const Update *self, const char *format, ...)
{
    g_autofree char *line = NULL;
    va_list arguments;

    va_start(arguments, format);
    line = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    self->tell(self->data, line);
}

static guint position_hash(const void *key)
{
    const SourcePosition *position = key;

    return (guint)(position->line * 1009 + position->column);
}

static gboolean position_equal(const void *first, const void *second)
{
    const SourcePosition *one = first, *other = second;

    return one->line == other->line && one->column == other->column;
}

static UpdatedFile *update_file(Update *self, const char *path)
{
    char *canonical = realpath(path, NULL); // by malloc, as free() in the table
    char *key = canonical != NULL ? canonical : strdup(path);
    UpdatedFile *file = g_hash_table_lookup(self->file_of, key);

    if (file != NULL) {
        free(key);
        return file;
    }
    file = g_new0(UpdatedFile, 1);
    file->path = path;
    file->found = g_hash_table_new_full(position_hash, position_equal, NULL, place_free);
    file->places = g_ptr_array_new();
    g_ptr_array_add(self->files, file);
    g_hash_table_insert(self->file_of, key, file);
    return file;
}

static void update_add_reading(UpdatedFile *file, const Reading *reading)
{
    Place *place = g_hash_table_lookup(file->found, &reading->position);

    if (place == NULL) {
        place = g_new0(Place, 1);
        place->first = reading;
        place->least = place->most = reading->value;
        g_hash_table_insert(file->found, (gpointer)&reading->position, place);
        g_ptr_array_add(file->places, place);
    }
    place->is_mixed = place->is_mixed || strcmp(place->first->expected, reading->expected) != 0;
    place->least = MIN(place->least, reading->value);
    place->most = MAX(place->most, reading->value);
    if (!reading->passed && place->failed == NULL)
        place->failed = reading;
    if (!reading->is_measured && place->unmeasured == NULL)
        place->unmeasured = reading;
}

// Whether the last run of the test says what its expectations come to.
static bool update_counts(const Test *test)
{
    return (test->outcome == TEST_PASSED || test->outcome == TEST_FAILED) && !test->task_failed;
}

static void update_collect(Update *self, const GPtrArray *tests)
{
    for (guint i = 0; i < tests->len; i++) {
        const Test *test = g_ptr_array_index(tests, i);

        if (test->outcome == TEST_INVALID)
            update_tell(self, "%s: nothing is taken from this run: it was not valid", test->name);
        else if (test->outcome == TEST_FAILED && test->task_failed)
            update_tell(self, "%s: nothing is taken from this run: a task failed", test->name);
        for (guint n = 0; update_counts(test) && n < test->readings->len; n++)
            update_add_reading(update_file(self, test->path), g_ptr_array_index(test->readings, n));
    }
}

// The text with this place changed; NULL with a reason.
static char *place_change(Place *place, const char *text)
{
    const Reading *failed = place->failed;
    g_autoptr(GError) error = NULL;
    g_autofree char *rewritten = NULL;

    if (place->unmeasured != NULL) {
        place->reason = g_strdup(
            strcmp(failed->metric, "output") == 0 ? "it is a text" : "a run did not measure it");
        return NULL;
    }
    // Before there is a revision, so that what stands under an anchor is told as that.
    rewritten = rewrite_scalar(text, failed->position, failed->expected, failed->expected, &error);
    if (rewritten != NULL && place->is_mixed)
        g_set_error_literal(&error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                            "the file does not have it there");
    if (error == NULL)
        place->revised =
            revision_new(failed->unit, failed->expected, place->least, place->most, &error);
    g_clear_pointer(&rewritten, g_free);
    if (error == NULL)
        rewritten =
            rewrite_scalar(text, failed->position, failed->expected, place->revised, &error);
    place->reason = error != NULL ? g_strdup(error->message) : NULL;
    return g_steal_pointer(&rewritten);
}

static int compare_places(const void *first, const void *second)
{
    const SourcePosition *one = &(*(Place *const *)first)->first->position;
    const SourcePosition *other = &(*(Place *const *)second)->first->position;

    if (one->line != other->line)
        return one->line < other->line ? -1 : 1;
    return one->column < other->column ? -1 : one->column > other->column;
}

static void update_tell_place(const Update *self, const char *path, const Place *place)
{
    const Reading *failed = place->failed;

    if (place->revised != NULL) {
        update_tell(self, "%s:%zu: %s: %s -> %s", path, failed->position.line, failed->metric,
                    failed->expected, place->revised);
        return;
    }
    update_tell(self, "%s:%zu: %s: %s, got %s: change it by hand: %s", path, failed->position.line,
                failed->metric, failed->expected, failed->got, place->reason);
}

// Makes all changes; those that were not made have a reason.
static void update_write(Update *self, UpdatedFile *file)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    guint n_changes = 0;

    g_ptr_array_sort(file->places, compare_places);
    if (!g_file_get_contents(file->path, &text, NULL, &error))
        text = g_strdup("");
    for (guint i = file->places->len; i-- > 0;) {
        Place *place = g_ptr_array_index(file->places, i);
        char *changed = place->failed != NULL ? place_change(place, text) : NULL;

        if (changed == NULL)
            continue;
        n_changes++;
        g_free(text);
        text = changed;
    }
    if (n_changes > 0 && !replacement_write(file->path, text, &error)) {
        self->result.was_refused = true;
        update_tell(self, "%s", error->message);
        for (guint i = 0; i < file->places->len; i++)
            g_clear_pointer(&((Place *)g_ptr_array_index(file->places, i))->revised, g_free);
        return;
    }
    for (guint i = 0; i < file->places->len; i++) {
        const Place *place = g_ptr_array_index(file->places, i);

        if (place->failed != NULL)
            update_tell_place(self, file->path, place);
    }
}

// Whether a test that failed would pass now.
static bool update_mends(Update *self, const Test *test)
{
    bool has_any = false;

    for (guint i = 0; update_counts(test) && i < test->readings->len; i++) {
        const Reading *reading = g_ptr_array_index(test->readings, i);
        const Place *place;

        if (reading->passed || reading->is_soft)
            continue;
        place = g_hash_table_lookup(update_file(self, test->path)->found, &reading->position);
        if (place->revised == NULL)
            return false;
        has_any = true;
    }
    return has_any;
}

UpdateResult update_scenarios(const GPtrArray *tests, void (*tell)(void *data, const char *line),
                              void *data)
{
    g_auto(Update) self = {.tell = tell, .data = data};

    update_init(&self);
    update_collect(&self, tests);
    for (guint i = 0; i < self.files->len; i++)
        update_write(&self, g_ptr_array_index(self.files, i));
    for (guint i = 0; i < tests->len; i++) {
        const Test *test = g_ptr_array_index(tests, i);

        if (test->outcome == TEST_FAILED && !update_mends(&self, test))
            self.result.n_failed++;
    }
    return self.result;
}
