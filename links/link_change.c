// SPDX-License-Identifier: Apache-2.0
// A list of names and texts. Which class a name means depends on the configuration it meets, so
// names are resolved, and texts parsed, when the change is carried out.
#include "links/link_change.h"

#include <string.h>

#include "core/quote.h"

typedef struct {
    char *name;
    char *key;   // "loss" of "loss.burst"
    char *param; // "burst", or NULL for what a plain value sets
    char *text;
    ParamObject *object; // of a file, or NULL
    bool chooses;        // `param` is the word that variants are told apart by
} Assignment;

struct LinkChange {
    GPtrArray *assignments; // of Assignment
};

static void assignment_free(gpointer data)
{
    Assignment *self = data;

    param_object_unref(self->object);
    g_free(self->text);
    g_free(self->param);
    g_free(self->key);
    g_free(self->name);
    g_free(self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Assignment, assignment_free)

LinkChange *link_change_new(void)
{
    LinkChange *change = g_new0(LinkChange, 1);

    change->assignments = g_ptr_array_new_with_free_func(assignment_free);
    return change;
}

void link_change_free(LinkChange *change)
{
    if (change == NULL)
        return;
    g_ptr_array_unref(change->assignments);
    g_free(change);
}

static const StageKey *class_key(const StageClass *class, const char *name)
{
    for (const StageKey *key = class->keys; key->name != NULL; key++)
        if (strcmp(key->name, name) == 0)
            return key;
    return NULL;
}

// Looks through all classes of the key; false where none has such a parameter.
static bool assignment_resolve(const Assignment *self, const ParamSpec **param, bool *chooses)
{
    *param = NULL;
    *chooses = false;
    for (const StageClass *const *item = stage_classes; *item != NULL; item++) {
        const StageKey *key = class_key(*item, self->key);

        if (key == NULL)
            continue;
        if (self->param != NULL && g_strcmp0((*item)->selector, self->param) == 0)
            *chooses = true;
        else if (*param == NULL)
            *param = self->param != NULL ? param_find(key->params, self->param) : key->params;
    }
    return *param != NULL || *chooses;
}

static Assignment *assignment_new(const char *name, const char *text, ParamObject *object)
{
    Assignment *self = g_new0(Assignment, 1);
    const char *dot = strchr(name, '.');

    self->name = g_strdup(name);
    self->key = dot != NULL ? g_strndup(name, (gsize)(dot - name)) : g_strdup(name);
    self->param = dot != NULL ? g_strdup(dot + 1) : NULL;
    self->text = g_strdup(text);
    self->object = object != NULL ? param_object_ref(object) : NULL;
    return self;
}

static void names_add(GPtrArray *names, char *name)
{
    if (g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
        g_free(name);
    else
        g_ptr_array_add(names, name);
}

// The names that could have been meant: of keys, or of one key's parameters.
static GPtrArray *assignment_candidates(const Assignment *self)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    for (const StageClass *const *item = stage_classes; *item != NULL; item++) {
        const StageKey *known = class_key(*item, self->key);

        if (known == NULL)
            continue;
        if ((*item)->selector != NULL)
            names_add(names, g_strdup_printf("%s.%s", self->key, (*item)->selector));
        for (const ParamSpec *param = known->params; param->name != NULL; param++)
            names_add(names, g_strdup_printf("%s.%s", self->key, param->name));
    }
    if (names->len == 0) {
        g_autofree const char **keys = link_config_key_names();

        for (const char **key = keys; *key != NULL; key++)
            g_ptr_array_add(names, g_strdup(*key));
    }
    g_ptr_array_add(names, NULL);
    return names;
}

static bool assignment_fail(const Assignment *self, GError **error)
{
    g_autoptr(GPtrArray) names = assignment_candidates(self);
    const char *nearest = param_nearest(self->name, (const char *const *)names->pdata);
    g_autofree char *quote = quote_new(self->name);
    g_autofree char *known = g_strjoinv(", ", (char **)names->pdata);

    if (nearest != NULL)
        g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_FORM,
                    "%s is no parameter of a link: did you mean \"%s\"?", quote, nearest);
    else
        g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_FORM,
                    "%s is no parameter of a link: known is %s", quote, known);
    return false;
}

bool link_change_add_object(LinkChange *change, const char *name, const char *text,
                            ParamObject *object, GError **error)
{
    g_autoptr(Assignment) assignment = assignment_new(name, text, object);
    const ParamSpec *param;

    if (!assignment_resolve(assignment, &param, &assignment->chooses))
        return assignment_fail(assignment, error);
    g_ptr_array_add(change->assignments, g_steal_pointer(&assignment));
    return true;
}

bool link_change_add(LinkChange *change, const char *name, const char *text, GError **error)
{
    return link_change_add_object(change, name, text, NULL, error);
}

const ParamSpec *link_change_param(const char *name)
{
    g_autoptr(Assignment) assignment = assignment_new(name, "", NULL);
    const ParamSpec *param;
    bool chooses;

    return assignment_resolve(assignment, &param, &chooses) && !chooses ? param : NULL;
}

static bool assignment_choose(const Assignment *self, LinkConfig *config, GError **error)
{
    const StageClass *class = link_config_variant(self->key, self->text);
    g_autofree const char **names = NULL;
    g_autofree char *list = NULL;
    g_autofree char *quote = NULL;

    if (class != NULL) {
        link_config_choose(config, class);
        return true;
    }
    names = link_config_variant_names(self->key);
    list = g_strjoinv(", ", (char **)names);
    quote = quote_new(self->text);
    g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_FORM, "%s is unknown: write one of %s", quote,
                list);
    return false;
}

// The parameter that it means in `config`; NULL after an error.
static const ParamSpec *assignment_param(const Assignment *self, const LinkConfig *config,
                                         const StageClass **class, GError **error)
{
    const StageKey *key = link_config_key(config, self->key, class);
    const ParamSpec *param;

    if (self->param == NULL)
        return link_config_plain_param(*class, key, error);
    param = param_find(key->params, self->param);
    if (param == NULL)
        g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_FORM,
                    "the %s in force is %s, which has no %s", (*class)->selector, (*class)->variant,
                    self->param);
    return param;
}

static bool assignment_set(const Assignment *self, LinkConfig *config, GError **error)
{
    const StageClass *class;
    const ParamSpec *param = assignment_param(self, config, &class, error);

    if (param == NULL)
        return false;
    if (self->object == NULL || self->object->class != param->object_class)
        return link_config_set(config, class, param, self->text, error);
    link_config_set_object(config, class, param, self->object);
    return true;
}

// Whether the change gives a parameter of a key a value, by its name or as the first.
static bool change_sets(const void *data, const StageKey *key, const ParamSpec *param)
{
    const LinkChange *change = data;

    for (guint i = 0; i < change->assignments->len; i++) {
        const Assignment *assignment = g_ptr_array_index(change->assignments, i);

        if (strcmp(assignment->key, key->name) == 0 &&
            (assignment->param != NULL ? strcmp(assignment->param, param->name) == 0
                                       : param == key->params))
            return true;
    }
    return false;
}

// What a variant that has just been chosen cannot do without, even if that is 0.
static bool change_check_choice(const LinkChange *change, const Assignment *choice,
                                const LinkConfig *config, GError **error)
{
    const StageClass *class;
    const StageKey *key = link_config_key(config, choice->key, &class);
    const char *values = link_config_of(config, class);

    for (const ParamSpec *param = key->params; param->name != NULL; param++) {
        if (!param->required || *(const uint64_t *)(values + param->offset) != 0 ||
            change_sets(change, key, param))
            continue;
        g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_FORM, "%s: needs %s.%s: %s", choice->name,
                    choice->key, param->name, param->summary);
        return false;
    }
    return true;
}

// What is set in vain.
static bool change_check_effect(const LinkChange *change, const Assignment *assignment,
                                const LinkConfig *config, GError **error)
{
    const StageClass *class;
    const StageKey *key = link_config_key(config, assignment->key, &class);
    const ParamSpec *param =
        assignment->param != NULL ? param_find(key->params, assignment->param) : key->params;
    const char *reason = param != NULL ? link_config_idle_reason(config, class, param) : NULL;
    g_autofree char *wanted = link_config_wanted(config, class, key, change_sets, change);

    if (wanted == NULL && reason == NULL)
        return true;
    if (wanted != NULL)
        g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_FORM,
                    "%s: has no effect without one of %s of %s: set one, too", assignment->name,
                    wanted, assignment->key);
    else
        g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_FORM, "%s: has no effect %s",
                    assignment->name, reason);
    return false;
}

static bool change_check(const LinkChange *change, const LinkConfig *config, GError **error)
{
    for (guint i = 0; i < change->assignments->len; i++) {
        const Assignment *assignment = g_ptr_array_index(change->assignments, i);

        if ((assignment->chooses && !change_check_choice(change, assignment, config, error)) ||
            !change_check_effect(change, assignment, config, error) ||
            !link_config_check_key(config, assignment->key, error))
            return false;
    }
    return true;
}

typedef bool Step(const Assignment *self, LinkConfig *config, GError **error);

// Takes one step for each assignment that is, or is not, a choice.
static bool change_step(const LinkChange *change, bool chooses, Step *step, LinkConfig *config,
                        GError **error)
{
    for (guint i = 0; i < change->assignments->len; i++) {
        const Assignment *assignment = g_ptr_array_index(change->assignments, i);

        if (assignment->chooses == chooses && !step(assignment, config, error)) {
            g_prefix_error(error, "%s: ", assignment->name);
            return false;
        }
    }
    return true;
}

bool link_change_apply(const LinkChange *change, LinkConfig *config, GError **error)
{
    return change_step(change, true, assignment_choose, config, error) &&
           change_step(change, false, assignment_set, config, error) &&
           change_check(change, config, error);
}

unsigned link_change_count(const LinkChange *change)
{
    return change->assignments->len;
}

const char *link_change_name(const LinkChange *change, unsigned n)
{
    return ((const Assignment *)g_ptr_array_index(change->assignments, n))->name;
}

const char *link_change_text(const LinkChange *change, unsigned n)
{
    return ((const Assignment *)g_ptr_array_index(change->assignments, n))->text;
}

bool link_field_is(LinkField field, LinkField other)
{
    if (field.param != NULL || other.param != NULL)
        return field.class == other.class && field.param == other.param;
    return strcmp(field.class->keys->name, other.class->keys->name) == 0;
}

LinkField link_change_field(const LinkChange *change, unsigned n, const LinkConfig *config)
{
    const Assignment *assignment = g_ptr_array_index(change->assignments, n);
    LinkField field = {NULL, NULL};

    if (assignment->chooses) {
        link_config_key(config, assignment->key, &field.class);
    } else {
        field.param = assignment_param(assignment, config, &field.class, NULL);
        g_assert(field.param != NULL);
    }
    return field;
}

void link_field_copy(LinkField field, LinkConfig *config, const LinkConfig *from)
{
    const StageClass *class;

    if (field.param != NULL) {
        link_config_copy_param(config, field.class, field.param, from);
    } else {
        link_config_key(from, field.class->keys->name, &class);
        link_config_choose(config, class);
    }
}

bool link_field_interpolate(LinkField field, LinkConfig *config, const LinkConfig *from,
                            const LinkConfig *to, uint64_t part, uint64_t whole)
{
    return field.param != NULL &&
           link_config_interpolate(config, field.class, field.param, from, to, part, whole);
}
