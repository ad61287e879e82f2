// SPDX-License-Identifier: Apache-2.0
// Puts records and configurations into words.
#include "sim/report/change_words.h"

#include <string.h>

enum { CHANGE_NAMED_LINKS = 3 }; // one by one; more are counted

static void words_add(GString *words, const char *separator, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static void words_add(GString *words, const char *separator, const char *format, ...)
{
    va_list arguments;

    g_string_append(words, words->len > 0 ? separator : "");
    va_start(arguments, format);
    g_string_append_vprintf(words, format, arguments);
    va_end(arguments);
}

static void words_add_values(GString *words, const TimelineEntry *entry, bool with_values)
{
    for (unsigned n = 0; n < link_change_count(entry->change); n++)
        g_string_append_printf(words, "%s%s%s%s", n > 0 ? ", " : " ",
                               link_change_name(entry->change, n), with_values ? " " : "",
                               with_values ? link_change_text(entry->change, n) : "");
}

char *change_action_words(const ChangeRecord *record)
{
    const TimelineEntry *entry = record->entry;
    bool configures = link_change_count(entry->change) > 0;
    GString *words = g_string_new(timeline_action_name(entry));

    switch (record->kind) {
    case CHANGE_BEGUN:
        words_add_values(words, entry, true);
        if (entry->action == TIMELINE_RAMP) {
            g_autofree char *over = quantity_format_duration(entry->over_ns);

            g_string_append_printf(words, " over %s", over);
        } else if (entry->action == TIMELINE_FLAP) {
            g_autofree char *outage = quantity_format_duration(entry->outage_ns);
            g_autofree char *period = quantity_format_duration(entry->period_ns);

            g_string_append_printf(words, " down %s of every %s", outage, period);
        }
        break;
    case CHANGE_ENDED:
        words_add_values(words, entry, true);
        g_string_append(words, " ended");
        break;
    case CHANGE_PUT_BACK:
        // Of a link that is down something else may still be the cause.
        if (entry->action == TIMELINE_DOWN)
            g_string_append(words, " over");
        else
            g_string_assign(words, configures ? "put back" : "up again");
        words_add_values(words, entry, false);
        break;
    case CHANGE_REFUSED:
        words_add_values(words, entry, true);
        g_string_append_printf(words, " LEFT OUT: %s", record->reason);
        break;
    }
    return g_string_free(words, FALSE);
}

char *change_place_words(const TimelineEntry *entry)
{
    GString *words = g_string_new(NULL);
    const GPtrArray *links = entry->links, *hosts = entry->hosts;
    guint n_named = links->len <= CHANGE_NAMED_LINKS + 1 ? links->len : CHANGE_NAMED_LINKS;

    for (guint i = 0; i < n_named; i++)
        words_add(words, ", ", "%s", ((const LinkSpec *)g_ptr_array_index(links, i))->name);
    if (n_named < links->len)
        g_string_append_printf(words, " and %u more", links->len - n_named);
    for (guint i = 0; i < hosts->len; i++)
        words_add(words, ", ", "%s", ((const NodeSpec *)g_ptr_array_index(hosts, i))->name);
    if (!entry->in[LINK_FORWARD] || !entry->in[LINK_REVERSE])
        g_string_append_printf(words, " (%s)", timeline_direction_name(entry));
    return g_string_free(words, FALSE);
}

char *change_time_words(const TimelineEntry *entry)
{
    g_autofree char *at = quantity_format_duration(entry->at_ns);
    g_autofree char *every = quantity_format_duration(entry->every_ns);
    g_autofree char *lasting = quantity_format_duration(entry->for_ns);
    GString *words = g_string_new(at);

    if (entry->every_ns > 0)
        words_add(words, ", ", "every %s", every);
    if (entry->for_ns != TIMELINE_FOR_GOOD_NS)
        words_add(words, ", ", "for %s", lasting);
    return g_string_free(words, FALSE);
}

char *change_origin_words(const TimelineEntry *entry)
{
    return entry->position.line > 0 ? g_strdup_printf("timeline:%zu", entry->position.line)
                                    : g_strdup("command");
}

// Whether a parameter is one of those that every link is described by.
static bool param_is_basic(const StageClass *class, const StageKey *key, const ParamSpec *param)
{
    static const char *const basic[] = {"rate", "queue", "delay", "jitter", "loss", NULL};

    return g_strv_contains(basic, key->name) && param == link_config_plain_param(class, key, NULL);
}

static void words_add_param(GString *words, const StageKey *key, const ParamSpec *param,
                            const char *text)
{
    if (param == key->params)
        words_add(words, ", ", "%s %s", key->name, text);
    else
        words_add(words, ", ", "%s %s %s", key->name, param->name, text);
}

char *link_details_words(const LinkConfig *config)
{
    g_autoptr(LinkConfig) fallbacks = link_config_new();
    GString *words = g_string_new(NULL);

    for (const StageClass *const *class = stage_classes; *class != NULL; class ++) {
        if (!link_config_has_chosen(config, *class))
            continue;
        if (!link_config_has_chosen(fallbacks, *class))
            words_add(words, ", ", "%s %s %s", (*class)->keys->name, (*class)->selector,
                      (*class)->variant);
        for (const StageKey *key = (*class)->keys; key->name != NULL; key++) {
            for (const ParamSpec *param = key->params; param->name != NULL; param++) {
                g_autofree char *text = param_format(param, link_config_of(config, *class));
                g_autofree char *fallback = param_format(param, link_config_of(fallbacks, *class));

                if (!param_is_basic(*class, key, param) && strcmp(text, fallback) != 0)
                    words_add_param(words, key, param, text);
            }
        }
    }
    return g_string_free(words, FALSE);
}

char *link_state_words(const LinkConfig *config, bool is_down)
{
    GString *words = g_string_new(NULL);
    g_autofree char *rate = quantity_format_rate(link_config_rate_bps(config));
    g_autofree char *queue = quantity_format_limit(link_config_queue_limit(config));
    g_autofree char *delay = quantity_format_duration(link_config_delay_ns(config));
    g_autofree char *jitter = quantity_format_duration(link_config_jitter_ns(config));
    g_autofree char *loss = quantity_format_probability(link_config_loss(config));
    g_autofree char *details = link_details_words(config);

    if (link_config_rate_bps(config) > 0)
        words_add(words, ", ", "%s, queue %s", rate, queue);
    if (link_config_delay_ns(config) > 0)
        words_add(words, ", ", "delay %s", delay);
    if (link_config_jitter_ns(config) > 0)
        words_add(words, ", ", "jitter %s", jitter);
    if (link_config_loss(config) > 0)
        words_add(words, ", ", "loss %s", loss);
    if (*details != '\0')
        words_add(words, ", ", "%s", details);
    if (is_down)
        words_add(words, ", ", "down");
    if (words->len == 0)
        g_string_assign(words, "nothing");
    return g_string_free(words, FALSE);
}
