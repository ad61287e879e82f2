// SPDX-License-Identifier: Apache-2.0
// Fills the parameters of a configuration into what its stages say about themselves.
#include "sim/commands/link_words.h"

#include <string.h>

// Makes sentences of one class in a configuration.
typedef struct {
    const LinkConfig *config, *fallbacks;
    const StageClass *class;
    const StageKey *key;
} Speaker;

// The value of a parameter; of a queue without a limit of its own the one in force.
static char *speaker_value(const Speaker *self, const ParamSpec *param)
{
    const void *config = link_config_of(self->config, self->class);

    if (param->type == PARAM_LIMIT && self->class->queue != NULL &&
        ((const Limit *)((const char *)config + param->offset))->amount == 0)
        return quantity_format_limit(link_config_queue_limit(self->config));
    return param_format(param, config);
}

// Whether a parameter is other than its fallback.
static bool speaker_is_set(const Speaker *self, const ParamSpec *param)
{
    g_autofree char *value = param_format(param, link_config_of(self->config, self->class));
    g_autofree char *fallback = param_format(param, link_config_of(self->fallbacks, self->class));

    return strcmp(value, fallback) != 0;
}

// The parameter of a "{NAME}" at `at`.
static const ParamSpec *speaker_param(const Speaker *self, const char *at)
{
    g_autofree char *name = g_strndup(at + 1, strcspn(at + 1, "}"));
    const ParamSpec *param = param_find(self->key->params, name);

    if (param == NULL)
        g_error("the effect of %s names no parameter: {%s}", self->key->name, name);
    return param;
}

// Whether any parameter between `start` and `end` has been set.
static bool speaker_any_is_set(const Speaker *self, const char *start, const char *end)
{
    for (const char *at = start; at < end; at++) {
        if (*at == '{' && speaker_is_set(self, speaker_param(self, at)))
            return true;
    }
    return false;
}

static char *speaker_fill(const Speaker *self)
{
    GString *text = g_string_new(NULL);

    for (const char *at = self->key->effect; *at != '\0'; at++) {
        const char *end = at + strcspn(at, "]");

        if (*at == '{') {
            g_autofree char *value = speaker_value(self, speaker_param(self, at));

            g_string_append(text, value);
            at += strcspn(at, "}");
        } else if (*at == '[' && !speaker_any_is_set(self, at, end)) {
            at = end;
        } else if (*at != '[' && *at != ']') {
            g_string_append_c(text, *at);
        }
    }
    return g_string_free(text, FALSE);
}

// Adds "NAME VALUE" for each parameter that has been set and is not told in the effect.
static void speaker_add_params(const Speaker *self, GString *text)
{
    const char *separator = self->key->effect != NULL ? " (" : ": ";
    bool any = false;

    for (const ParamSpec *param = self->key->params; param->name != NULL; param++) {
        g_autofree char *place = g_strdup_printf("{%s}", param->name);
        g_autofree char *value = NULL;

        if (!speaker_is_set(self, param) ||
            (self->key->effect != NULL && strstr(self->key->effect, place) != NULL))
            continue;
        value = speaker_value(self, param);
        g_string_append_printf(text, "%s%s %s", any ? ", " : separator, param->name, value);
        any = true;
    }
    if (any && self->key->effect != NULL)
        g_string_append_c(text, ')');
}

static char *speaker_sentence(const Speaker *self)
{
    g_autofree char *effect = self->key->effect != NULL ? speaker_fill(self) : NULL;
    GString *text = g_string_new(effect);

    if (effect == NULL) {
        g_string_append_printf(text, "meets %s", self->key->name);
        if (self->class->variant != NULL)
            g_string_append_printf(text, " (%s)", self->class->variant);
        g_string_append_printf(text, ", %s", self->key->summary);
    }
    speaker_add_params(self, text);
    return g_string_free(text, FALSE);
}

// Whether the key does anything in this configuration: queues do when there is a rate, all else
// when it has been set.
static bool speaker_has_effect(const Speaker *self)
{
    bool has_rate = link_config_rate_bps(self->config) > 0;

    if (!link_config_has_chosen(self->config, self->class) ||
        ((self->class->needs_rate || self->class->queue != NULL) && !has_rate))
        return false;
    if (self->class->queue != NULL || !link_config_has_chosen(self->fallbacks, self->class))
        return true;
    for (const ParamSpec *param = self->key->params; param->name != NULL; param++) {
        if (speaker_is_set(self, param))
            return true;
    }
    return false;
}

// Lower ones are met first: by position, and queues before what takes frames out of them.
static int class_rank(const StageClass *class)
{
    return (int)class->position * 2 + (class->queue == NULL);
}

GPtrArray *link_words(const LinkConfig *config, const char *told_key)
{
    g_autoptr(LinkConfig) fallbacks = link_config_new();
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    int rank = 0, next;

    for (; rank != G_MAXINT; rank = next) {
        next = G_MAXINT;
        for (const StageClass *const *class = stage_classes; *class != NULL; class ++) {
            if (class_rank(*class) > rank)
                next = MIN(next, class_rank(*class));
            for (const StageKey *key = (*class)->keys; key->name != NULL; key++) {
                Speaker speaker = {config, fallbacks, *class, key};

                if (class_rank(*class) == rank && strcmp(key->name, told_key) != 0 &&
                    speaker_has_effect(&speaker))
                    g_ptr_array_add(words, speaker_sentence(&speaker));
            }
        }
    }
    return words;
}
