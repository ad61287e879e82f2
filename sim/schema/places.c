// SPDX-License-Identifier: Apache-2.0
// Each example is read twice: as a document, for its forms, and as a scenario, which tells of each
// section it reads. Both name a value by the way to it.
#include "sim/schema/places.h"

#include <string.h>

#include "sim/scenario/scenario.h"
#include "sim/scenario/section.h"
#include "sim/schema/forms.h"

typedef struct {
    Place *root;
    GHashTable *by_where; // owned, to the Place there, of the example at hand
} Learner;

static void place_key_free(void *item)
{
    PlaceKey *key = item;

    g_clear_pointer(&key->place, place_free);
    g_free(key->name);
    g_free(key);
}

static Place *place_new(void)
{
    Place *place = g_new0(Place, 1);

    place->keys = g_ptr_array_new_with_free_func(place_key_free);
    return place;
}

void place_free(Place *place)
{
    g_clear_pointer(&place->any, place_free);
    g_clear_pointer(&place->item, place_free);
    g_ptr_array_unref(place->keys);
    g_free(place);
}

static PlaceKey *place_key(Place *place, const char *name)
{
    PlaceKey *key;

    for (guint i = 0; i < place->keys->len; i++) {
        key = g_ptr_array_index(place->keys, i);
        if (strcmp(key->name, name) == 0)
            return key;
    }
    key = g_new0(PlaceKey, 1);
    key->name = g_strdup(name);
    g_ptr_array_add(place->keys, key);
    return key;
}

static Place *place_of(Place **place)
{
    if (*place == NULL)
        *place = place_new();
    return *place;
}

static bool is_any_name(const char *name)
{
    return strstr(name, "any-") != NULL || strstr(name, "any_") != NULL ||
           g_str_has_prefix(name, "eth");
}

static void learner_look(Learner *self, const Spot *spot, Place *place)
{
    g_hash_table_insert(self->by_where, spot_where(spot), place);
    if (spot->value->kind == VALUE_SCALAR && spot->value->is_null)
        place->may_be_null = true;
    else
        place->is_of[spot->value->kind] = true;
    for (guint i = 0; spot->value->kind == VALUE_LIST && i < spot->value->items->len; i++) {
        Spot item = spot_item(spot, i);

        learner_look(self, &item, place_of(&place->item));
    }
    for (guint i = 0; spot->value->kind == VALUE_MAP && i < spot->value->entries->len; i++) {
        Spot entry = spot_entry(spot, i);
        Place **inner = is_any_name(entry.key) ? &place->any : &place_key(place, entry.key)->place;

        learner_look(self, &entry, place_of(inner));
    }
}

static void learner_take_section(void *data, const char *where, const Section *section)
{
    Learner *self = data;
    Place *place = g_hash_table_lookup(self->by_where, where);

    if (place == NULL)
        return; // made from a map that the file does not have
    place->is_section = true;
    place->may_be_null = true;
    for (const ParamSpec *param = section->params; param != NULL && param->name != NULL; param++)
        place_key(place, param->name)->param = param;
    for (const char *const *name = section->other_names; name != NULL && *name != NULL; name++)
        place_key(place, *name)->is_other = true;
    for (const Field *field = section->fields; field != NULL && field->name != NULL; field++)
        place_key(place, field->name)->is_other = false; // a section asks its fields first
}

static void learner_learn(Learner *self, const char *text)
{
    g_autoptr(Problems) problems = problems_new("forms.yaml");
    g_autoptr(Document) document = document_parse(text, strlen(text), problems);
    g_autofree char *errors = NULL;
    Spot root;

    if (document != NULL) {
        root = spot_root(document_root(document), problems);
        learner_look(self, &root, self->root);
        errors = scenario_tell_sections("forms.yaml", text, learner_take_section, self);
    }
    if (document == NULL || errors != NULL)
        g_error("the forms of scenarios are wrong: %s", errors != NULL ? errors : text);
    g_hash_table_remove_all(self->by_where);
}

Place *places_new(void)
{
    g_auto(GStrv) texts = g_strsplit(forms_text, "\n---\n", -1);
    g_autoptr(GHashTable) by_where = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Learner learner = {place_new(), by_where};

    for (char **text = texts; *text != NULL; text++)
        learner_learn(&learner, *text);
    return learner.root;
}
