// SPDX-License-Identifier: Apache-2.0
// Words are put together from the keys that a map has, each by a table.
#include "sim/commands/event_words.h"

#include <string.h>

const Value *event_entry(const Value *map, const char *key)
{
    for (guint i = 0; map != NULL && map->kind == VALUE_MAP && i < map->entries->len; i++) {
        const Entry *entry = &g_array_index(map->entries, Entry, i);

        if (strcmp(entry->key->text, key) == 0)
            return entry->value;
    }
    return NULL;
}

// The text of a scalar entry, or NULL.
static const char *event_text(const Value *map, const char *key)
{
    const Value *value = event_entry(map, key);

    return value != NULL && value->kind == VALUE_SCALAR && !value->is_null ? value->text : NULL;
}

// "a, b" of a list, "loss 5%, delay 50ms" of a map, in parentheses where it stands in another.
static void value_append(GString *text, const Value *value, bool is_inner)
{
    bool has_brackets = is_inner && value->kind != VALUE_SCALAR;

    if (has_brackets)
        g_string_append_c(text, '(');
    if (value->kind == VALUE_SCALAR)
        g_string_append(text, value->text);
    for (guint i = 0; value->kind == VALUE_LIST && i < value->items->len; i++) {
        g_string_append(text, i > 0 ? ", " : "");
        value_append(text, g_ptr_array_index(value->items, i), true);
    }
    for (guint i = 0; value->kind == VALUE_MAP && i < value->entries->len; i++) {
        const Entry *entry = &g_array_index(value->entries, Entry, i);

        g_string_append_printf(text, "%s%s ", i > 0 ? ", " : "", entry->key->text);
        value_append(text, entry->value, true);
    }
    if (has_brackets)
        g_string_append_c(text, ')');
}

static char *value_words(const Value *value)
{
    GString *text = g_string_new(NULL);

    value_append(text, value, false);
    return g_string_free(text, FALSE);
}

// What a rule does. The words go behind "is" or "are"; %s stands for the value where it is no map.
static const struct {
    const char *key, *plain, *with_value;
} fault_actions[] = {
    {"drop", "dropped", "dropped"},
    {"delay", "late", "late by %s"},
    {"duplicate", "duplicated", "followed by copies: %s"},
    {"corrupt", "corrupted", "corrupted at byte %s"},
    {"truncate", "cut short", "cut to %s"},
    {"set-ecn", "given another ECN field", "given the ECN field %s"},
    {"set-dscp", "given another DSCP", "given the DSCP %s"},
    {"strip-option", "stripped of a TCP option", "stripped of the TCP option %s"},
    {"clamp-mss", "made to name a lower MSS", "made to name an MSS of %s at the most"},
    {"icmp", "dropped and answered by ICMP", "dropped and answered by ICMP: %s"},
    {"black-hole", "dropped without a word when too long",
     "dropped without a word when longer than %s"},
};

// Keys of a rule that say which frames it is for.
static const char *const fault_subject_keys[] = {"match", "which", "direction", "interface",
                                                 "from",  "to",    NULL};

static void fault_append_action(GString *text, const char *key, const Value *value)
{
    g_autofree char *words = value_words(value);

    for (size_t i = 0; i < G_N_ELEMENTS(fault_actions); i++) {
        GString *phrase;

        if (strcmp(fault_actions[i].key, key) != 0)
            continue;
        phrase = g_string_new(value->kind == VALUE_SCALAR && !value->is_null
                                  ? fault_actions[i].with_value
                                  : fault_actions[i].plain);
        g_string_replace(phrase, "%s", words, 0);
        g_string_append(text, phrase->str);
        if (value->kind != VALUE_SCALAR && *words != '\0')
            g_string_append_printf(text, " (%s)", words);
        g_string_free(phrase, TRUE);
        return;
    }
    g_string_append_printf(text, "subject to %s %s", key, words);
}

// "every frame", "frames 5, 6, 9", "the first frame of each flow"; sets whether it is more than
// one.
static char *fault_subject(const Value *rule, bool *is_many)
{
    const char *which = event_text(rule, "which");

    *is_many = which != NULL;
    if (which == NULL)
        return g_strdup("every frame");
    if (g_str_has_suffix(which, "%")) {
        return g_strdup_printf("%s of the frames", which);
    } else if (g_str_has_prefix(which, "first per flow")) {
        *is_many = false;
        return g_strdup("the first frame of each flow");
    } else if (g_str_has_prefix(which, "every ")) {
        *is_many = false;
        return g_strdup_printf("one frame in %s", which + strlen("every "));
    }
    *is_many = which[strspn(which, "0123456789 ")] != '\0';
    return g_strdup_printf(*is_many ? "frames %s" : "frame %s", which);
}

char *event_fault_words(const Value *rule)
{
    bool is_many;
    g_autofree char *subject = fault_subject(rule, &is_many);
    GString *text = g_string_new(subject);
    const char *match = event_text(rule, "match");
    const char *from = event_text(rule, "from"), *to = event_text(rule, "to");
    unsigned n_actions = 0;

    if (match != NULL)
        g_string_append_printf(text,
                               is_many || g_str_has_prefix(subject, "frame ")
                                   ? " of those that match \"%s\""
                                   : " that matches \"%s\"",
                               match);
    g_string_append(text, is_many ? " are " : " is ");
    for (guint i = 0; i < rule->entries->len; i++) {
        const Entry *entry = &g_array_index(rule->entries, Entry, i);

        if (g_strv_contains(fault_subject_keys, entry->key->text))
            continue;
        if (n_actions++ > 0)
            g_string_append_printf(text, ", %s ", entry->key->text);
        if (n_actions > 1)
            value_append(text, entry->value, true);
        else
            fault_append_action(text, entry->key->text, entry->value);
    }
    if (from != NULL)
        g_string_append_printf(text, ", from %s on", from);
    if (to != NULL)
        g_string_append_printf(text, ", until %s", to);
    return g_string_free(text, FALSE);
}

bool event_fault_concerns(const Value *rule, unsigned direction, const char *node,
                          const char *interface)
{
    const char *given = event_text(rule, "direction");
    const char *where = event_text(rule, "interface");
    g_autofree char *full_name = g_strdup_printf("%s:%s", node, interface);

    if (where != NULL && strcmp(where, node) != 0 && strcmp(where, full_name) != 0)
        return false;
    return given == NULL || strcmp(given, direction == 0 ? "reverse" : "forward") != 0;
}

// "all links tagged wan", "links like *-eu", "atlantic (forward)"
static void timeline_append_link(GString *text, const Value *event)
{
    const Value *link = event_entry(event, "link");
    const char *direction = event_text(event, "direction");
    g_autofree char *name = link != NULL ? value_words(link) : NULL;

    if (name == NULL)
        return;
    if (g_str_has_prefix(name, "tag:"))
        g_string_append_printf(text, "each link tagged %s", name + strlen("tag:"));
    else if (strpbrk(name, "*?") != NULL)
        g_string_append_printf(text, "each link like %s", name);
    else
        g_string_append(text, name);
    if (direction != NULL)
        g_string_append_printf(text, " (%s)", direction);
}

// What happens; the link stands in front of the words, %s for the value.
static const struct {
    const char *key, *words, *when_true; // when_true: for a boolean
} timeline_actions[] = {
    {"set", "has %s", NULL},
    {"down", "goes down for %s", "goes down"},
    {"up", "comes up again after %s", "comes up again"},
    {"ramp", "moves evenly to %s", NULL},
    {"flap", "goes down and up again and again: %s", NULL},
    {"partition", "the groups %s are cut off from each other", NULL},
    {"restart", "the tasks of %s start again", NULL},
    {"reset", "all is as the file says again", "all is as the file says again"},
};

static bool value_is_true(const Value *value)
{
    return value->kind == VALUE_SCALAR && (g_ascii_strcasecmp(value->text, "true") == 0 ||
                                           g_ascii_strcasecmp(value->text, "yes") == 0 ||
                                           g_ascii_strcasecmp(value->text, "on") == 0);
}

static bool timeline_append_action(GString *text, const char *key, const Value *value)
{
    g_autofree char *words = value_words(value);

    for (size_t i = 0; i < G_N_ELEMENTS(timeline_actions); i++) {
        GString *phrase;

        if (strcmp(timeline_actions[i].key, key) != 0)
            continue;
        phrase = g_string_new(timeline_actions[i].when_true != NULL && value_is_true(value)
                                  ? timeline_actions[i].when_true
                                  : timeline_actions[i].words);
        g_string_replace(phrase, "%s", words, 0);
        g_string_append_printf(text, " %s", phrase->str);
        g_string_free(phrase, TRUE);
        return true;
    }
    return false;
}

char *event_timeline_words(const Value *event)
{
    static const char *const told[] = {"at", "every", "for", "over", "link", "direction", NULL};
    const char *at = event_text(event, "at"), *every = event_text(event, "every");
    const char *lasts = event_text(event, "for"), *over = event_text(event, "over");
    GString *text = g_string_new(NULL);

    g_string_append_printf(text, "at %s", at != NULL ? at : "the start");
    if (every != NULL)
        g_string_append_printf(text, " and every %s from then on", every);
    if (event_entry(event, "link") != NULL)
        g_string_append_c(text, ' ');
    timeline_append_link(text, event);
    for (guint i = 0; i < event->entries->len; i++) {
        const Entry *entry = &g_array_index(event->entries, Entry, i);

        if (g_strv_contains(told, entry->key->text) ||
            timeline_append_action(text, entry->key->text, entry->value))
            continue;
        g_string_append_printf(text, ", %s ", entry->key->text);
        value_append(text, entry->value, true);
    }
    if (over != NULL)
        g_string_append_printf(text, ", over %s", over);
    if (lasts != NULL)
        g_string_append_printf(text, ", for %s; then it is as before", lasts);
    return g_string_free(text, FALSE);
}
