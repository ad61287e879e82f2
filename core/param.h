// SPDX-License-Identifier: Apache-2.0
// Parameter tables: what can be configured, in one place. The loader, range checks, error texts,
// `taploom check` and the reference page all read them.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/quantity.h"

typedef enum {
    PARAM_DURATION,    // int64_t, nanoseconds
    PARAM_RATE,        // uint64_t, bits a second
    PARAM_SIZE,        // uint64_t, bytes
    PARAM_PROBABILITY, // Probability
    PARAM_LIMIT,       // Limit
    PARAM_COUNT,       // uint64_t
    PARAM_RATIO,       // uint64_t, in units of 2^-64
    PARAM_DECIMAL,     // uint64_t, millionths
    PARAM_BOOLEAN,     // bool
    PARAM_CHOICE,      // int, an index into `choices`
    PARAM_OBJECT,      // const ParamObject *, of the class `object_class`, or NULL
} ParamType;

// What a text or a file was parsed into: a pattern, a table, a trace. Never changed afterwards, and
// shared by all configurations that hold it. The first member of the structure it is.
typedef struct ParamObject ParamObject;

typedef struct {
    const char *noun; // "a pattern such as ..x", for error texts
    bool from_file;   // the parameter names a file, whose content is parsed
    // Parses `n_bytes` of `text`, ended by a NUL. An error in a file begins with
    // "NAME:LINE: "; `name` is the file, or the text itself.
    ParamObject *(*parse)(const char *name, const char *text, size_t n_bytes, GError **error);
    void (*free)(ParamObject *object); // what it holds, and itself
} ParamObjectClass;

struct ParamObject {
    const ParamObjectClass *class;
    char *source; // what the file says: the text, or the path
    gint n_references;
};

// A word that stands for an amount, as `ethernet` for 24 bytes; below the parameter's least, or
// PARAM_NO_AMOUNT, it is the absence of one, which its owner knows the meaning of.
typedef struct {
    const char *word;
    uint64_t amount;
} ParamWord;

#define PARAM_NO_AMOUNT UINT64_MAX

// Of a PARAM_OBJECT that a configuration may have from elsewhere: `none` takes it away.
extern const ParamWord param_none_words[];

typedef struct {
    const char *name;
    ParamType type;
    size_t offset;        // of the field in the configuration
    const char *fallback; // as written in a file; NULL when it stays as zeroed: not configured
    bool required;        // within its map, when the map is given at all
    bool alternative;     // likewise, but one of all such parameters of the map is enough
    uint64_t min, max;    // in the type's own unit, both inclusive; max 0 means no bound of its own
    const char *const *choices;           // PARAM_CHOICE: NULL-terminated
    const ParamWord *words;               // optional, ended by a NULL word
    const ParamObjectClass *object_class; // PARAM_OBJECT
    const char *summary;                  // one line, for the reference page
} ParamSpec;

#define PARAM_END                                                                                  \
    {                                                                                              \
        .name = NULL                                                                               \
    }

// Whether it has an upper bound of its own, besides that of its type.
static inline bool param_is_bounded(const ParamSpec *spec)
{
    return spec->max > 0;
}

// Sets the field of `config` that `spec` describes from `text`. The error says what is wrong, what
// would be right and the range; it does not repeat the parameter's name. Changes nothing on error.
// A parameter whose object comes from a file is set with param_set_object() instead.
bool param_set(const ParamSpec *spec, void *config, const char *text, GError **error);

// Parses an object; the caller owns one reference. `name` and the errors as in ParamObjectClass.
ParamObject *param_object_new(const ParamObjectClass *class, const char *name, const char *text,
                              size_t n_bytes, GError **error);
ParamObject *param_object_ref(ParamObject *object);
void param_object_unref(ParamObject *object); // NULL is fine

// Sets a PARAM_OBJECT to `object`, of its class, of which it takes a reference; NULL for none.
void param_set_object(const ParamSpec *spec, void *config, ParamObject *object);

// For a configuration whose bytes have been copied, or are about to be forgotten: takes, or gives
// back, a reference to each object that the table's fields hold.
void param_ref_objects(const ParamSpec *table, const void *config);
void param_unref_objects(const ParamSpec *table, const void *config);

// Copies the field that `spec` describes from one configuration to another.
void param_copy(const ParamSpec *spec, void *to, const void *from);

// Sets the field of `config` to `from` + (`to` - `from`) x `part` / `whole` of two configurations,
// towards `from` where that is no whole number; exactly `to` when `part` is `whole`. False, with
// nothing set, where nothing lies between the two: other types than numbers, limits in different
// units, and what is absent (no limit, no rate).
bool param_interpolate(const ParamSpec *spec, void *config, const void *from, const void *to,
                       uint64_t part, uint64_t whole);

// Writes the fallback of every parameter of the table that has one.
void param_set_fallbacks(const ParamSpec *table, void *config);

// Whether `text` is one of the parameter's words.
bool param_has_word(const ParamSpec *spec, const char *text);

// The value as a file would write it; the caller frees it.
char *param_format(const ParamSpec *spec, const void *config);

// "0ns to 1h", "independent or gilbert", "yes or no": for error texts and the reference page.
char *param_range(const ParamSpec *spec);

// The entry of that name, or NULL.
const ParamSpec *param_find(const ParamSpec *table, const char *name);

// The candidate (a NULL-terminated list) most like `word` (Damerau-Levenshtein), or NULL when none
// is near: at most a third of the letters, two at least but never all of them, may differ.
const char *param_nearest(const char *word, const char *const *candidates);
