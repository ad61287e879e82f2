// SPDX-License-Identifier: Apache-2.0
// SchemaWriter: the words of JSON Schema, and parameters by their tables. `name` is the member of
// the map that is open; NULL within a list.
#pragma once

#include <json-glib/json-glib.h>

#include "core/param.h"

typedef struct {
    JsonBuilder *json;
} SchemaWriter;

void schema_text(SchemaWriter *writer, const char *name, const char *value);
void schema_names(SchemaWriter *writer, const char *name, const char *const *values);

// A map, and a list of alternatives, each up to its end.
void schema_open(SchemaWriter *writer, const char *name);
void schema_close(SchemaWriter *writer);
void schema_choices(SchemaWriter *writer);
void schema_choices_end(SchemaWriter *writer);

// What the definition of that name says; as an alternative without `_as`.
void schema_reference_as(SchemaWriter *writer, const char *name, const char *definition);
void schema_reference(SchemaWriter *writer, const char *definition);

// A type by its name, and one of some words, as alternatives.
void schema_type(SchemaWriter *writer, const char *type);
void schema_words(SchemaWriter *writer, const char *const *words);

// The ways to write one parameter, as alternatives; what it means; and both as a whole.
void schema_param_forms(SchemaWriter *writer, const ParamSpec *param);
void schema_description(SchemaWriter *writer, const ParamSpec *param);
void schema_param(SchemaWriter *writer, const char *name, const ParamSpec *param);

// Of a map: that it has no keys but its properties.
void schema_no_more_keys(SchemaWriter *writer);

// What schema_param_forms() refers to.
void schema_type_definitions(SchemaWriter *writer);
