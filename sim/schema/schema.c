// SPDX-License-Identifier: Apache-2.0
// A schema sees a file less sharply than `taploom check`: which keys there are, and how a value is
// written, but neither ranges nor what belongs together.
#include "sim/schema/schema.h"

#include <string.h>

#include "links/fault/fault_action.h"
#include "links/link_config.h"
#include "sim/schema/places.h"
#include "sim/schema/schema_writer.h"

// A map with the parameters of a table, as an alternative.
static void write_param_map(SchemaWriter *self, const ParamSpec *params)
{
    schema_open(self, NULL);
    schema_text(self, "type", "object");
    schema_open(self, "properties");
    for (const ParamSpec *param = params; param->name != NULL; param++)
        schema_param(self, param->name, param);
    schema_close(self);
    schema_no_more_keys(self);
    schema_close(self);
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

// A parameter of a key, in as many forms as the variants have of it, as the member `as`.
static void write_variant_param(SchemaWriter *self, const GPtrArray *classes, const char *key,
                                const char *as, const char *name)
{
    const ParamSpec *first = NULL;
    guint types_seen = 0;

    schema_open(self, as);
    for (guint i = 0; i < classes->len; i++) {
        const StageClass *class = g_ptr_array_index(classes, i);
        const ParamSpec *param = param_find(class_key(class, key)->params, name);

        if (param == NULL)
            continue;
        if (first == NULL) {
            schema_description(self, param);
            schema_choices(self);
            first = param;
        }
        if ((types_seen & 1u << param->type) == 0 || param->type == PARAM_CHOICE ||
            param->words != NULL)
            schema_param_forms(self, param);
        types_seen |= 1u << param->type;
    }
    schema_choices_end(self);
    schema_close(self);
}

// The word by which the variants of a key are told apart, as the member `as`.
static void write_choice(SchemaWriter *self, const char *as, const char *key)
{
    g_autofree const char **variants = link_config_variant_names(key);

    schema_open(self, as);
    schema_choices(self);
    schema_words(self, variants);
    schema_reference(self, "variable");
    schema_choices_end(self);
    schema_close(self);
}

// A map that chooses no variant: the one in force may come from elsewhere, so it has what any has.
static void write_link_map(SchemaWriter *self, const GPtrArray *classes, const char *key)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    const StageClass *chief = g_ptr_array_index(classes, 0);

    schema_open(self, NULL);
    schema_text(self, "type", "object");
    schema_open(self, "properties");
    if (chief->selector != NULL)
        schema_reference_as(self, chief->selector, "variable");
    for (guint i = 0; i < classes->len; i++) {
        const StageClass *class = g_ptr_array_index(classes, i);

        for (const ParamSpec *param = class_key(class, key)->params; param->name != NULL; param++) {
            if (g_hash_table_add(seen, (gpointer)param->name))
                write_variant_param(self, classes, key, param->name, param->name);
        }
    }
    schema_close(self);
    schema_no_more_keys(self);
    schema_close(self);
}

// A map that chooses the variant `class`.
static void write_variant_map(SchemaWriter *self, const StageClass *class, const char *key)
{
    const char *const variant[] = {class->variant, NULL}, *const needed[] = {class->selector, NULL};

    schema_open(self, NULL);
    schema_text(self, "type", "object");
    schema_text(self, "description", class->summary);
    schema_names(self, "required", needed);
    schema_open(self, "properties");
    schema_open(self, class->selector);
    schema_names(self, "enum", variant);
    schema_close(self);
    for (const ParamSpec *param = class_key(class, key)->params; param->name != NULL; param++)
        schema_param(self, param->name, param);
    schema_close(self);
    schema_no_more_keys(self);
    schema_close(self);
}

static char *link_definition(const char *key)
{
    return g_strconcat("link-", key, NULL);
}

// One key of links, which several maps have.
static void write_link_definition(SchemaWriter *self, const char *key)
{
    g_autoptr(GPtrArray) classes = classes_of(key);
    g_autofree char *name = link_definition(key);
    const StageClass *chief = g_ptr_array_index(classes, 0);
    const StageKey *first = class_key(chief, key);

    schema_open(self, name);
    schema_text(self, "description", first->summary);
    schema_choices(self);
    schema_param_forms(self, first->params);
    write_link_map(self, classes, key);
    for (guint i = 0; chief->selector != NULL && i < classes->len; i++)
        write_variant_map(self, g_ptr_array_index(classes, i), key);
    schema_choices_end(self);
    schema_close(self);
}

static void write_link_key(SchemaWriter *self, const char *key)
{
    g_autofree char *name = link_definition(key);

    schema_reference_as(self, key, name);
}

// `{loss.burst: 4}`: keys of links and their parameters, each by one name.
static void write_changes(SchemaWriter *self, const char *name)
{
    g_autofree const char **keys = link_config_key_names();

    schema_open(self, name);
    schema_text(self, "type", "object");
    schema_open(self, "properties");
    for (const char **key = keys; *key != NULL; key++) {
        g_autoptr(GPtrArray) classes = classes_of(*key);
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        const StageClass *chief = g_ptr_array_index(classes, 0);

        write_link_key(self, *key);
        if (chief->selector != NULL) {
            g_autofree char *choice = g_strdup_printf("%s.%s", *key, chief->selector);

            write_choice(self, choice, *key);
        }
        for (guint i = 0; i < classes->len; i++) {
            const StageClass *class = g_ptr_array_index(classes, i);

            for (const ParamSpec *param = class_key(class, *key)->params; param->name != NULL;
                 param++) {
                char *full = g_strdup_printf("%s.%s", *key, param->name);

                if (g_hash_table_add(seen, full))
                    write_variant_param(self, classes, *key, full, param->name);
            }
        }
    }
    schema_close(self);
    schema_no_more_keys(self);
    schema_close(self);
}

static void write_fault_action(SchemaWriter *self, const FaultAction *action)
{
    schema_open(self, action->name);
    schema_text(self, "description", action->summary);
    schema_choices(self);
    if (action->params->name != NULL)
        schema_param_forms(self, action->params);
    schema_type(self, "null");
    write_param_map(self, action->params);
    schema_choices_end(self);
    schema_close(self);
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

static void write_place(SchemaWriter *self, const char *name, const Place *place);

// Steps may be groups of steps.
static void write_steps(SchemaWriter *self, const char *name)
{
    schema_open(self, name);
    schema_text(self, "type", "array");
    schema_reference_as(self, "items", "step");
    schema_close(self);
}

static void write_key(SchemaWriter *self, const Place *map, const PlaceKey *key)
{
    bool is_of_links = place_is_of_links(map);

    if (key->param != NULL)
        schema_param(self, key->name, key->param);
    else if (strcmp(key->name, "steps") == 0)
        write_steps(self, key->name);
    else if (strcmp(key->name, "set") == 0)
        write_changes(self, key->name);
    else if (key->is_other && is_of_links && is_link_key(key->name))
        write_link_key(self, key->name);
    else if (key->is_other && !is_of_links && fault_action_find(key->name) != NULL)
        write_fault_action(self, fault_action_find(key->name));
    else
        write_place(self, key->name, key->place);
}

static void write_map(SchemaWriter *self, const Place *place)
{
    schema_open(self, NULL);
    schema_text(self, "type", "object");
    schema_open(self, "properties");
    for (guint i = 0; place->is_section && i < place->keys->len; i++)
        write_key(self, place, g_ptr_array_index(place->keys, i));
    schema_close(self);
    if (place->any != NULL) {
        write_place(self, "additionalProperties", place->any);
    } else if (place->is_section) {
        schema_no_more_keys(self);
    }
    schema_close(self);
}

static void write_list(SchemaWriter *self, const Place *place)
{
    schema_open(self, NULL);
    schema_text(self, "type", "array");
    if (place->item != NULL)
        write_place(self, "items", place->item);
    schema_close(self);
}

// All that a value may be there; anything where nothing is known.
static void write_place(SchemaWriter *self, const char *name, const Place *place)
{
    schema_open(self, name);
    if (place != NULL) {
        schema_choices(self);
        if (place->is_of[VALUE_SCALAR])
            schema_reference(self, "text");
        if (place->is_of[VALUE_LIST])
            write_list(self, place);
        if (place->is_of[VALUE_MAP])
            write_map(self, place);
        if (place->may_be_null)
            schema_type(self, "null");
        schema_choices_end(self);
    }
    schema_close(self);
}

// What a step of `tasks` may be.
static const Place *place_of_step(const Place *root)
{
    for (guint i = 0; i < root->keys->len; i++) {
        const PlaceKey *key = g_ptr_array_index(root->keys, i);

        if (strcmp(key->name, "tasks") == 0)
            return key->place->item;
    }
    g_assert_not_reached();
}

static void write_definitions(SchemaWriter *self, const Place *root)
{
    g_autofree const char **link_keys = link_config_key_names();

    schema_open(self, "definitions");
    schema_open(self, "text");
    schema_names(self, "type", (const char *const[]){"string", "number", "boolean", NULL});
    schema_close(self);
    schema_open(self, "variable");
    schema_text(self, "description", "with ${name}, a name of matrix or variables");
    schema_text(self, "type", "string");
    schema_text(self, "pattern", "\\$\\{[A-Za-z][A-Za-z0-9_-]*\\}");
    schema_close(self);
    write_place(self, "step", place_of_step(root));
    for (const char **key = link_keys; *key != NULL; key++)
        write_link_definition(self, *key);
    schema_type_definitions(self);
    schema_close(self);
}

JsonNode *schema_to_json(void)
{
    g_autoptr(JsonBuilder) json = json_builder_new();
    g_autoptr(Place) root = places_new();
    SchemaWriter self = {json};

    schema_open(&self, NULL);
    schema_text(&self, "$schema", "http://json-schema.org/draft-07/schema#");
    schema_text(&self, "title", "A scenario of Taploom");
    schema_text(&self, "type", "object");
    schema_names(&self, "required", (const char *const[]){"nodes", "links", NULL});
    schema_open(&self, "properties");
    for (guint i = 0; i < root->keys->len; i++)
        write_key(&self, root, g_ptr_array_index(root->keys, i));
    schema_close(&self);
    schema_no_more_keys(&self);
    write_definitions(&self, root);
    schema_close(&self);
    return json_builder_get_root(json);
}
