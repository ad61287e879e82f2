// SPDX-License-Identifier: Apache-2.0
// Document: a YAML text as a tree of values, each with its place. Anchors are resolved and merge
// keys carried out, so readers see plain scalars, lists and maps. libyaml is used by it alone.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "sim/scenario/problems.h"

typedef struct Document Document;
typedef struct Value Value;

typedef enum { VALUE_SCALAR, VALUE_LIST, VALUE_MAP } ValueKind;

typedef struct {
    const Value *key; // always a scalar
    const Value *value;
} Entry;

struct Value {
    ValueKind kind;
    bool is_null;     // a scalar: nothing, ~ or null, without quotes
    bool is_plain;    // a scalar without quotes
    bool is_anchored; // it or what it stands in has an anchor, by which other places may have it
    size_t n_values;  // this one and all within, those of aliases each time they occur
    char *text;       // of a scalar: UTF-8 without NUL
    GPtrArray *items; // of a list: of const Value *
    GArray *entries;  // of a map: of Entry, each key once, merged ones behind the map's own
    SourcePosition position;
    size_t n_before; // characters of the text before it
};

// NULL when `text` is not one well-formed document: then errors were added to `problems`. A value
// may be reached by several ways, never from itself. At most 2 million values when all aliases are
// followed, nested 64 deep.
Document *document_parse(const char *text, size_t length_bytes, Problems *problems);
void document_free(Document *document);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Document, document_free)

// Gives a scalar of the document another text, which it takes over, at the same place.
void document_replace(Document *document, const Value *scalar, char *text);

const Value *document_root(const Document *document);

// The scalar with text that begins there, with its quote or anchor; NULL for none.
const Value *document_scalar_at(const Document *document, SourcePosition position);
