// SPDX-License-Identifier: Apache-2.0
// Reads maps by their tables, and words what is wrong with the shape of a value.
#include "sim/scenario/section.h"

#include <string.h>

#include "core/quote.h"
#include "sim/scenario/loader.h"

// Known names that an error lists when none is near: of what the file names, and of keys.
enum { SECTION_LISTED_NAMES = 12, SECTION_LISTED_KEYS = 32 };

Spot spot_root(const Value *value, Problems *problems)
{
    return (Spot){.value = value, .problems = problems};
}

Spot spot_entry(const Spot *map, guint index)
{
    const Entry *entry = &g_array_index(map->value->entries, Entry, index);

    return (Spot){map, entry->key->text, index, entry->value, map->problems};
}

Spot spot_item(const Spot *list, guint index)
{
    return (Spot){list, NULL, index, g_ptr_array_index(list->value->items, index), list->problems};
}

static void spot_append_where(const Spot *spot, GString *where)
{
    if (spot->outer == NULL)
        return;
    spot_append_where(spot->outer, where);
    if (spot->key == NULL)
        g_string_append_printf(where, "[%zu]", spot->index);
    else if (g_utf8_strlen(spot->key, -1) <= 64)
        g_string_append_printf(where, "%s%s", where->len > 0 ? "." : "", spot->key);
    else
        g_string_append(where, where->len > 0 ? ".…" : "…");
}

char *spot_where(const Spot *spot)
{
    GString *where = g_string_new(NULL);

    spot_append_where(spot, where);
    return g_string_free(where, FALSE);
}

void spot_error(const Spot *spot, const char *format, ...)
{
    g_autofree char *where = spot_where(spot);
    g_autofree char *message = NULL;
    va_list arguments;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    problems_error(spot->problems, spot->value->position, where, "%s", message);
}

static bool spot_is(const Spot *spot, ValueKind kind, const char *example)
{
    static const char *const nouns[] = {
        [VALUE_SCALAR] = "a single value", [VALUE_LIST] = "a list", [VALUE_MAP] = "a map"};
    const Value *value = spot->value;

    if (value->kind == kind && !(kind == VALUE_SCALAR && value->is_null))
        return true;
    spot_error(spot, "is %s and not %s: write %s",
               value->kind == VALUE_SCALAR && value->is_null ? "empty" : nouns[value->kind],
               nouns[kind], example);
    return false;
}

bool spot_is_list(const Spot *spot, const char *example)
{
    return spot_is(spot, VALUE_LIST, example);
}

bool spot_is_map(const Spot *spot, const char *example)
{
    return spot_is(spot, VALUE_MAP, example);
}

const char *spot_text(const Spot *spot, const char *example)
{
    return spot_is(spot, VALUE_SCALAR, example) ? spot->value->text : NULL;
}

bool spot_find(const Spot *map, const char *key, guint *index)
{
    for (guint i = 0; i < map->value->entries->len; i++) {
        if (strcmp(g_array_index(map->value->entries, Entry, i).key->text, key) == 0) {
            *index = i;
            return true;
        }
    }
    return false;
}

void spot_read_param(const Spot *spot, const ParamSpec *spec, void *config)
{
    g_autoptr(GError) error = NULL;

    if (spot->value->kind != VALUE_SCALAR || spot->value->is_null) {
        g_autofree char *range = param_range(spec);

        spot_is(spot, VALUE_SCALAR, range);
    } else if (!param_set(spec, config, spot->value->text, &error)) {
        spot_error(spot, "%s", error->message);
    }
}

static void names_add(GPtrArray *names, const char *name)
{
    if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
        g_ptr_array_add(names, (gpointer)name);
}

// All names a section knows, each once; the caller frees the array.
static const char **section_names(const Section *section)
{
    GPtrArray *names = g_ptr_array_new();

    for (const Field *field = section->fields; field != NULL && field->name != NULL; field++)
        names_add(names, field->name);
    for (const ParamSpec *param = section->params; param != NULL && param->name != NULL; param++)
        names_add(names, param->name);
    for (const char *const *name = section->other_names; name != NULL && *name != NULL; name++)
        names_add(names, *name);
    g_ptr_array_add(names, NULL);
    return (const char **)g_ptr_array_free(names, FALSE);
}

// Says which names there are, when they are no more than `max_listed`, or which one was meant.
static char *names_remedy(const Spot *spot, const char *name, const char *const *candidates,
                          guint max_listed)
{
    const char *nearest = NULL;
    g_autofree char *list = NULL;

    if (!problems_are_many(spot->problems))
        nearest = param_nearest(name, candidates);
    if (nearest != NULL)
        return g_strdup_printf(": did you mean \"%s\"?", nearest);
    for (guint n = 0; n <= max_listed; n++) {
        if (candidates[n] != NULL)
            continue;
        list = g_strjoinv(", ", (char **)candidates);
        return g_strdup_printf(n > 0 ? ": known is %s" : ": there is none", list);
    }
    return g_strdup("");
}

void spot_error_unknown(const Spot *spot, const char *noun, const char *name,
                        const char *const *candidates)
{
    g_autofree char *quote = quote_new(name);
    g_autofree char *remedy = names_remedy(spot, name, candidates, SECTION_LISTED_NAMES);

    spot_error(spot, "%s is no %s%s", quote, noun, remedy);
}

static void section_error_key(const Section *section, const Spot *map, const Value *key)
{
    g_autofree const char **names = section_names(section);
    g_autofree char *quote = quote_new(key->text);
    g_autofree char *remedy = names_remedy(map, key->text, names, SECTION_LISTED_KEYS);
    g_autofree char *where = spot_where(map);

    problems_error(map->problems, key->position, where, "%s is no key of %s%s", quote,
                   section->noun, *remedy != '\0' ? remedy : ": see taploom-scenario(5)");
}

static const Field *section_field(const Section *section, const char *name)
{
    for (const Field *field = section->fields; field != NULL && field->name != NULL; field++) {
        if (strcmp(field->name, name) == 0)
            return field;
    }
    return NULL;
}

static void section_read_entry(const Section *section, Loader *loader, const Spot *map, guint index,
                               void *into)
{
    Spot entry = spot_entry(map, index);
    const Field *field = section_field(section, entry.key);
    const ParamSpec *param = NULL;

    if (field != NULL) {
        field->read(loader, &entry, into);
        return;
    }
    if (section->params != NULL)
        param = param_find(section->params, entry.key);
    if (param != NULL)
        spot_read_param(&entry, param, into);
    else if (section->read_other == NULL || !section->read_other(loader, &entry, into))
        section_error_key(section, map, g_array_index(map->value->entries, Entry, index).key);
}

bool section_read(const Section *section, Loader *loader, const Spot *spot, void *into)
{
    if (loader->witness != NULL) {
        g_autofree char *where = spot_where(spot);

        loader->witness(loader->witness_data, where, section);
    }
    if (spot->value->kind == VALUE_SCALAR && spot->value->is_null)
        return true;
    if (!spot_is_map(spot, "{key: value}"))
        return false;
    for (guint i = 0; i < spot->value->entries->len; i++)
        section_read_entry(section, loader, spot, i, into);
    return true;
}
