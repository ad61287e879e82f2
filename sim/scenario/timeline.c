// SPDX-License-Identifier: Apache-2.0
// The section `timeline:`: what is to change, where and when. What the values do to links is
// checked by sim/scenario/timeline_check.c, when all entries are known.
#include "sim/scenario/timeline_spec.h"

#include <string.h>

#include "core/quote.h"
#include "core/scale.h"
#include "sim/scenario/loader.h"

// All the times that a link is named by an entry.
enum { TIMELINE_MAX_TARGETS = 200 * 1000 };

#define TIMELINE_EXAMPLE "[{at: 10s, link: atlantic, set: {loss: 5%}}]"
#define ENTRY_EXAMPLE "{at: 10s, link: atlantic, set: {loss: 5%}}"

// An entry in the types of parameter tables.
typedef struct {
    TimelineEntry *entry;
    int64_t at_ns, every_ns, for_ns, over_ns, step_ns;
    bool carrier;
    int direction; // as `directions` below
    unsigned n_actions;
    bool down_ends; // `down: 2s`
} EntryDraft;

typedef struct {
    int64_t period_ns;
    Probability duty;
} FlapDraft;

static const char *const directions[] = {"both", "forward", "reverse", NULL};

static const ParamSpec entry_params[] = {
    {.name = "at",
     .type = PARAM_DURATION,
     .offset = offsetof(EntryDraft, at_ns),
     .max = TIMELINE_MAX_NS,
     .summary = "when, from the start of the timeline"},
    {.name = "every",
     .type = PARAM_DURATION,
     .offset = offsetof(EntryDraft, every_ns),
     .min = 100000,
     .max = TIMELINE_MAX_NS,
     .summary = "again and again, so long after the last time"},
    {.name = "for",
     .type = PARAM_DURATION,
     .offset = offsetof(EntryDraft, for_ns),
     .min = TIMELINE_MIN_NS,
     .max = TIMELINE_MAX_NS,
     .summary = "puts back after that time what was before"},
    {.name = "over",
     .type = PARAM_DURATION,
     .offset = offsetof(EntryDraft, over_ns),
     .min = TIMELINE_MIN_NS,
     .max = TIMELINE_MAX_NS,
     .summary = "how long a ramp takes"},
    {.name = "step",
     .type = PARAM_DURATION,
     .offset = offsetof(EntryDraft, step_ns),
     .min = 100000,
     .max = TIMELINE_MAX_NS,
     .fallback = "10ms",
     .summary = "from one step of a ramp to the next"},
    {.name = "carrier",
     .type = PARAM_BOOLEAN,
     .offset = offsetof(EntryDraft, carrier),
     .summary = "whether hosts see a link that is down both ways lose its carrier"},
    {.name = "direction",
     .type = PARAM_CHOICE,
     .offset = offsetof(EntryDraft, direction),
     .choices = directions,
     .summary = "the directions of the links it is about"},
    PARAM_END,
};

static const ParamSpec flap_params[] = {
    {.name = "period",
     .type = PARAM_DURATION,
     .offset = offsetof(FlapDraft, period_ns),
     .min = 1000000,
     .max = TIMELINE_MAX_NS,
     .summary = "from one outage to the next"},
    {.name = "duty",
     .type = PARAM_PROBABILITY,
     .offset = offsetof(FlapDraft, duty),
     .min = 1,
     .max = RANDOM_ALWAYS - 1,
     .fallback = "50%",
     .summary = "share of each period, at its start, for which the link is down"},
    PARAM_END,
};

static void entry_act(EntryDraft *draft, TimelineAction action)
{
    draft->entry->action = action;
    draft->n_actions++;
}

static void spot_error_link(Loader *loader, const Spot *spot, const char *pattern)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const GPtrArray *links = loader->scenario->links;

    if (links_pattern_is_wide(pattern)) {
        g_autofree char *quote = quote_new(pattern);

        spot_error(spot, "%s means no link", quote);
        return;
    }
    for (guint i = 0; i < links->len && !problems_are_many(spot->problems); i++) {
        const LinkSpec *link = g_ptr_array_index(links, i);

        if (link->name != NULL)
            g_ptr_array_add(names, link->name);
    }
    g_ptr_array_add(names, NULL);
    spot_error_unknown(spot, "link", pattern, (const char *const *)names->pdata);
}

static void entry_add_links(Loader *loader, const Spot *spot, GHashTable *seen, GPtrArray *links)
{
    const char *pattern = spot_text(spot, "the name of a link, \"*-eu\" or \"tag:wan\"");

    if (pattern == NULL)
        return;
    if (links_pattern_is_wide(pattern))
        loader->n_timeline_targets += loader->scenario->links->len;
    if (loader->n_timeline_targets <= TIMELINE_MAX_TARGETS &&
        !links_match(loader->scenario, pattern, seen, links))
        spot_error_link(loader, spot, pattern);
}

static void entry_read_link(Loader *loader, const Spot *spot, void *into)
{
    GPtrArray *links = ((EntryDraft *)into)->entry->links;
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

    if (spot->value->kind != VALUE_LIST) {
        entry_add_links(loader, spot, seen, links);
    } else {
        for (guint i = 0; i < spot->value->items->len; i++) {
            Spot item = spot_item(spot, i);

            entry_add_links(loader, &item, seen, links);
        }
        if (spot->value->items->len == 0)
            spot_error(spot, "is empty: write a name, \"*-eu\" or \"tag:wan\"");
    }
}

// One assignment: "loss", or "loss.burst" where the value stands in a map of its own.
static void change_read(Loader *loader, const Spot *spot, const char *name, LinkChange *change)
{
    const ParamSpec *param = link_change_param(name);
    bool from_file = param != NULL && param->type == PARAM_OBJECT && param->object_class->from_file;
    const char *text = spot_text(spot, "a value");
    ParamObject *object = NULL;
    g_autoptr(GError) error = NULL;

    if (text == NULL)
        return;
    if (from_file && !param_has_word(param, text)) {
        object = loader_object(loader, spot, param->object_class);
        if (object == NULL)
            return;
    }
    if (!link_change_add_object(change, name, text, object, &error))
        spot_error(spot, "%s", error->message);
}

static void entry_read_change(Loader *loader, const Spot *spot, LinkChange *change)
{
    if (!spot_is_map(spot, "{loss: 5%, delay: 50ms}"))
        return;
    for (guint i = 0; i < spot->value->entries->len; i++) {
        Spot key = spot_entry(spot, i);

        if (key.value->kind != VALUE_MAP) {
            change_read(loader, &key, key.key, change);
            continue;
        }
        for (guint k = 0; k < key.value->entries->len; k++) {
            Spot param = spot_entry(&key, k);
            g_autofree char *name = g_strdup_printf("%s.%s", key.key, param.key);

            change_read(loader, &param, name, change);
        }
    }
    if (spot->value->entries->len == 0)
        spot_error(spot, "is empty: write {loss: 5%%, delay: 50ms}");
}

static void entry_read_set(Loader *loader, const Spot *spot, void *into)
{
    EntryDraft *draft = into;

    entry_act(draft, TIMELINE_SET);
    entry_read_change(loader, spot, draft->entry->change);
}

static void entry_read_ramp(Loader *loader, const Spot *spot, void *into)
{
    EntryDraft *draft = into;

    entry_act(draft, TIMELINE_RAMP);
    entry_read_change(loader, spot, draft->entry->change);
}

static bool text_is_yes(const char *text)
{
    return g_ascii_strcasecmp(text, "true") == 0 || g_ascii_strcasecmp(text, "yes") == 0 ||
           g_ascii_strcasecmp(text, "on") == 0;
}

static void entry_read_down(Loader *loader, const Spot *spot, void *into)
{
    static const ParamSpec param = {
        .name = "down", .type = PARAM_DURATION, .min = TIMELINE_MIN_NS, .max = TIMELINE_MAX_NS};
    const char *text = spot_text(spot, "true, or for how long");
    EntryDraft *draft = into;

    (void)loader;
    entry_act(draft, TIMELINE_DOWN);
    if (text == NULL || text_is_yes(text))
        return;
    draft->down_ends = true;
    spot_read_param(spot, &param, &draft->entry->for_ns);
}

static void entry_read_up(Loader *loader, const Spot *spot, void *into)
{
    const char *text = spot_text(spot, "true");

    (void)loader;
    entry_act(into, TIMELINE_UP);
    if (text != NULL && !text_is_yes(text))
        spot_error(spot, "is not true: write up: true, or down: true");
}

static void entry_read_flap(Loader *loader, const Spot *spot, void *into)
{
    static const Section section = {.noun = "a flap", .params = flap_params};
    EntryDraft *draft = into;
    FlapDraft flap = {0};
    guint index;

    entry_act(draft, TIMELINE_FLAP);
    param_set_fallbacks(flap_params, &flap);
    if (!spot_is_map(spot, "{period: 1s, duty: 50%}"))
        return;
    section_read(&section, loader, spot, &flap);
    if (!spot_find(spot, "period", &index))
        spot_error(spot, "needs period: from one outage to the next");
    draft->entry->period_ns = flap.period_ns;
    // To the nearest nanosecond: 40% is not quite so many of 2^32.
    draft->entry->outage_ns =
        (int64_t)(scale(2 * (uint64_t)flap.period_ns, flap.duty, RANDOM_ALWAYS) + 1) / 2;
}

static void entry_read_partition(Loader *loader, const Spot *spot, void *into)
{
    EntryDraft *draft = into;

    entry_act(draft, TIMELINE_DOWN);
    draft->entry->is_partition = true;
    loader->n_timeline_targets += loader->scenario->links->len + loader->scenario->nodes->len;
    if (loader->n_timeline_targets <= TIMELINE_MAX_TARGETS)
        partition_read(loader, spot, draft->entry);
}

static void entry_add_host(Loader *loader, const Spot *spot, TimelineEntry *entry)
{
    const char *name = spot_text(spot, "the name of a host");
    NodeSpec *node = name != NULL ? loader_find_node(loader, spot, name) : NULL;
    const GPtrArray *tasks = loader->scenario->tasks;

    if (node == NULL)
        return;
    loader->n_timeline_targets += tasks->len;
    for (guint i = 0; i < tasks->len && loader->n_timeline_targets <= TIMELINE_MAX_TARGETS; i++) {
        const TaskSpec *task = g_ptr_array_index(tasks, i);

        if (task->node == node && task->background) {
            g_ptr_array_add(entry->hosts, node);
            return;
        }
    }
    spot_error(spot, "%s has no task with background: true that could be restarted", node->name);
}

static void entry_read_restart(Loader *loader, const Spot *spot, void *into)
{
    EntryDraft *draft = into;

    entry_act(draft, TIMELINE_RESTART);
    if (spot->value->kind != VALUE_LIST) {
        entry_add_host(loader, spot, draft->entry);
        return;
    }
    for (guint i = 0; i < spot->value->items->len; i++) {
        Spot item = spot_item(spot, i);

        entry_add_host(loader, &item, draft->entry);
    }
    if (spot->value->items->len == 0)
        spot_error(spot, "is empty: write the names of hosts");
}

static const Field entry_fields[] = {
    {"link", entry_read_link},           {"set", entry_read_set},         {"ramp", entry_read_ramp},
    {"down", entry_read_down},           {"up", entry_read_up},           {"flap", entry_read_flap},
    {"partition", entry_read_partition}, {"restart", entry_read_restart}, {NULL, NULL},
};

static const Section entry_section = {
    .noun = "an entry of the timeline", .fields = entry_fields, .params = entry_params};

// A key that only some actions have.
static void entry_check_key(const Spot *spot, const EntryDraft *draft, const char *key,
                            bool is_allowed)
{
    guint index;

    if (is_allowed || !spot_find(spot, key, &index))
        return;
    spot_error(spot, "%s: has no meaning beside %s", key, timeline_action_name(draft->entry));
}

static void entry_check_times(const Spot *spot, const EntryDraft *draft)
{
    guint index;

    if (draft->every_ns > 0 && draft->entry->for_ns > draft->every_ns)
        spot_error(spot, "%s: is longer than every:, so that it would begin before it has ended",
                   draft->down_ends ? "down" : "for");
    if (draft->entry->action == TIMELINE_FLAP && draft->every_ns > 0 && draft->entry->for_ns == 0)
        spot_error(spot, "needs for: a flap that never ends cannot begin again");
    if (draft->entry->action != TIMELINE_RAMP)
        return;
    if (!spot_find(spot, "over", &index))
        spot_error(spot, "needs over: how long the ramp takes");
    else if (draft->entry->for_ns > 0 && draft->over_ns > draft->entry->for_ns)
        spot_error(spot, "over: is longer than for:, so that the ramp would never end");
    else if (draft->every_ns > 0 && draft->over_ns > draft->every_ns)
        spot_error(spot, "over: is longer than every:, so that it would begin before it has ended");
}

static void entry_check(const Spot *spot, const EntryDraft *draft)
{
    const TimelineEntry *entry = draft->entry;
    bool is_down = entry->action == TIMELINE_DOWN, is_flap = entry->action == TIMELINE_FLAP;
    bool has_links = entry->action != TIMELINE_RESTART && !entry->is_partition;
    guint index;

    if (!spot_find(spot, "at", &index) && !spot_find(spot, "every", &index))
        spot_error(spot, "needs at: when it happens");
    if (draft->n_actions != 1) {
        spot_error(spot, "needs one of set:, ramp:, down:, up:, flap:, partition: and restart:");
        return;
    }
    if (has_links && !spot_find(spot, "link", &index))
        spot_error(spot, "needs link: a name, a list, \"*-eu\" or \"tag:wan\"");
    entry_check_key(spot, draft, "link", has_links);
    entry_check_key(spot, draft, "direction", entry->action != TIMELINE_RESTART);
    entry_check_key(spot, draft, "for",
                    entry->action != TIMELINE_RESTART && entry->action != TIMELINE_UP &&
                        !draft->down_ends);
    entry_check_key(spot, draft, "over", entry->action == TIMELINE_RAMP);
    entry_check_key(spot, draft, "step", entry->action == TIMELINE_RAMP);
    entry_check_key(spot, draft, "carrier", is_down || is_flap);
    entry_check_times(spot, draft);
}

static void entry_read(Loader *loader, const Spot *spot, TimelineSpec *timeline)
{
    TimelineEntry *entry = timeline_entry_new(TIMELINE_SET);
    EntryDraft draft = {.entry = entry};
    guint index;

    g_ptr_array_add(timeline->entries, entry);
    entry->position = spot->value->position;
    if (!spot_is_map(spot, ENTRY_EXAMPLE))
        return;
    param_set_fallbacks(entry_params, &draft);
    section_read(&entry_section, loader, spot, &draft);
    loader->n_timeline_targets += entry->links->len + 1;
    entry->at_ns = draft.at_ns;
    entry->every_ns = draft.every_ns;
    if (!draft.down_ends)
        entry->for_ns = draft.for_ns;
    entry->over_ns = draft.over_ns;
    entry->step_ns = draft.step_ns;
    entry->carrier = spot_find(spot, "carrier", &index) ? draft.carrier : !entry->is_partition;
    for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++)
        entry->in[direction] = draft.direction == 0 || draft.direction == (int)direction + 1;
    entry_check(spot, &draft);
}

static void start_add_task(Loader *loader, const Spot *spot, TimelineSpec *timeline)
{
    const char *name = spot_text(spot, "the name of a task");
    TaskSpec *task =
        name != NULL ? g_hash_table_lookup(loader->scenario->task_by_name, name) : NULL;
    g_autofree const char **names = NULL;

    if (task != NULL) {
        g_ptr_array_add(timeline->tasks, task);
    } else if (name != NULL) {
        names = (const char **)g_hash_table_get_keys_as_array(loader->scenario->task_by_name, NULL);
        spot_error_unknown(spot, "task", name, names);
    }
}

static void start_read_tasks(Loader *loader, const Spot *spot, void *into)
{
    TimelineSpec *timeline = into;

    timeline->start = TIMELINE_AT_READY;
    if (!spot_is_list(spot, "[NAME]: what tasks have as name:"))
        return;
    for (guint i = 0; i < spot->value->items->len; i++) {
        Spot item = spot_item(spot, i);

        start_add_task(loader, &item, timeline);
    }
    if (spot->value->items->len == 0)
        spot_error(spot, "is empty: write the names of tasks");
}

static void timeline_read_start(Loader *loader, const Spot *spot, void *into)
{
    static const Field fields[] = {{"ready", start_read_tasks}, {NULL, NULL}};
    static const Section section = {.noun = "a start", .fields = fields};
    static const char *const words[] = {"launch", "first-frame", NULL};
    TimelineSpec *timeline = into;
    const char *word;

    if (spot->value->kind == VALUE_MAP) {
        section_read(&section, loader, spot, timeline);
        return;
    }
    word = spot_text(spot, "launch, first-frame or {ready: [NAME]}");
    if (word == NULL || strcmp(word, words[0]) == 0)
        return;
    if (strcmp(word, words[1]) == 0)
        timeline->start = TIMELINE_AT_FIRST_FRAME;
    else
        spot_error_unknown(spot, "start", word, words);
}

static void timeline_read_events(Loader *loader, const Spot *spot, void *into)
{
    TimelineSpec *timeline = into;
    size_t n_errors = problems_n_errors(spot->problems);

    if (!spot_is_list(spot, TIMELINE_EXAMPLE))
        return;
    for (guint i = 0; i < spot->value->items->len; i++) {
        Spot item = spot_item(spot, i);

        entry_read(loader, &item, timeline);
    }
    if (loader->n_timeline_targets > TIMELINE_MAX_TARGETS)
        spot_error(spot, "its entries name links more than %d times", TIMELINE_MAX_TARGETS);
    else if (problems_n_errors(spot->problems) == n_errors && loader->links_are_right)
        timeline_check(loader, spot, timeline);
}

void timeline_read(Loader *loader, const Spot *spot, void *scenario)
{
    static const Field fields[] = {
        {"start", timeline_read_start}, {"events", timeline_read_events}, {NULL, NULL}};
    static const Section section = {.noun = "a timeline", .fields = fields};
    TimelineSpec *timeline = ((Scenario *)scenario)->timeline;

    if (spot->value->kind == VALUE_MAP)
        section_read(&section, loader, spot, timeline);
    else
        timeline_read_events(loader, spot, timeline);
}
