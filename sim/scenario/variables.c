// SPDX-License-Identifier: Apache-2.0
// Replaces ${name} in the tree of values, before any section is read: what reads them never knows,
// and errors name the place where the value was put.
#include "sim/scenario/variables.h"

#include <string.h>

#include "core/quote.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/section.h"

enum {
    VARIABLES_MAX_COMBINATIONS = 10000,
    VARIABLES_NAME_MAX_BYTES = 63,
};

#define VARIABLE_FIRST_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define VARIABLE_LETTERS VARIABLE_FIRST_LETTERS "0123456789_-"

typedef struct {
    const char *name;
    GPtrArray *values; // of const char *, at least one
    const char *chosen;
    bool is_given; // by a choice
    bool is_of_matrix, is_used;
    SourcePosition position;
} Variable;

typedef struct {
    Document *document;
    Problems *problems;
    GPtrArray *list;     // of Variable, owned, in the order of the file
    GHashTable *by_name; // of them
    GHashTable *visited; // values that have been replaced, or hold such
    GPtrArray *texts;    // parts of choices, owned
} Variables;

static void variable_free(void *item)
{
    Variable *variable = item;

    g_ptr_array_unref(variable->values);
    g_free(variable);
}

static void variables_init(Variables *self, Document *document, Problems *problems)
{
    self->document = document;
    self->problems = problems;
    self->list = g_ptr_array_new_with_free_func(variable_free);
    self->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    self->visited = g_hash_table_new(NULL, NULL);
    self->texts = g_ptr_array_new_with_free_func(g_free);
}

static void variables_clear(Variables *self)
{
    g_ptr_array_unref(self->texts);
    g_hash_table_unref(self->visited);
    g_hash_table_unref(self->by_name);
    g_ptr_array_unref(self->list);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Variables, variables_clear)

static bool variable_is_name(const char *name, size_t n_bytes)
{
    return n_bytes > 0 && n_bytes <= VARIABLES_NAME_MAX_BYTES &&
           strchr(VARIABLE_FIRST_LETTERS, *name) != NULL &&
           strspn(name, VARIABLE_LETTERS) >= n_bytes;
}

static void variable_add_value(Variable *variable, const Spot *spot)
{
    const char *text = spot_text(spot, "a value, as 20ms");

    if (text == NULL)
        return;
    if (g_ptr_array_find_with_equal_func(variable->values, text, g_str_equal, NULL)) {
        g_autofree char *quote = quote_new(text);

        spot_error(spot, "%s is given twice: keep one", quote);
        return;
    }
    g_ptr_array_add(variable->values, (gpointer)text);
}

static void variable_read_values(Variable *variable, const Spot *spot)
{
    if (!variable->is_of_matrix) {
        variable_add_value(variable, spot);
        return;
    }
    if (!spot_is_list(spot, "its values, as [0%, 1%, 5%]"))
        return;
    if (spot->value->items->len == 0)
        spot_error(spot, "is empty: write its values, as [0%%, 1%%, 5%%]");
    for (guint i = 0; i < spot->value->items->len; i++) {
        Spot item = spot_item(spot, i);

        variable_add_value(variable, &item);
    }
}

static void variables_read_name(Variables *self, const Spot *spot, const Value *key, bool is_matrix)
{
    Variable *other = g_hash_table_lookup(self->by_name, key->text);
    Variable *variable;

    if (!variable_is_name(key->text, strlen(key->text))) {
        spot_error(spot, "is no name: write a letter, then letters, digits, _ and -, up to %d",
                   VARIABLES_NAME_MAX_BYTES);
        return;
    }
    if (other != NULL) {
        spot_error(spot, "stands under variables and matrix: keep one");
        return;
    }
    variable = g_new0(Variable, 1);
    variable->name = key->text;
    variable->values = g_ptr_array_new();
    variable->is_of_matrix = is_matrix;
    variable->position = key->position;
    variable_read_values(variable, spot);
    if (variable->values->len == 0) // which an error has told
        g_ptr_array_add(variable->values, (gpointer) "");
    variable->chosen = g_ptr_array_index(variable->values, 0);
    g_ptr_array_add(self->list, variable);
    g_hash_table_insert(self->by_name, (gpointer)variable->name, variable);
}

static void variables_read_section(Variables *self, const Spot *root, const char *key)
{
    guint index;
    Spot section;

    if (!spot_find(root, key, &index))
        return;
    section = spot_entry(root, index);
    if (!spot_is_map(&section, strcmp(key, "matrix") == 0 ? "{loss: [0%, 1%]}" : "{rtt: 20ms}"))
        return;
    for (guint i = 0; i < section.value->entries->len; i++) {
        Spot spot = spot_entry(&section, i);

        variables_read_name(self, &spot, g_array_index(section.value->entries, Entry, i).key,
                            strcmp(key, "matrix") == 0);
    }
}

// All names; the caller frees the array.
static const char **variables_names(const Variables *self)
{
    const char **names = g_new0(const char *, self->list->len + 1);

    for (guint i = 0; i < self->list->len; i++)
        names[i] = ((Variable *)g_ptr_array_index(self->list, i))->name;
    return names;
}

// The variable that `text` assigns to; NULL for none.
static Variable *variables_assigned(const Variables *self, const char *text)
{
    const char *equals = strchr(text, '=');
    g_autofree char *name = equals != NULL ? g_strndup(text, (size_t)(equals - text)) : NULL;

    return name != NULL ? g_hash_table_lookup(self->by_name, name) : NULL;
}

// A value that holds an assignment would be taken for two where the combination is written.
static void variables_check_values(const Variables *self)
{
    for (guint i = 0; i < self->list->len; i++) {
        const Variable *variable = g_ptr_array_index(self->list, i);
        g_autofree char *where = g_strdup_printf("matrix.%s", variable->name);

        for (guint n = 0; variable->is_of_matrix && n < variable->values->len; n++) {
            const char *comma = strchr(g_ptr_array_index(variable->values, n), ',');

            while (comma != NULL && variables_assigned(self, comma + 1) == NULL)
                comma = strchr(comma + 1, ',');
            if (comma != NULL)
                problems_error(self->problems, variable->position, where,
                               "has a value with \",%s=\" in it, which --matrix takes for the next "
                               "name: write a blank behind the comma, or rename that variable",
                               variables_assigned(self, comma + 1)->name);
        }
    }
}

static void variables_read(Variables *self)
{
    Spot root = spot_root(document_root(self->document), self->problems);

    if (root.value->kind != VALUE_MAP)
        return;
    variables_read_section(self, &root, "variables");
    variables_read_section(self, &root, "matrix");
    variables_check_values(self);
}

static void variables_choose(Variables *self, const char *choice)
{
    char *text = g_strdup(choice);

    g_ptr_array_add(self->texts, text);
    while (*text != '\0') {
        Variable *variable = variables_assigned(self, text);
        char *end = text;

        if (variable == NULL) {
            g_autofree const char **names = variables_names(self);
            g_autofree char *name = g_strndup(text, strcspn(text, "=,"));
            g_autofree char *quote = quote_new(name);
            const char *nearest = param_nearest(name, names);

            if (g_hash_table_contains(self->by_name, name))
                problems_error(self->problems, (SourcePosition){0, 0}, "--matrix",
                               "%s has no value: write %s=VALUE", quote, name);
            else
                problems_error(self->problems, (SourcePosition){0, 0}, "--matrix",
                               "%s is no name of matrix or variables%s%s: write NAME=VALUE", quote,
                               nearest != NULL ? ", did you mean " : "",
                               nearest != NULL ? nearest : "");
            return;
        }
        do
            end += 1 + strcspn(end + 1, ",");
        while (*end == ',' && variables_assigned(self, end + 1) == NULL);
        variable->chosen = strchr(text, '=') + 1;
        variable->is_given = true;
        text = end;
        if (*end == ',') {
            *end = '\0';
            text = end + 1;
        }
    }
}

// The variable whose ${name} `text` begins with, `*n_bytes` of it; NULL for what is none.
static Variable *variables_at(const Variables *self, const char *text, size_t *n_bytes)
{
    size_t n_name_bytes = g_str_has_prefix(text, "${") ? strcspn(text + 2, "}") : 0;
    g_autofree char *name = NULL;

    *n_bytes = 0;
    if (n_name_bytes == 0 || text[2 + n_name_bytes] != '}' ||
        !variable_is_name(text + 2, n_name_bytes))
        return NULL;
    *n_bytes = n_name_bytes + 3;
    name = g_strndup(text + 2, n_name_bytes);
    return g_hash_table_lookup(self->by_name, name);
}

// `text` with its variables replaced; NULL when it has none.
static char *variables_expand(const Variables *self, const char *text)
{
    GString *expanded = g_string_new(NULL);
    bool has_any = false;
    size_t n_bytes;

    for (const char *at = text; *at != '\0'; at += n_bytes) {
        bool is_escaped = *at == '$' && variables_at(self, at + 1, &n_bytes) != NULL;
        Variable *variable = is_escaped ? NULL : variables_at(self, at, &n_bytes);

        if (variable != NULL) {
            g_string_append(expanded, variable->chosen);
            variable->is_used = has_any = true;
        } else if (is_escaped) {
            g_string_append_len(expanded, at + 1, (gssize)n_bytes++);
            has_any = true;
        } else {
            n_bytes = 1;
            g_string_append_c(expanded, *at);
        }
    }
    return g_string_free(expanded, !has_any);
}

// A value that is nothing but ${name} is no shell line, so the name must be known.
static void variables_check_unknown(const Variables *self, const Spot *spot)
{
    const char *text = spot->value->text;
    g_autofree const char **names = NULL;
    g_autofree char *name = NULL;
    size_t n_bytes;

    if (variables_at(self, text, &n_bytes) != NULL || n_bytes == 0 || text[n_bytes] != '\0' ||
        g_strcmp0(spot->key, "run") == 0)
        return;
    names = variables_names(self);
    name = g_strndup(text + 2, n_bytes - 3);
    spot_error_unknown(spot, "name of matrix or variables", name, names);
}

static void variables_replace(Variables *self, const Spot *spot)
{
    if (!g_hash_table_add(self->visited, (gpointer)spot->value))
        return;
    if (spot->value->kind == VALUE_SCALAR) {
        char *text = variables_expand(self, spot->value->text);

        if (text != NULL)
            document_replace(self->document, spot->value, text);
        else
            variables_check_unknown(self, spot);
    } else if (spot->value->kind == VALUE_LIST) {
        for (guint i = 0; i < spot->value->items->len; i++) {
            Spot item = spot_item(spot, i);

            variables_replace(self, &item);
        }
    } else {
        for (guint i = 0; i < spot->value->entries->len; i++) {
            Spot entry = spot_entry(spot, i);
            bool is_own = spot->outer == NULL &&
                          (strcmp(entry.key, "matrix") == 0 || strcmp(entry.key, "variables") == 0);

            if (!is_own)
                variables_replace(self, &entry);
        }
    }
}

static void variables_check_use(const Variables *self)
{
    for (guint i = 0; i < self->list->len; i++) {
        const Variable *variable = g_ptr_array_index(self->list, i);
        g_autofree char *where = g_strdup_printf(
            "%s.%s", variable->is_of_matrix ? "matrix" : "variables", variable->name);

        if (!variable->is_used)
            problems_error(self->problems, variable->position, where,
                           "is used nowhere: write ${%s} where its value belongs, or remove it",
                           variable->name);
    }
}

static void setting_spec_free(void *item)
{
    SettingSpec *setting = item;

    g_free(setting->key);
    g_free(setting->value);
    g_free(setting);
}

static void variables_tell(const Variables *self, GPtrArray *in_force, char **combination)
{
    GString *choice = g_string_new(NULL);

    g_ptr_array_set_free_func(in_force, setting_spec_free);
    for (guint i = 0; i < self->list->len; i++) {
        const Variable *variable = g_ptr_array_index(self->list, i);
        SettingSpec *setting = g_new0(SettingSpec, 1);

        setting->key = g_strdup(variable->name);
        setting->value = g_strdup(variable->chosen);
        g_ptr_array_add(in_force, setting);
        if (variable->is_of_matrix || variable->is_given)
            g_string_append_printf(choice, "%s%s=%s", choice->len > 0 ? "," : "", variable->name,
                                   variable->chosen);
    }
    *combination = g_string_free(choice, FALSE);
}

bool variables_apply(Document *document, const char *const *choices, Problems *problems,
                     GPtrArray *in_force, char **combination)
{
    g_auto(Variables) self = {0};
    Spot root = spot_root(document_root(document), problems);

    variables_init(&self, document, problems);
    variables_read(&self);
    for (const char *const *choice = choices; choice != NULL && *choice != NULL; choice++)
        variables_choose(&self, *choice);
    if (problems_n_errors(problems) > 0)
        return false;
    if (self.list->len > 0)
        variables_replace(&self, &root);
    variables_check_use(&self);
    if (in_force != NULL)
        variables_tell(&self, in_force, combination);
    return true;
}

// The `number`-th combination.
static char *variables_combination(const Variables *self, guint number)
{
    GString *choice = g_string_new(NULL);

    for (guint i = self->list->len; i-- > 0;) {
        const Variable *variable = g_ptr_array_index(self->list, i);
        g_autofree char *part = NULL;

        if (!variable->is_of_matrix)
            continue;
        part = g_strdup_printf(
            "%s=%s%s", variable->name,
            (char *)g_ptr_array_index(variable->values, number % variable->values->len),
            choice->len > 0 ? "," : "");
        g_string_prepend(choice, part);
        number /= variable->values->len;
    }
    return g_string_free(choice, FALSE);
}

// How many there are; 0 after an error.
static guint variables_count(const Variables *self)
{
    guint64 count = 1;

    for (guint i = 0; i < self->list->len; i++) {
        const Variable *variable = g_ptr_array_index(self->list, i);

        count *= variable->is_of_matrix ? variable->values->len : 1;
        if (count > VARIABLES_MAX_COMBINATIONS) {
            problems_error(self->problems, variable->position, "matrix",
                           "has more than %d combinations: shorten its lists",
                           VARIABLES_MAX_COMBINATIONS);
            return 0;
        }
    }
    return (guint)count;
}

GPtrArray *variables_combinations(const char *path, const char *text, size_t length_bytes,
                                  char **errors)
{
    g_autoptr(Problems) problems = problems_new(path);
    g_autoptr(Document) document = document_parse(text, length_bytes, problems);
    g_autoptr(GPtrArray) choices = g_ptr_array_new_with_free_func(g_free);
    g_auto(Variables) self = {0};

    variables_init(&self, document, problems);
    if (document != NULL)
        variables_read(&self);
    for (guint count = variables_count(&self), i = 0; i < count; i++)
        g_ptr_array_add(choices, variables_combination(&self, i));
    *errors = problems_n_errors(problems) > 0 ? problems_format(problems) : NULL;
    return *errors == NULL ? g_steal_pointer(&choices) : NULL;
}
