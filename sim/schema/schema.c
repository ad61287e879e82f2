// SPDX-License-Identifier: Apache-2.0
// A schema sees a file less sharply than `taploom check`: which keys there are, and how a value is
// written, but neither ranges nor what belongs together.
#include "sim/schema/schema.h"

#include <string.h>

#include "links/fault/fault_action.h"
#include "links/link_config.h"
#include "sim/schema/places.h"

#define NUMBER_PATTERN "^[0-9]+(\\.[0-9]+)? ?"

typedef struct {
    JsonBuilder *json;
} Writer;

// How values of each type are written. What YAML takes for a number or a truth value is one here.
static const struct {
    const char *name;
    bool may_be_number;
    const char *pattern; // NULL for any text
} schema_types[] = {
    [PARAM_DURATION] = {"duration", false, NUMBER_PATTERN "(ns|us|ms|s|min|h)$"},
    [PARAM_RATE] = {"rate", false, NUMBER_PATTERN "(bit|kbit|mbit|gbit)$"},
    [PARAM_SIZE] = {"size", false, NUMBER_PATTERN "(B|kB|KiB|MB|MiB|GB|GiB)$"},
    [PARAM_PROBABILITY] = {"probability", false, NUMBER_PATTERN "%$"},
    [PARAM_LIMIT] = {"limit", false,
                     NUMBER_PATTERN "(ns|us|ms|s|min|h|B|kB|KiB|MB|MiB|GB|GiB|packets?)$"},
    [PARAM_COUNT] = {"count", true, "^(0x[0-9a-fA-F]+|[0-9]+)$"},
    [PARAM_RATIO] = {"ratio", true, "^[0-9.]+(e-?[0-9]+)?%?$"},
    [PARAM_DECIMAL] = {"decimal", true, NUMBER_PATTERN "$"},
    [PARAM_BOOLEAN] = {"boolean", false, "^(yes|no|true|false|on|off)$"},
};

static void write_text(Writer *self, const char *name, const char *value)
{
    json_builder_set_member_name(self->json, name);
    json_builder_add_string_value(self->json, value);
}

static void write_open(Writer *self, const char *name)
{
    if (name != NULL)
        json_builder_set_member_name(self->json, name);
    json_builder_begin_object(self->json);
}

static void write_close(Writer *self)
{
    json_builder_end_object(self->json);
}

static void write_choices(Writer *self)
{
    json_builder_set_member_name(self->json, "anyOf");
    json_builder_begin_array(self->json);
}

static void write_choices_end(Writer *self)
{
    json_builder_end_array(self->json);
}

static void write_reference(Writer *self, const char *definition)
{
    g_autofree char *reference = g_strconcat("#/definitions/", definition, NULL);

    write_open(self, NULL);
    write_text(self, "$ref", reference);
    write_close(self);
}

// A type by its name: one of the alternatives.
static void write_type(Writer *self, const char *type)
{
    write_open(self, NULL);
    write_text(self, "type", type);
    write_close(self);
}

static void write_words(Writer *self, const char *const *words)
{
    static const char *const truths[] = {"yes", "no", "true", "false", "on", "off", NULL};
    bool has_truth = false;

    write_open(self, NULL);
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
    write_close(self);
}

// The ways to write one parameter, as alternatives.
static void write_param_forms(Writer *self, const ParamSpec *param)
{
    if (param->type == PARAM_CHOICE) {
        write_words(self, param->choices);
        write_reference(self, "variable");
    } else if (param->type == PARAM_OBJECT) {
        write_reference(self, "text");
    } else {
        write_reference(self, schema_types[param->type].name);
    }
    if (param->words != NULL) {
        g_autoptr(GPtrArray) words = g_ptr_array_new();

        for (const ParamWord *word = param->words; word->word != NULL; word++)
            g_ptr_array_add(words, (gpointer)word->word);
        g_ptr_array_add(words, NULL);
        write_words(self, (const char *const *)words->pdata);
    }
}

static void write_description(Writer *self, const ParamSpec *param)
{
    GString *text = g_string_new(param->summary);

    if (param->type != PARAM_OBJECT && param->type != PARAM_BOOLEAN) {
        g_autofree char *range = param_range(param);

        g_string_append_printf(text, " (%s)", range);
    }
    if (param->fallback != NULL)
        g_string_append_printf(text, "; default %s", param->fallback);
    write_text(self, "description", text->str);
    g_string_free(text, TRUE);
}

// `name` is the member to write, or NULL.
static void write_param(Writer *self, const char *name, const ParamSpec *param)
{
    write_open(self, name);
    write_description(self, param);
    write_choices(self);
    write_param_forms(self, param);
    write_choices_end(self);
    write_close(self);
}

// A map with the parameters of a table, as an alternative.
static void write_param_map(Writer *self, const ParamSpec *params)
{
    write_open(self, NULL);
    write_text(self, "type", "object");
    write_open(self, "properties");
    for (const ParamSpec *param = params; param->name != NULL; param++)
        write_param(self, param->name, param);
    write_close(self);
    json_builder_set_member_name(self->json, "additionalProperties");
    json_builder_add_boolean_value(self->json, FALSE);
    write_close(self);
}

// All classes that have the key, in the order of the table.
static GPtrArray *classes_of(const char *key)
{
    GPtrArray *classes = g_ptr_array_new();

    for (const StageClass *const *class = stage_classes; *class != NULL; class ++) {
        for (const StageKey *each = (*class)->keys; each->name != NULL; each++) {
            if (strcmp(each->name, key) == 0)
                g_ptr_array_add(classes, (gpointer) * class);
        }
    }
    return classes;
}

static const StageKey *class_key(const StageClass *class, const char *name)
{
    const StageKey *key = class->keys;

    while (strcmp(key->name, name) != 0)
        key++;
    return key;
}

// A parameter of a key, in as many forms as the variants have of it.
static void write_variant_param(Writer *self, const GPtrArray *classes, const char *key,
                                const char *name)
{
    const ParamSpec *first = NULL;
    guint types_seen = 0;

    write_open(self, name);
    for (guint i = 0; i < classes->len; i++) {
        const StageClass *class = g_ptr_array_index(classes, i);
        const ParamSpec *param = param_find(class_key(class, key)->params, name);

        if (param == NULL)
            continue;
        if (first == NULL) {
            write_description(self, param);
            write_choices(self);
            first = param;
        }
        if ((types_seen & 1u << param->type) == 0 || param->type == PARAM_CHOICE ||
            param->words != NULL)
            write_param_forms(self, param);
        types_seen |= 1u << param->type;
    }
    write_choices_end(self);
    write_close(self);
}

static void write_link_map(Writer *self, const GPtrArray *classes, const char *key)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    const StageClass *chief = g_ptr_array_index(classes, 0);

    write_open(self, NULL);
    write_text(self, "type", "object");
    write_open(self, "properties");
    if (chief->selector != NULL) {
        g_autofree const char **variants = link_config_variant_names(key);

        write_open(self, chief->selector);
        write_choices(self);
        write_words(self, variants);
        write_reference(self, "variable");
        write_choices_end(self);
        write_close(self);
    }
    for (guint i = 0; i < classes->len; i++) {
        const StageClass *class = g_ptr_array_index(classes, i);

        for (const ParamSpec *param = class_key(class, key)->params; param->name != NULL; param++) {
            if (g_hash_table_add(seen, (gpointer)param->name))
                write_variant_param(self, classes, key, param->name);
        }
    }
    write_close(self);
    json_builder_set_member_name(self->json, "additionalProperties");
    json_builder_add_boolean_value(self->json, FALSE);
    write_close(self);
}

static void write_link_key(Writer *self, const char *key)
{
    g_autoptr(GPtrArray) classes = classes_of(key);
    const StageClass *chief = g_ptr_array_index(classes, 0);
    const StageKey *first = class_key(chief, key);

    write_open(self, key);
    write_text(self, "description", first->summary);
    write_choices(self);
    write_param_forms(self, first->params);
    write_link_map(self, classes, key);
    write_choices_end(self);
    write_close(self);
}

static void write_fault_action(Writer *self, const FaultAction *action)
{
    write_open(self, action->name);
    write_text(self, "description", action->summary);
    write_choices(self);
    if (action->params->name != NULL)
        write_param_forms(self, action->params);
    write_type(self, "null");
    write_param_map(self, action->params);
    write_choices_end(self);
    write_close(self);
}

static bool is_link_key(const char *name)
{
    g_autofree const char **names = link_config_key_names();

    return g_strv_contains(names, name);
}

// Whether the map knows keys of links besides its own, and nothing else.
static bool place_is_of_links(const Place *place)
{
    for (guint i = 0; i < place->keys->len; i++) {
        const PlaceKey *key = g_ptr_array_index(place->keys, i);

        if (key->is_other && !is_link_key(key->name))
            return false;
    }
    return true;
}

static void write_place(Writer *self, const char *name, const Place *place);

static void write_key(Writer *self, const Place *map, const PlaceKey *key)
{
    bool is_of_links = place_is_of_links(map);

    if (key->param != NULL)
        write_param(self, key->name, key->param);
    else if (key->is_other && is_of_links && is_link_key(key->name))
        write_link_key(self, key->name);
    else if (key->is_other && !is_of_links && fault_action_find(key->name) != NULL)
        write_fault_action(self, fault_action_find(key->name));
    else
        write_place(self, key->name, key->place);
}

static void write_map(Writer *self, const Place *place)
{
    write_open(self, NULL);
    write_text(self, "type", "object");
    write_open(self, "properties");
    for (guint i = 0; place->is_section && i < place->keys->len; i++)
        write_key(self, place, g_ptr_array_index(place->keys, i));
    write_close(self);
    if (place->any != NULL) {
        write_place(self, "additionalProperties", place->any);
    } else if (place->is_section) {
        json_builder_set_member_name(self->json, "additionalProperties");
        json_builder_add_boolean_value(self->json, FALSE);
    }
    write_close(self);
}

static void write_list(Writer *self, const Place *place)
{
    write_open(self, NULL);
    write_text(self, "type", "array");
    if (place->item != NULL)
        write_place(self, "items", place->item);
    write_close(self);
}

// All that a value may be there; anything where nothing is known.
static void write_place(Writer *self, const char *name, const Place *place)
{
    write_open(self, name);
    if (place != NULL) {
        write_choices(self);
        if (place->is_of[VALUE_SCALAR])
            write_reference(self, "text");
        if (place->is_of[VALUE_LIST])
            write_list(self, place);
        if (place->is_of[VALUE_MAP])
            write_map(self, place);
        if (place->may_be_null)
            write_type(self, "null");
        write_choices_end(self);
    }
    write_close(self);
}

static void write_definition(Writer *self, ParamType type)
{
    write_open(self, schema_types[type].name);
    write_choices(self);
    write_open(self, NULL);
    write_text(self, "type", "string");
    write_text(self, "pattern", schema_types[type].pattern);
    write_close(self);
    if (schema_types[type].may_be_number)
        write_type(self, "number");
    if (type == PARAM_BOOLEAN)
        write_type(self, "boolean");
    write_reference(self, "variable");
    write_choices_end(self);
    write_close(self);
}

static void write_definitions(Writer *self)
{
    static const char *const scalars[] = {"string", "number", "boolean", NULL};

    write_open(self, "definitions");
    write_open(self, "text");
    json_builder_set_member_name(self->json, "type");
    json_builder_begin_array(self->json);
    for (const char *const *type = scalars; *type != NULL; type++)
        json_builder_add_string_value(self->json, *type);
    json_builder_end_array(self->json);
    write_close(self);
    write_open(self, "variable");
    write_text(self, "description", "with ${name}, a name of matrix or variables");
    write_text(self, "type", "string");
    write_text(self, "pattern", "\\$\\{[A-Za-z][A-Za-z0-9_-]*\\}");
    write_close(self);
    for (ParamType type = 0; type < G_N_ELEMENTS(schema_types); type++) {
        if (schema_types[type].name != NULL)
            write_definition(self, type);
    }
    write_close(self);
}

JsonNode *schema_to_json(void)
{
    g_autoptr(JsonBuilder) json = json_builder_new();
    g_autoptr(Place) root = places_new();
    Writer self = {json};

    write_open(&self, NULL);
    write_text(&self, "$schema", "http://json-schema.org/draft-07/schema#");
    write_text(&self, "title", "A scenario of Taploom");
    write_text(&self, "type", "object");
    json_builder_set_member_name(json, "required");
    json_builder_begin_array(json);
    json_builder_add_string_value(json, "nodes");
    json_builder_add_string_value(json, "links");
    json_builder_end_array(json);
    write_open(&self, "properties");
    for (guint i = 0; i < root->keys->len; i++)
        write_key(&self, root, g_ptr_array_index(root->keys, i));
    write_close(&self);
    json_builder_set_member_name(json, "additionalProperties");
    json_builder_add_boolean_value(json, FALSE);
    write_definitions(&self);
    write_close(&self);
    return json_builder_get_root(json);
}
