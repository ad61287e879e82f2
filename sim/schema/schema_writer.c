// SPDX-License-Identifier: Apache-2.0
// How values of each type may look, as patterns, and the words of JSON Schema that are in use.
#include "sim/schema/schema_writer.h"

#define NUMBER_PATTERN "^[0-9]+(\\.[0-9]+)? ?"

// How values of each type are written. What YAML takes for a number or a truth value is one here.
static const struct {
    const char *name;
    bool may_be_number;
    const char *pattern; // NULL for any text
} schema_types[] = {
    [PARAM_DURATION] = {"duration", false, NUMBER_PATTERN "(ns|us|ms|s|min|h)$"},
    [PARAM_RATE] = {"rate", false, NUMBER_PATTERN "[kKmMgG]?[bB][iI][tT]$"},
    [PARAM_SIZE] = {"size", false, NUMBER_PATTERN "(B|kB|KiB|MB|MiB|GB|GiB)$"},
    [PARAM_PROBABILITY] = {"probability", false, "^(100(\\.0+)?|0*[0-9]{1,2}(\\.[0-9]+)?) ?%$"},
    [PARAM_LIMIT] = {"limit", false,
                     NUMBER_PATTERN "(ns|us|ms|s|min|h|B|kB|KiB|MB|MiB|GB|GiB|packets?)$"},
    [PARAM_COUNT] = {"count", true, "^(0x[0-9a-fA-F]+|[0-9]+)$"},
    [PARAM_RATIO] = {"ratio", true, "^[0-9.]+(e-?[0-9]+)?%?$"},
    [PARAM_DECIMAL] = {"decimal", true, NUMBER_PATTERN "$"},
    [PARAM_BOOLEAN] =
        {"boolean", false,
         "^([yY][eE][sS]|[nN][oO]|[tT][rR][uU][eE]|[fF][aA][lL][sS][eE]|[oO][nN]|[oO][fF][fF])$"},
};

void schema_text(SchemaWriter *self, const char *name, const char *value)
{
    json_builder_set_member_name(self->json, name);
    json_builder_add_string_value(self->json, value);
}

void schema_open(SchemaWriter *self, const char *name)
{
    if (name != NULL)
        json_builder_set_member_name(self->json, name);
    json_builder_begin_object(self->json);
}

void schema_close(SchemaWriter *self)
{
    json_builder_end_object(self->json);
}

void schema_choices(SchemaWriter *self)
{
    json_builder_set_member_name(self->json, "anyOf");
    json_builder_begin_array(self->json);
}

void schema_choices_end(SchemaWriter *self)
{
    json_builder_end_array(self->json);
}

void schema_reference_as(SchemaWriter *self, const char *name, const char *definition)
{
    g_autofree char *reference = g_strconcat("#/definitions/", definition, NULL);

    schema_open(self, name);
    schema_text(self, "$ref", reference);
    schema_close(self);
}

void schema_reference(SchemaWriter *self, const char *definition)
{
    schema_reference_as(self, NULL, definition);
}

void schema_type(SchemaWriter *self, const char *type)
{
    schema_open(self, NULL);
    schema_text(self, "type", type);
    schema_close(self);
}

void schema_names(SchemaWriter *self, const char *name, const char *const *values)
{
    json_builder_set_member_name(self->json, name);
    json_builder_begin_array(self->json);
    for (const char *const *value = values; *value != NULL; value++)
        json_builder_add_string_value(self->json, *value);
    json_builder_end_array(self->json);
}

void schema_words(SchemaWriter *self, const char *const *words)
{
    static const char *const truths[] = {"yes", "no", "true", "false", "on", "off", NULL};
    bool has_truth = false;

    schema_open(self, NULL);
    json_builder_set_member_name(self->json, "enum");
    json_builder_begin_array(self->json);
    for (const char *const *word = words; *word != NULL; word++) {
        json_builder_add_string_value(self->json, *word);
        has_truth = has_truth || g_strv_contains(truths, *word);
    }
    if (has_truth) { // without quotes these are no texts to YAML
        json_builder_add_boolean_value(self->json, TRUE);
        json_builder_add_boolean_value(self->json, FALSE);
    }
    json_builder_end_array(self->json);
    schema_close(self);
}

void schema_param_forms(SchemaWriter *self, const ParamSpec *param)
{
    if (param->type == PARAM_CHOICE) {
        schema_words(self, param->choices);
        schema_reference(self, "variable");
    } else if (param->type == PARAM_OBJECT) {
        schema_reference(self, "text");
    } else {
        schema_reference(self, schema_types[param->type].name);
    }
    if (param->words != NULL) {
        g_autoptr(GPtrArray) words = g_ptr_array_new();

        for (const ParamWord *word = param->words; word->word != NULL; word++)
            g_ptr_array_add(words, (gpointer)word->word);
        g_ptr_array_add(words, NULL);
        schema_words(self, (const char *const *)words->pdata);
    }
}

void schema_description(SchemaWriter *self, const ParamSpec *param)
{
    GString *text = g_string_new(param->summary);

    if (param->type != PARAM_OBJECT && param->type != PARAM_BOOLEAN) {
        g_autofree char *range = param_range(param);

        g_string_append_printf(text, " (%s)", range);
    }
    if (param->fallback != NULL)
        g_string_append_printf(text, "; default %s", param->fallback);
    schema_text(self, "description", text->str);
    g_string_free(text, TRUE);
}

void schema_param(SchemaWriter *self, const char *name, const ParamSpec *param)
{
    schema_open(self, name);
    schema_description(self, param);
    schema_choices(self);
    schema_param_forms(self, param);
    schema_choices_end(self);
    schema_close(self);
}

void schema_no_more_keys(SchemaWriter *self)
{
    json_builder_set_member_name(self->json, "additionalProperties");
    json_builder_add_boolean_value(self->json, FALSE);
}

static void schema_definition(SchemaWriter *self, ParamType type)
{
    schema_open(self, schema_types[type].name);
    schema_choices(self);
    schema_open(self, NULL);
    schema_text(self, "type", "string");
    schema_text(self, "pattern", schema_types[type].pattern);
    schema_close(self);
    if (schema_types[type].may_be_number) {
        schema_open(self, NULL);
        schema_text(self, "type", type == PARAM_COUNT ? "integer" : "number");
        json_builder_set_member_name(self->json, "minimum");
        json_builder_add_int_value(self->json, 0); // as none of the patterns has a sign
        schema_close(self);
    }
    if (type == PARAM_BOOLEAN)
        schema_type(self, "boolean");
    schema_reference(self, "variable");
    schema_choices_end(self);
    schema_close(self);
}

void schema_type_definitions(SchemaWriter *self)
{
    for (ParamType type = 0; type < G_N_ELEMENTS(schema_types); type++) {
        if (schema_types[type].name != NULL)
            schema_definition(self, type);
    }
}
