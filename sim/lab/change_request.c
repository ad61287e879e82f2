// SPDX-License-Identifier: Apache-2.0
// Reads requests, which any program may send: nothing in them is taken for granted.
#include "sim/lab/change_request.h"

#include <string.h>

#include "core/quote.h"

static const struct {
    const char *name;
    TimelineAction action;
} actions[] = {
    {"set", TIMELINE_SET}, {"ramp", TIMELINE_RAMP},   {"down", TIMELINE_DOWN},
    {"up", TIMELINE_UP},   {"reset", TIMELINE_RESET},
};

G_GNUC_PRINTF(2, 3)
static bool request_fail(GError **error, const char *format, ...)
{
    g_autofree char *message = NULL;
    va_list arguments;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, QUANTITY_ERROR, QUANTITY_ERROR_FORM, message);
    return false;
}

// NULL where there is no such text.
static const char *request_text(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);

    return node != NULL && JSON_NODE_HOLDS_VALUE(node) &&
                   json_node_get_value_type(node) == G_TYPE_STRING
               ? json_node_get_string(node)
               : NULL;
}

// The texts of an array, as pointers into it, ended by NULL; empty where there is no such array.
static GPtrArray *request_texts(JsonObject *object, const char *name)
{
    GPtrArray *texts = g_ptr_array_new();
    JsonNode *node = json_object_get_member(object, name);
    JsonArray *array =
        node != NULL && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;

    for (guint i = 0; array != NULL && i < json_array_get_length(array); i++) {
        JsonNode *element = json_array_get_element(array, i);

        if (JSON_NODE_HOLDS_VALUE(element) && json_node_get_value_type(element) == G_TYPE_STRING)
            g_ptr_array_add(texts, (gpointer)json_node_get_string(element));
    }
    g_ptr_array_add(texts, NULL);
    return texts;
}

static bool request_read_links(JsonObject *change, const Scenario *scenario, TimelineEntry *entry,
                               GError **error)
{
    g_autoptr(GPtrArray) patterns = request_texts(change, "links");
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (guint i = 0; i + 1 < patterns->len; i++) {
        const char *pattern = g_ptr_array_index(patterns, i);
        g_autofree char *quote = NULL;
        const char *nearest;

        if (links_match(scenario, pattern, seen, entry->links))
            continue;
        quote = quote_new(pattern);
        if (links_pattern_is_wide(pattern))
            return request_fail(error, "%s means no link", quote);
        for (guint k = 0; k < scenario->links->len; k++)
            g_ptr_array_add(names, ((LinkSpec *)g_ptr_array_index(scenario->links, k))->name);
        g_ptr_array_add(names, NULL);
        nearest = param_nearest(pattern, (const char *const *)names->pdata);
        return request_fail(error, "%s is no link%s%s%s", quote,
                            nearest != NULL ? ": did you mean " : "",
                            nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
    }
    return true;
}

static bool request_read_direction(JsonObject *change, TimelineEntry *entry, GError **error)
{
    const char *name = request_text(change, "direction");

    if (name == NULL || strcmp(name, "both") == 0)
        return true;
    if (strcmp(name, "forward") != 0 && strcmp(name, "reverse") != 0)
        return request_fail(error, "a direction is forward or reverse");
    entry->in[strcmp(name, "forward") == 0 ? LINK_REVERSE : LINK_FORWARD] = false;
    return true;
}

// A duration in the bounds that the file has, which stays as it is where there is none.
static bool request_read_duration(JsonObject *change, const char *name, int64_t *ns, GError **error)
{
    static const ParamSpec param = {
        .type = PARAM_DURATION, .min = TIMELINE_MIN_NS, .max = TIMELINE_MAX_NS};
    const char *text = request_text(change, name);

    if (text == NULL || param_set(&param, ns, text, error))
        return true;
    g_prefix_error(error, "%s: ", name);
    return false;
}

static bool request_read_set(JsonObject *change, TimelineEntry *entry, GError **error)
{
    g_autoptr(GPtrArray) texts = request_texts(change, "set");

    for (guint i = 0; i + 2 < texts->len; i += 2)
        if (!link_change_add(entry->change, g_ptr_array_index(texts, i),
                             g_ptr_array_index(texts, i + 1), error))
            return false;
    return true;
}

static bool request_check(const TimelineEntry *entry, GError **error)
{
    bool configures = entry->action == TIMELINE_SET || entry->action == TIMELINE_RAMP;

    if (entry->links->len == 0)
        return request_fail(error, "no link is named");
    if (configures && link_change_count(entry->change) == 0)
        return request_fail(error, "nothing is set: write loss=5%%");
    if (entry->action == TIMELINE_RAMP && entry->over_ns == 0)
        return request_fail(error, "a ramp takes time");
    if (entry->for_ns != TIMELINE_FOR_GOOD_NS && entry->over_ns > entry->for_ns)
        return request_fail(error, "the ramp is longer than the time after which it is put back");
    return true;
}

static TimelineEntry *request_entry(JsonObject *change, const Scenario *scenario, GError **error)
{
    const char *name = request_text(change, "action");
    g_autoptr(TimelineEntry) entry = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(actions) && entry == NULL; i++)
        if (g_strcmp0(name, actions[i].name) == 0)
            entry = timeline_entry_new(actions[i].action);
    if (entry == NULL) {
        request_fail(error, "this lab does not know the action \"%s\"", name != NULL ? name : "");
        return NULL;
    }
    if (!request_read_links(change, scenario, entry, error) ||
        !request_read_direction(change, entry, error) ||
        !request_read_duration(change, "over", &entry->over_ns, error) ||
        !request_read_duration(change, "for", &entry->for_ns, error) ||
        !request_read_set(change, entry, error) || !request_check(entry, error))
        return NULL;
    return g_steal_pointer(&entry);
}

GPtrArray *change_request_entries(JsonObject *request, const Scenario *scenario, GError **error)
{
    g_autoptr(GPtrArray) entries =
        g_ptr_array_new_with_free_func((GDestroyNotify)timeline_entry_unref);
    JsonNode *node = json_object_get_member(request, "changes");
    JsonArray *changes =
        node != NULL && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;

    for (guint i = 0; changes != NULL && i < json_array_get_length(changes); i++) {
        JsonNode *element = json_array_get_element(changes, i);
        TimelineEntry *entry = NULL;

        if (JSON_NODE_HOLDS_OBJECT(element))
            entry = request_entry(json_node_get_object(element), scenario, error);
        else
            request_fail(error, "a change is a map");
        if (entry == NULL)
            return NULL;
        g_ptr_array_add(entries, entry);
    }
    if (entries->len > 0)
        return g_steal_pointer(&entries);
    request_fail(error, "there is nothing to change");
    return NULL;
}
