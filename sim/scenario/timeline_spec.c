// SPDX-License-Identifier: Apache-2.0
// Making and freeing of timelines, and which links a pattern means.
#include "sim/scenario/timeline_spec.h"

#include <string.h>

enum { RAMP_STEP_NS = 10 * 1000 * 1000 };

TimelineEntry *timeline_entry_new(TimelineAction action)
{
    TimelineEntry *entry = g_new0(TimelineEntry, 1);

    entry->n_references = 1;
    entry->action = action;
    entry->links = g_ptr_array_new();
    entry->hosts = g_ptr_array_new();
    entry->change = link_change_new();
    entry->in[LINK_FORWARD] = entry->in[LINK_REVERSE] = true;
    entry->step_ns = RAMP_STEP_NS;
    entry->carrier = true;
    return entry;
}

TimelineEntry *timeline_entry_ref(TimelineEntry *entry)
{
    g_atomic_int_inc(&entry->n_references);
    return entry;
}

void timeline_entry_unref(TimelineEntry *entry)
{
    if (entry == NULL || !g_atomic_int_dec_and_test(&entry->n_references))
        return;
    g_ptr_array_unref(entry->links);
    g_ptr_array_unref(entry->hosts);
    link_change_free(entry->change);
    g_free(entry);
}

const char *timeline_action_name(const TimelineEntry *entry)
{
    static const char *const names[] = {
        [TIMELINE_SET] = "set",     [TIMELINE_RAMP] = "ramp", [TIMELINE_DOWN] = "down",
        [TIMELINE_UP] = "up",       [TIMELINE_FLAP] = "flap", [TIMELINE_RESTART] = "restart",
        [TIMELINE_RESET] = "reset",
    };

    return entry->is_partition ? "partition" : names[entry->action];
}

const char *timeline_direction_name(const TimelineEntry *entry)
{
    if (entry->in[LINK_FORWARD] && entry->in[LINK_REVERSE])
        return "both";
    return entry->in[LINK_FORWARD] ? "forward" : "reverse";
}

// What a field is, in words; a number that stands for an absence is "nothing".
static char *field_format(LinkField field, const LinkConfig *config)
{
    g_autoptr(LinkConfig) scratch = link_config_copy(config);

    if (field.param == NULL)
        return g_strdup(field.class->variant);
    if (!link_field_interpolate(field, scratch, config, config, 0, 1))
        return g_strdup("nothing");
    return param_format(field.param, link_config_of(config, field.class));
}

static bool change_check_ramp(const LinkChange *change, const LinkConfig *from,
                              const LinkConfig *to, GError **error)
{
    g_autoptr(LinkConfig) config = link_config_copy(from);

    for (unsigned n = 0; n < link_change_count(change); n++) {
        LinkField field = link_change_field(change, n, to);
        g_autofree char *before = NULL;

        if (link_field_interpolate(field, config, from, to, 0, 1))
            continue;
        before = field_format(field, from);
        g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE,
                    "%s: no ramp leads there from %s: use set", link_change_name(change, n),
                    before);
        return false;
    }
    return true;
}

bool timeline_entry_try(const TimelineEntry *entry, const LinkConfig *from, LinkConfig *to,
                        GError **error)
{
    return link_change_apply(entry->change, to, error) && link_config_check_values(to, error) &&
           (entry->action != TIMELINE_RAMP || change_check_ramp(entry->change, from, to, error));
}

TimelineSpec *timeline_spec_new(void)
{
    TimelineSpec *spec = g_new0(TimelineSpec, 1);

    spec->tasks = g_ptr_array_new();
    spec->entries = g_ptr_array_new_with_free_func((GDestroyNotify)timeline_entry_unref);
    return spec;
}

void timeline_spec_free(TimelineSpec *spec)
{
    if (spec == NULL)
        return;
    g_ptr_array_unref(spec->tasks);
    g_ptr_array_unref(spec->entries);
    g_free(spec);
}

static bool link_has_tag(const LinkSpec *link, const char *tag)
{
    return link->tags != NULL &&
           g_ptr_array_find_with_equal_func(link->tags, tag, g_str_equal, NULL);
}

bool links_pattern_is_wide(const char *pattern)
{
    return g_str_has_prefix(pattern, "tag:") || strpbrk(pattern, "*?") != NULL;
}

static bool links_pattern_means(const char *pattern, const LinkSpec *link)
{
    if (g_str_has_prefix(pattern, "tag:"))
        return link_has_tag(link, pattern + strlen("tag:"));
    return link->name != NULL && g_pattern_match_simple(pattern, link->name);
}

static void links_add(GPtrArray *links, GHashTable *seen, const LinkSpec *link)
{
    if (g_hash_table_add(seen, (gpointer)link))
        g_ptr_array_add(links, (gpointer)link);
}

bool links_match(const Scenario *scenario, const char *pattern, GHashTable *seen, GPtrArray *links)
{
    const LinkSpec *named = scenario_link(scenario, pattern);
    bool is_known = named != NULL;

    if (named != NULL)
        links_add(links, seen, named);
    for (guint i = 0; i < scenario->links->len && links_pattern_is_wide(pattern); i++) {
        const LinkSpec *link = g_ptr_array_index(scenario->links, i);

        if (!links_pattern_means(pattern, link))
            continue;
        is_known = true;
        links_add(links, seen, link);
    }
    return is_known;
}
