// SPDX-License-Identifier: Apache-2.0
// The section `links:` and its defaults. What a link can do is not known here, nor how its keys are
// read (sim/scenario/link_key.c).
#include <string.h>

#include "core/quote.h"
#include "links/delay/jitter_source.h"
#include "links/rate/trace.h"
#include "sim/scenario/loader.h"
#include "sim/scenario/preset.h"

enum { LINK_NAME_MAX_BYTES = 127 }; // two names of nodes and a hyphen

typedef struct {
    LinkSpec *spec;
    NodeSpec *nodes[2];  // NULL where the file names none
    LinkConfig *config;  // of the direction being read
    bool keys_are_right; // so far, in that direction
} LinkDraft;

void link_spec_free(LinkSpec *link)
{
    g_clear_pointer(&link->tags, g_ptr_array_unref);
    link_config_free(link->directions[1]);
    link_config_free(link->directions[0]);
    g_free(link->name);
    g_free(link);
}

// The preset of that name, which the loader keeps; NULL after an error.
static const Preset *link_find_preset(Loader *loader, const Spot *spot)
{
    const char *name = spot_text(spot, "one, such as lte");
    Preset *preset = name != NULL ? g_hash_table_lookup(loader->presets, name) : NULL;
    g_autofree const char **names = NULL;
    g_autofree char *quote = NULL;
    const char *nearest;

    if (name == NULL || preset != NULL)
        return preset;
    preset = preset_new(name);
    if (preset != NULL) {
        g_hash_table_insert(loader->presets, (gpointer)preset->name, preset);
        return preset;
    }
    names = preset_names();
    quote = quote_new(name);
    nearest = param_nearest(name, names);
    spot_error(spot, "%s is no preset: %s%s%s", quote, nearest != NULL ? "did you mean \"" : "",
               nearest != NULL ? nearest : "taploom presets lists them",
               nearest != NULL ? "\"?" : "");
    return NULL;
}

// Sets what the preset says of one direction: of the way up for the first, from the subscriber to
// the network, and of the way down for the second. Nothing is left of what its keys were before.
static void link_apply_preset(Loader *loader, const Preset *preset, unsigned direction,
                              LinkConfig *config)
{
    g_autoptr(Problems) problems = problems_new(preset->name);
    Spot map = spot_root(direction == 0 ? preset->up : preset->down, problems);

    for (guint i = 0; i < map.value->entries->len; i++) {
        Spot entry = spot_entry(&map, i);

        link_config_reset_key(config, entry.key);
        if (!link_key_read(loader, &entry, config))
            spot_error(&entry, "is no key");
    }
    if (problems_n_errors(problems) > 0) {
        g_autofree char *errors = problems_format(problems);

        g_error("a preset is wrong: %s", errors);
    }
}

// `preset:` in the map at `spot`, which comes before all its other keys.
static void link_read_presets(Loader *loader, const Spot *spot, LinkConfig *const directions[2])
{
    const Preset *preset;
    guint index;
    Spot entry;

    if (spot->value->kind != VALUE_MAP || !spot_find(spot, "preset", &index))
        return;
    entry = spot_entry(spot, index);
    preset = link_find_preset(loader, &entry);
    for (unsigned direction = 0; preset != NULL && direction < 2; direction++) {
        if (directions[direction] != NULL)
            link_apply_preset(loader, preset, direction, directions[direction]);
    }
}

// The field itself, when its map is read: that has been done.
static void link_read_preset(Loader *loader, const Spot *spot, void *into)
{
    (void)loader;
    (void)spot;
    (void)into;
}

// What the map at `spot` says of keys, once more and into another configuration; its errors are
// known.
static void link_repeat_keys(Loader *loader, const Spot *spot, LinkConfig *config)
{
    g_autoptr(Problems) known = problems_new(NULL);
    Spot map = *spot;

    map.problems = known;
    if (map.value->kind != VALUE_MAP)
        return;
    for (guint i = 0; i < map.value->entries->len; i++) {
        Spot entry = spot_entry(&map, i);

        link_key_read(loader, &entry, config);
    }
}

// Rules are for a whole link, and read with all of it: a direction knows them to say so.
static bool direction_read_key(Loader *loader, const Spot *spot, void *config)
{
    if (strcmp(spot->key, "faults") != 0)
        return link_key_read(loader, spot, config);
    faults_read_misplaced(loader, spot, NULL);
    return true;
}

static bool link_read_draft_key(Loader *loader, const Spot *spot, void *into)
{
    LinkDraft *draft = into;
    size_t n_errors = problems_n_errors(spot->problems);
    bool is_key = direction_read_key(loader, spot, draft->config);

    draft->keys_are_right &= problems_n_errors(spot->problems) == n_errors;
    return is_key;
}

// Adds "KEY: what is wrong" as an error of that key, where the file has it: a direction also has
// keys of `defaults`, and the second those of the first.
static void direction_error(const Spot *spot, const char *message)
{
    const char *colon = strstr(message, ": ");
    g_autofree char *key = g_strndup(message, colon != NULL ? (gsize)(colon - message) : 0);
    guint index;

    if (spot_find(spot, key, &index)) {
        Spot entry = spot_entry(spot, index);

        spot_error(&entry, "%s", colon + strlen(": "));
    } else {
        spot_error(spot, "%s", message);
    }
}

// What a direction has from elsewhere, a queue or overhead, is left out where it has no rate: it
// could not be taken back otherwise.
static void direction_forget_idle(const Loader *loader, const Spot *spot, LinkConfig *config)
{
    guint index;

    for (const char **key = loader->link_keys; *key != NULL; key++) {
        if (!spot_find(spot, *key, &index) && link_config_is_idle(config, *key))
            link_config_reset_key(config, *key);
    }
}

// Checks the rules between the keys of the direction just read, unless one of them is wrong.
static void direction_check(const Loader *loader, const Spot *spot, LinkDraft *draft)
{
    g_autoptr(GError) error = NULL;

    if (!draft->keys_are_right)
        return;
    direction_forget_idle(loader, spot, draft->config);
    if (link_config_check(draft->config, &error) && trace_check_loss(draft->config, &error))
        return;
    direction_error(spot, error->message);
    draft->keys_are_right = false;
}

// A plain value that a trace replaces at once.
static void direction_warn_shadowed(const Spot *spot, const LinkConfig *config)
{
    for (CsvColumn column = 0; column < N_CSV_COLUMNS; column++) {
        const char *key = trace_shadowed_key(config, column);
        g_autofree char *where = NULL;
        guint index;
        Spot entry;

        if (key == NULL || !spot_find(spot, key, &index))
            continue;
        entry = spot_entry(spot, index);
        where = spot_where(&entry);
        if (entry.value->kind == VALUE_SCALAR)
            problems_warn(spot->problems, entry.value->position, where,
                          "has no effect beside the trace, which sets it from 0s on: remove one");
    }
}

// Of a direction without errors.
static void direction_warn(const Spot *spot, const LinkDraft *draft)
{
    g_autofree char *where = spot_where(spot);
    g_autofree char *doubt = NULL;

    if (!draft->keys_are_right)
        return;
    doubt = delay_config_doubt(link_config_of(draft->config, &delay_stage_class));
    if (doubt != NULL)
        problems_warn(spot->problems, spot->value->position, where, "jitter: %s", doubt);
    direction_warn_shadowed(spot, draft->config);
}

// Of what is no link of its own.
static const Field direction_fields[] = {
    {"preset", link_read_preset},
    {NULL, NULL},
};

// The keys that a direction may have; NULL-terminated, the caller frees the array.
static const char **direction_key_names(const Loader *loader)
{
    GPtrArray *names = g_ptr_array_new();

    for (const char **key = loader->link_keys; *key != NULL; key++)
        if (strcmp(*key, "faults") != 0)
            g_ptr_array_add(names, (gpointer)*key);
    g_ptr_array_add(names, NULL);
    return (const char **)g_ptr_array_free(names, FALSE);
}

void link_defaults_read(Loader *loader, const Spot *spot, void *unused)
{
    g_autofree const char **names = direction_key_names(loader);
    Section section = {.noun = "the defaults of links",
                       .fields = direction_fields,
                       .read_other = direction_read_key,
                       .other_names = names};

    (void)unused;
    link_read_presets(loader, spot, loader->link_defaults);
    section_read(&section, loader, spot, loader->link_defaults[0]);
    link_repeat_keys(loader, spot, loader->link_defaults[1]);
}

static void link_read_endpoints(Loader *loader, const Spot *spot, void *into)
{
    LinkDraft *draft = into;

    endpoints_read(loader, spot, draft->spec, draft->nodes);
}

static void link_read_name(Loader *loader, const Spot *spot, void *into)
{
    const char *name = spot_text(spot, "a name");

    (void)loader;
    if (name != NULL && name_check(spot, name, LINK_NAME_MAX_BYTES))
        ((LinkDraft *)into)->spec->name = g_strdup(name);
}

static void link_read_tags(Loader *loader, const Spot *spot, void *into)
{
    LinkSpec *link = ((LinkDraft *)into)->spec;

    (void)loader;
    if (!spot_is_list(spot, "[wan, eu]"))
        return;
    link->tags = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < spot->value->items->len; i++) {
        Spot item = spot_item(spot, i);
        const char *tag = spot_text(&item, "a word");

        if (tag != NULL && name_check(&item, tag, LINK_NAME_MAX_BYTES))
            g_ptr_array_add(link->tags, g_strdup(tag));
    }
}

// Read when all other keys have been, since it says only what differs from them.
static void link_read_reverse(Loader *loader, const Spot *spot, void *into)
{
    (void)loader;
    (void)into;
    spot_is_map(spot, "{rate: 10mbit}");
}

static const Field link_fields[] = {
    {"endpoints", link_read_endpoints},
    {"name", link_read_name},
    {"tags", link_read_tags},
    {"preset", link_read_preset},
    {"reverse", link_read_reverse},
    {"faults", faults_read_later},
    {NULL, NULL},
};

// Reads one direction from the map at `spot`, in front of which its preset has been applied.
static void link_read_direction(Loader *loader, const Spot *spot, LinkDraft *draft,
                                unsigned direction)
{
    g_autofree const char **names = direction_key_names(loader);
    Section section = {.noun = direction == 0 ? "a link" : "a direction of a link",
                       .fields = direction == 0 ? link_fields : direction_fields,
                       .read_other = link_read_draft_key,
                       .other_names = names};

    draft->config = draft->spec->directions[direction];
    section_read(&section, loader, spot, draft);
    direction_check(loader, spot, draft);
    direction_warn(spot, draft);
}

// Reads both directions; the second has what the first has but for presets, whose ways differ, and
// for what `reverse` says.
static void link_read_directions(Loader *loader, const Spot *spot, LinkDraft *draft)
{
    LinkConfig **directions = draft->spec->directions;
    LinkConfig *reverse_only[2] = {NULL, directions[1]};
    Spot entry;
    guint index;

    draft->keys_are_right = true;
    link_read_presets(loader, spot, directions);
    link_read_direction(loader, spot, draft, 0);
    link_repeat_keys(loader, spot, directions[1]);
    if (spot_find(spot, "reverse", &index)) {
        entry = spot_entry(spot, index);
        if (entry.value->kind != VALUE_MAP)
            return;
        link_read_presets(loader, &entry, reverse_only);
        link_read_direction(loader, &entry, draft, 1);
    } else {
        draft->config = directions[1];
        direction_check(loader, spot, draft);
    }
}

// Gives the link its default name, and its name to the table of names.
static void link_register(Loader *loader, const Spot *spot, LinkDraft *draft)
{
    LinkSpec *link = draft->spec;
    const LinkSpec *other;

    if (link->name == NULL && draft->nodes[0] != NULL && draft->nodes[1] != NULL)
        link->name = g_strdup_printf("%s-%s", draft->nodes[0]->name, draft->nodes[1]->name);
    if (link->name == NULL)
        return;
    other = g_hash_table_lookup(loader->scenario->link_by_name, link->name);
    if (other == NULL)
        g_hash_table_insert(loader->scenario->link_by_name, link->name, link);
    else
        spot_error(spot,
                   "its name is %s, as that of the link in line %zu: give it a name: of its "
                   "own",
                   link->name, other->position.line);
}

static void link_read(Loader *loader, const Spot *spot)
{
    LinkDraft draft = {.spec = g_new0(LinkSpec, 1)};
    guint index;

    draft.spec->position = spot->value->position;
    draft.spec->number = loader->scenario->links->len;
    for (unsigned direction = 0; direction < 2; direction++)
        draft.spec->directions[direction] = link_config_copy(loader->link_defaults[direction]);
    g_ptr_array_add(loader->scenario->links, draft.spec);
    if (!spot_is_map(spot, "{endpoints: [london, newyork]}")) {
        loader->links_are_whole = false;
        return;
    }
    link_read_directions(loader, spot, &draft);
    if (!spot_find(spot, "endpoints", &index))
        spot_error(spot, "needs endpoints: [NODE, NODE]");
    link_register(loader, spot, &draft);
    if (draft.spec->ends[0] == NULL || draft.spec->ends[1] == NULL)
        loader->links_are_whole = false;
}

void links_read(Loader *loader, const Spot *spot, void *scenario)
{
    (void)scenario;
    loader->links_are_whole = spot_is_list(spot, "[{endpoints: [london, newyork]}]");
    if (!loader->links_are_whole)
        return;
    for (guint i = 0; i < spot->value->items->len; i++) {
        Spot item = spot_item(spot, i);

        link_read(loader, &item);
    }
    endpoints_name(loader);
    faults_read(loader, spot);
}
