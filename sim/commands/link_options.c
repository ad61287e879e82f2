// SPDX-License-Identifier: Apache-2.0
// The loader judges what the options say: they become the lines of a scenario, and the places of
// its errors become options again.
#include "sim/commands/link_options.h"

#include <string.h>

#include "core/quote.h"
#include "links/stage_class.h"

// A value for a key, or for one of its parameters.
typedef struct {
    char *name;    // "loss" or "loss.burst"
    char *summary; // owned
    bool is_key;
    char *value; // as GOption sets it; NULL: not asked for
} LinkOption;

struct LinkOptions {
    GPtrArray *options; // of LinkOption; a key, then its parameters
    char **reverse;     // NULL: not asked for
    char *preset;
};

static void link_option_free(gpointer data)
{
    LinkOption *option = data;

    g_free(option->name);
    g_free(option->summary);
    g_free(option->value);
    g_free(option);
}

static LinkOption *link_option_new(const char *name, const char *value)
{
    LinkOption *option = g_new0(LinkOption, 1);

    option->name = g_strdup(name);
    option->value = g_strdup(value);
    option->is_key = strchr(name, '.') == NULL;
    return option;
}

static bool options_have(const GPtrArray *options, const char *name)
{
    for (guint i = 0; i < options->len; i++) {
        const LinkOption *option = g_ptr_array_index(options, i);

        if (strcmp(option->name, name) == 0)
            return true;
    }
    return false;
}

static void link_options_learn(LinkOptions *self, const char *key, const char *param,
                               const char *summary)
{
    g_autofree char *name = param != NULL ? g_strdup_printf("%s.%s", key, param) : g_strdup(key);
    LinkOption *option;

    if (options_have(self->options, name))
        return; // another variant's
    option = link_option_new(name, NULL);
    option->summary = g_strdup(summary);
    g_ptr_array_add(self->options, option);
}

LinkOptions *link_options_new(void)
{
    LinkOptions *self = g_new0(LinkOptions, 1);

    self->options = g_ptr_array_new_with_free_func(link_option_free);
    for (const StageClass *const *item = stage_classes; *item != NULL; item++) {
        for (const StageKey *key = (*item)->keys; key->name != NULL; key++) {
            if (strcmp(key->name, "faults") == 0)
                continue; // a list of rules, which has no place on a command line
            link_options_learn(self, key->name, NULL, key->summary);
            if ((*item)->selector != NULL)
                link_options_learn(self, key->name, (*item)->selector, "which of its kinds");
            for (const ParamSpec *param = key->params; param->name != NULL; param++)
                link_options_learn(self, key->name, param->name, param->summary);
        }
    }
    return self;
}

void link_options_free(LinkOptions *self)
{
    g_ptr_array_unref(self->options);
    g_strfreev(self->reverse);
    g_free(self->preset);
    g_free(self);
}

void link_options_add_entries(LinkOptions *self, GArray *entries)
{
    const GOptionEntry common[] = {
        {"preset", 0, 0, G_OPTION_ARG_STRING, &self->preset,
         "a kind of network, see taploom presets", "NAME"},
        {"reverse", 0, 0, G_OPTION_ARG_STRING_ARRAY, &self->reverse,
         "what differs on the way back: rate=1mbit,delay=5ms", "KEY=VALUE,…"},
    };

    g_array_append_vals(entries, common, G_N_ELEMENTS(common));
    for (guint i = 0; i < self->options->len; i++) {
        LinkOption *option = g_ptr_array_index(self->options, i);
        GOptionEntry entry = {.long_name = option->name,
                              .flags = option->is_key ? 0 : G_OPTION_FLAG_HIDDEN,
                              .arg = G_OPTION_ARG_STRING,
                              .arg_data = &option->value,
                              .description = option->summary,
                              .arg_description = "VALUE"};

        g_array_append_val(entries, entry);
    }
}

// The first parameter of a key, which a plain value sets.
static const char *key_first_param(const char *name)
{
    for (const StageClass *const *item = stage_classes; *item != NULL; item++)
        for (const StageKey *key = (*item)->keys; key->name != NULL; key++)
            if (strcmp(key->name, name) == 0)
                return key->params->name;
    return NULL;
}

// The key itself is not counted.
static guint count_params(const GPtrArray *options, const char *prefix)
{
    guint n = 0;

    for (guint i = 0; i < options->len; i++) {
        const LinkOption *option = g_ptr_array_index(options, i);

        n += option->value != NULL && g_str_has_prefix(option->name, prefix);
    }
    return n;
}

// "loss: 1%", or "loss: {rate: 1%, burst: 4}" when there is more than the plain value.
static void write_key(const GPtrArray *options, const char *key, TextBlock *block)
{
    g_autofree char *prefix = g_strconcat(key, ".", NULL);
    g_autoptr(GString) line = g_string_new(NULL);
    bool has_params = count_params(options, prefix) > 0;
    const char *comma = "";

    g_string_append_printf(line, has_params ? "%s: {" : "%s: ", key);
    for (guint i = 0; i < options->len; i++) {
        const LinkOption *option = g_ptr_array_index(options, i);
        g_autofree char *value = option->value != NULL ? scenario_text_value(option->value) : NULL;

        if (value == NULL)
            continue;
        if (strcmp(option->name, key) == 0 && !has_params)
            g_string_append(line, value);
        else if (strcmp(option->name, key) == 0 && key_first_param(key) != NULL)
            g_string_append_printf(line, "%s%s: %s", comma, key_first_param(key), value);
        else if (g_str_has_prefix(option->name, prefix))
            g_string_append_printf(line, "%s%s: %s", comma, option->name + strlen(prefix), value);
        else
            continue;
        comma = ", ";
    }
    text_block_line(block, "%s%s", line->str, has_params ? "}" : "");
}

// One line for each key, in the order of their first options.
static void write_keys(const GPtrArray *options, TextBlock *block)
{
    g_autoptr(GHashTable) written = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < options->len; i++) {
        const LinkOption *option = g_ptr_array_index(options, i);
        char *key = g_strndup(option->name, strcspn(option->name, "."));

        if (option->value != NULL && !g_hash_table_contains(written, key))
            write_key(options, key, block);
        if (option->value != NULL)
            g_hash_table_add(written, key);
        else
            g_free(key);
    }
}

// Whether all before `end` can be the name of a key or parameter.
static bool is_name(const char *name, const char *end)
{
    return end > name &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_") >= (size_t)(end - name);
}

// "rate=1mbit,loss.burst=4": what does not begin with "KEY=" belongs to the value before it.
static GPtrArray *split_reverse(const char *text, GError **error)
{
    g_autoptr(GPtrArray) options = g_ptr_array_new_with_free_func(link_option_free);
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);

    for (char **part = parts; *part != NULL; part++) {
        char *equals = strchr(*part, '=');
        LinkOption *last = options->len > 0 ? g_ptr_array_index(options, options->len - 1) : NULL;

        if (equals != NULL && is_name(*part, equals)) {
            *equals = '\0';
            if (options_have(options, *part)) {
                g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                            "--reverse: %s= is given twice: keep one", *part);
                return NULL;
            }
            g_ptr_array_add(options, link_option_new(*part, equals + 1));
        } else if (last != NULL) {
            char *value = g_strconcat(last->value, ",", *part, NULL);

            g_free(last->value);
            last->value = value;
        } else {
            g_autofree char *quote = quote_new(text);

            g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                        "--reverse: %s does not begin with KEY=: write 'rate=1mbit,loss=2%%'",
                        quote);
            return NULL;
        }
    }
    return g_steal_pointer(&options);
}

gboolean link_options_write(const LinkOptions *self, ScenarioText *text, GError **error)
{
    g_autoptr(GPtrArray) reverse = NULL;
    g_autofree char *text_of_all = NULL;

    if (self->preset != NULL) {
        g_autofree char *preset = scenario_text_value(self->preset);

        text_block_line(text->link, "preset: %s", preset);
    }
    write_keys(self->options, text->link);
    if (self->reverse == NULL)
        return TRUE;
    text_of_all = g_strjoinv(",", self->reverse);
    reverse = split_reverse(text_of_all, error);
    if (reverse == NULL)
        return FALSE;
    write_keys(reverse, text->reverse);
    return TRUE;
}

char *link_options_where(const char *where)
{
    static const struct {
        const char *place, *option;
    } places[] = {
        {"links[0].reverse.", "--reverse "},
        {"links[0].", "--"},
        {"links[0]", "the link"},
        {"defaults.node.", "--"},
        {"tasks[0].", "--"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
        if (g_str_has_prefix(where, places[i].place))
            return g_strconcat(places[i].option, where + strlen(places[i].place), NULL);
    return g_strconcat("--", where, NULL);
}
