// SPDX-License-Identifier: Apache-2.0
// Section: the keys that one map of a scenario file may have, as a table, and how they are read.
// Spot: a value together with the way to it, for error texts.
#pragma once

#include "core/param.h"
#include "sim/scenario/document.h"

typedef struct Loader Loader;
typedef struct Spot Spot;
typedef struct Section Section;

struct Spot {
    const Spot *outer; // NULL at the root
    const char *key;   // NULL for an item of a list
    size_t index;
    const Value *value;
    Problems *problems;
};

// A key whose value is more than one parameter.
typedef struct {
    const char *name;
    // Reads spot->value into `into`; adds what is wrong with it as errors.
    void (*read)(Loader *loader, const Spot *spot, void *into);
} Field;

struct Section {
    const char *noun;        // "a task", for error texts
    const Field *fields;     // ended by a NULL name; NULL for none
    const ParamSpec *params; // of fields of `into`; NULL for none
    // Tries a key of neither table, false when it does not know it; NULL for none. The names are
    // all that it knows.
    bool (*read_other)(Loader *loader, const Spot *spot, void *into);
    const char *const *other_names;
};

// Is told of each section that is read, and where: "links[0].reverse".
typedef void (*SectionWitness)(void *data, const char *where, const Section *section);

// Parses the text of a scenario for nothing but that; returns its errors, NULL when it has none.
char *scenario_tell_sections(const char *path, const char *text, SectionWitness witness,
                             void *data);

Spot spot_root(const Value *value, Problems *problems);
Spot spot_entry(const Spot *map, guint index);
Spot spot_item(const Spot *list, guint index);

// "links[0].delay"; the caller frees it.
char *spot_where(const Spot *spot);

void spot_error(const Spot *spot, const char *format, ...) G_GNUC_PRINTF(2, 3);

// Whether the value is a list or a map; otherwise an error says so, with `example` as the remedy.
bool spot_is_list(const Spot *spot, const char *example);
bool spot_is_map(const Spot *spot, const char *example);

// The text of a scalar; NULL after an error for anything else, and for nothing at all.
const char *spot_text(const Spot *spot, const char *example);

// The entry of that key in a map, as its index; false without one.
bool spot_find(const Spot *map, const char *key, guint *index);

// Sets one parameter from a scalar.
void spot_read_param(const Spot *spot, const ParamSpec *spec, void *config);

// Reads every entry of the map at `spot` by the tables of `section`; unknown keys are errors that
// name the nearest known one. A value that is null is an empty map. False if it is no map at all.
bool section_read(const Section *section, Loader *loader, const Spot *spot, void *into);

// Adds an error for a name that is none of `candidates` (NULL-terminated), with the nearest.
void spot_error_unknown(const Spot *spot, const char *noun, const char *name,
                        const char *const *candidates);
