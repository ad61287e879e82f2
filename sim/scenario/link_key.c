// SPDX-License-Identifier: Apache-2.0
// One key of a link, with all that its value says of one direction. Keys and parameters come from
// the tables of the stages through links/link_config.h.
#include "sim/scenario/loader.h"

// A key of a link whose value is being read.
typedef struct {
    LinkConfig *config;
    const StageClass *class;
    const StageKey *key;
} KeyDraft;

static void link_set_object(Loader *loader, const Spot *spot, const KeyDraft *draft,
                            const ParamSpec *param)
{
    ParamObject *object = loader_object(loader, spot, param->object_class);

    if (object != NULL)
        link_config_set_object(draft->config, draft->class, param, object);
}

static void link_set_param(Loader *loader, const Spot *spot, const KeyDraft *draft,
                           const ParamSpec *param)
{
    g_autofree char *range = NULL;
    g_autoptr(GError) error = NULL;

    if (spot->value->kind == VALUE_SCALAR && !spot->value->is_null) {
        if (param->type == PARAM_OBJECT && param->object_class->from_file &&
            !param_has_word(param, spot->value->text))
            link_set_object(loader, spot, draft, param);
        else if (!link_config_set(draft->config, draft->class, param, spot->value->text, &error))
            spot_error(spot, "%s", error->message);
        return;
    }
    range = param_range(param);
    spot_text(spot, range);
}

static bool link_read_param(Loader *loader, const Spot *spot, void *into)
{
    const KeyDraft *draft = into;
    g_autofree const char **others = NULL;
    g_autofree char *list = NULL;
    const ParamSpec *param;

    if (g_strcmp0(spot->key, draft->class->selector) == 0)
        return true; // chosen before all others were read
    param = param_find(draft->key->params, spot->key);
    if (param != NULL) {
        link_set_param(loader, spot, draft, param);
        return true;
    }
    others = link_config_variants_with(draft->key->name, spot->key);
    list = g_strjoinv(", ", (char **)others);
    if (*others != NULL)
        spot_error(spot, "does not go with %s: %s, but with %s: write one of them as %s:",
                   draft->class->selector, draft->class->variant, list, draft->class->selector);
    return *others != NULL;
}

// `{model: gilbert, …}`: chooses among the variants of a key. False after an error.
static bool link_choose(const Spot *spot, KeyDraft *draft)
{
    g_autofree const char **names = NULL;
    g_autofree char *list = NULL;
    const StageClass *class;
    const char *name;
    guint index;
    Spot entry;

    if (draft->class->selector == NULL || !spot_find(spot, draft->class->selector, &index))
        return true;
    entry = spot_entry(spot, index);
    names = link_config_variant_names(draft->key->name);
    list = g_strjoinv(", ", (char **)names);
    name = spot_text(&entry, list);
    if (name == NULL)
        return false;
    class = link_config_variant(draft->key->name, name);
    if (class == NULL) {
        spot_error_unknown(&entry, draft->class->selector, name, names);
        return false;
    }
    link_config_choose(draft->config, class);
    draft->class = class;
    draft->key = class->keys;
    return true;
}

// Whether a parameter is still as no file would say it, all zero.
static bool param_is_unset(const KeyDraft *draft, const ParamSpec *param)
{
    const char *config = link_config_of(draft->config, draft->class);

    return *(const uint64_t *)(config + param->offset) == 0;
}

static bool map_gives(const void *map, const StageKey *key, const ParamSpec *param)
{
    guint index;

    (void)key;
    return spot_find(map, param->name, &index);
}

// What a map that has been read says in vain.
static void link_check_params(const Spot *spot, const KeyDraft *draft)
{
    const StageKey *key = draft->key;
    g_autofree char *wanted = link_config_wanted(draft->config, draft->class, key, map_gives, spot);

    if (spot->value->entries->len == 0)
        spot_error(spot, "says nothing: write {%s: …}, or leave %s out", key->params->name,
                   key->name);
    else if (wanted != NULL)
        spot_error(spot, "has no effect without one of %s: add one, if only as 0", wanted);
    for (guint i = 0; wanted == NULL && i < spot->value->entries->len; i++) {
        Spot entry = spot_entry(spot, i);
        const ParamSpec *param = param_find(key->params, entry.key);
        const char *reason =
            param != NULL ? link_config_idle_reason(draft->config, draft->class, param) : NULL;

        if (reason != NULL)
            spot_error(&entry, "has no effect %s", reason);
    }
}

// `{limit: 50ms, …}`: the parameters of one key by name.
static void link_read_params(Loader *loader, const Spot *spot, KeyDraft *draft)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autofree char *noun = NULL;
    Section section = {.read_other = link_read_param};
    size_t n_errors = problems_n_errors(spot->problems);
    guint index;

    if (!link_choose(spot, draft))
        return;
    if (draft->class->variant != NULL)
        noun = g_strdup_printf("%s (%s)", draft->key->name, draft->class->variant);
    section.noun = noun != NULL ? noun : draft->key->name;
    if (draft->class->selector != NULL)
        g_ptr_array_add(names, (gpointer)draft->class->selector);
    for (const ParamSpec *param = draft->key->params; param->name != NULL; param++) {
        g_ptr_array_add(names, (gpointer)param->name);
        if (param->required && !spot_find(spot, param->name, &index) &&
            param_is_unset(draft, param))
            spot_error(spot, "needs %s: %s", param->name, param->summary);
    }
    g_ptr_array_add(names, NULL);
    section.other_names = (const char *const *)names->pdata;
    section_read(&section, loader, spot, draft);
    if (problems_n_errors(spot->problems) == n_errors)
        link_check_params(spot, draft);
}

bool link_key_read(Loader *loader, const Spot *spot, void *into)
{
    KeyDraft draft = {.config = into};
    const ParamSpec *param;
    g_autoptr(GError) error = NULL;

    draft.key = link_config_key(draft.config, spot->key, &draft.class);
    if (draft.key == NULL)
        return false;
    if (spot->value->kind == VALUE_MAP) {
        link_read_params(loader, spot, &draft);
        return true;
    }
    param = link_config_plain_param(draft.class, draft.key, &error);
    if (param != NULL)
        link_set_param(loader, spot, &draft, param);
    else
        spot_error(spot, "%s", error->message);
    return true;
}
