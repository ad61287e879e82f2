// SPDX-License-Identifier: Apache-2.0
// The key `faults:` of a link: a list of rules, each a map with one action, and which frames it is
// for. Actions and their parameters come from the table in links/fault/fault_action.h.
#include <string.h>

#include "core/quote.h"
#include "links/fault/faults.h"
#include "sim/capture/filter.h"
#include "sim/scenario/loader.h"

enum { FAULT_MAX_RULES = 64, N_DIRECTIONS = 2 };

typedef enum { FAULT_FORWARD, FAULT_REVERSE, FAULT_BOTH } FaultDirection;

static const char *const fault_directions[] = {
    [FAULT_FORWARD] = "forward", [FAULT_REVERSE] = "reverse", [FAULT_BOTH] = "both", NULL};

// A filter as the rules see it.
typedef struct {
    FaultMatcher matcher;
    Filter *filter;
} FilterMatcher;

// A rule that is being read.
typedef struct {
    const LinkSpec *link;
    FaultRule *rule;
    int64_t from_ns, to_ns;
    int direction; // FaultDirection
    bool has_interface;
    char *match;
    char *which;
} RuleDraft;

static void rule_draft_clear(RuleDraft *draft)
{
    g_clear_pointer(&draft->rule, fault_rule_unref);
    g_free(draft->match);
    g_free(draft->which);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RuleDraft, rule_draft_clear)

static const ParamSpec fault_params[] = {
    {.name = "from",
     .type = PARAM_DURATION,
     .offset = offsetof(RuleDraft, from_ns),
     .summary = "engine time from which the rule is in force"},
    {.name = "to",
     .type = PARAM_DURATION,
     .offset = offsetof(RuleDraft, to_ns),
     .min = 1,
     .summary = "engine time from which it no longer is"},
    {.name = "direction",
     .type = PARAM_CHOICE,
     .offset = offsetof(RuleDraft, direction),
     .choices = fault_directions,
     .summary = "of the link; each is numbered by itself"},
    PARAM_END,
};

static bool filter_match(const FaultMatcher *matcher, const uint8_t *bytes, uint32_t length_bytes)
{
    return filter_passes(((const FilterMatcher *)matcher)->filter, bytes, length_bytes);
}

static void filter_matcher_free(FaultMatcher *matcher)
{
    filter_free(((FilterMatcher *)matcher)->filter);
    g_free(matcher);
}

static void fault_read_match(Loader *loader, const Spot *spot, void *into)
{
    const char *text = spot_text(spot, "an expression of pcap-filter(7), as \"udp port 53\"");
    RuleDraft *draft = into;
    const InterfaceSpec *end = draft->link->ends[0];
    bool is_tun = end != NULL && end->node->device == DEVICE_TUN;
    g_autoptr(GError) error = NULL;
    FilterMatcher *matcher;
    Filter *filter;

    (void)loader;
    if (text == NULL)
        return;
    filter = filter_new(is_tun ? CAPTURE_RAW_IP : CAPTURE_ETHERNET, text, &error);
    if (filter == NULL) {
        spot_error(spot, "%s", error->message);
        return;
    }
    matcher = g_new0(FilterMatcher, 1);
    *matcher = (FilterMatcher){{filter_match, filter_matcher_free}, filter};
    draft->rule->matcher = &matcher->matcher;
    draft->match = g_strdup(text);
}

static void fault_read_which(Loader *loader, const Spot *spot, void *into)
{
    const char *text = spot_text(spot, "\"5, 6, 9\"");
    RuleDraft *draft = into;
    g_autoptr(GError) error = NULL;

    (void)loader;
    if (text == NULL)
        return;
    if (!fault_choice_parse(&draft->rule->which, text, &error))
        spot_error(spot, "%s", error->message);
    draft->which = g_strdup(text);
}

// The end at which the frames enter, as "london" or "london:eth0".
static void fault_read_interface(Loader *loader, const Spot *spot, void *into)
{
    const char *text = spot_text(spot, "\"NODE:eth0\"");
    RuleDraft *draft = into;
    const InterfaceSpec *const *ends = (const InterfaceSpec *const *)draft->link->ends;

    (void)loader;
    if (text == NULL || ends[0] == NULL || ends[1] == NULL)
        return;
    draft->has_interface = true;
    for (int end = 0; end < 2; end++) {
        g_autofree char *name = g_strdup_printf("%s:%s", ends[end]->node->name, ends[end]->name);

        if (strcmp(text, name) == 0 || strcmp(text, ends[end]->node->name) == 0) {
            draft->direction = end == 0 ? FAULT_FORWARD : FAULT_REVERSE;
            return;
        }
    }
    spot_error(spot, "is no end of this link: write %s or %s", ends[0]->node->name,
               ends[1]->node->name);
}

// Beside `icmp: too-big`.
static void fault_read_mtu(Loader *loader, const Spot *spot, void *into)
{
    RuleDraft *draft = into;
    const ParamSpec *param = param_find(draft->rule->action->params, "mtu");

    (void)loader;
    if (strcmp(draft->rule->action->name, "icmp") == 0)
        spot_read_param(spot, param, &draft->rule->config);
    else
        spot_error(spot, "stands beside icmp: too-big only");
}

static const Field fault_fields[] = {
    {"match", fault_read_match},
    {"which", fault_read_which},
    {"interface", fault_read_interface},
    {"mtu", fault_read_mtu},
    {NULL, NULL},
};

// A mask is more readable in hexadecimal: "0xff".
static void fault_set_param(const Spot *spot, const ParamSpec *param, FaultConfig *config)
{
    const Value *value = spot->value;
    g_autoptr(GError) error = NULL;
    g_autofree char *decimal = NULL;
    guint64 number;

    if (param->type != PARAM_COUNT || value->kind != VALUE_SCALAR ||
        !g_str_has_prefix(value->text, "0x") ||
        !g_ascii_string_to_unsigned(value->text + 2, 16, 0, G_MAXUINT64, &number, NULL)) {
        spot_read_param(spot, param, config);
        return;
    }
    decimal = g_strdup_printf("%" G_GUINT64_FORMAT, number);
    if (!param_set(param, config, decimal, &error))
        spot_error(spot, "%s", error->message);
}

static bool fault_read_action_param(Loader *loader, const Spot *spot, void *into)
{
    RuleDraft *draft = into;
    const ParamSpec *param = param_find(draft->rule->action->params, spot->key);

    (void)loader;
    if (param != NULL)
        fault_set_param(spot, param, &draft->rule->config);
    return param != NULL;
}

// `{offset: 60B, mask: 0x01}`, or nothing at all.
static void fault_read_action_map(Loader *loader, const Spot *spot, RuleDraft *draft)
{
    const FaultAction *action = draft->rule->action;
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    Section section = {.noun = action->name, .read_other = fault_read_action_param};
    bool is_map = spot->value->kind == VALUE_MAP;
    guint index;

    for (const ParamSpec *param = action->params; param->name != NULL; param++) {
        g_ptr_array_add(names, (gpointer)param->name);
        if (param->required && (!is_map || !spot_find(spot, param->name, &index)))
            spot_error(spot, "needs %s: %s", param->name, param->summary);
    }
    g_ptr_array_add(names, NULL);
    section.other_names = (const char *const *)names->pdata;
    section_read(&section, loader, spot, draft);
}

static bool fault_read_action(Loader *loader, const Spot *spot, void *into)
{
    RuleDraft *draft = into;
    const FaultAction *action = fault_action_find(spot->key);

    if (action == NULL)
        return false;
    if (action != draft->rule->action)
        spot_error(spot, "stands beside %s: write a rule for each", draft->rule->action->name);
    else if (spot->value->kind == VALUE_MAP || spot->value->is_null)
        fault_read_action_map(loader, spot, draft);
    else if (action->params->name != NULL)
        fault_set_param(spot, action->params, &draft->rule->config);
    else
        spot_error(spot, "has no value: write %s: {}", action->name);
    return true;
}

// The names of all actions, NULL-terminated; the caller frees the array.
static const char **fault_action_names(void)
{
    GPtrArray *names = g_ptr_array_new();

    for (const FaultAction *action = fault_actions; action->name != NULL; action++)
        g_ptr_array_add(names, (gpointer)action->name);
    g_ptr_array_add(names, NULL);
    return (const char **)g_ptr_array_free(names, FALSE);
}

// The first action that the map names, NULL without.
static const FaultAction *fault_find_action(const Spot *spot)
{
    for (guint i = 0; i < spot->value->entries->len; i++) {
        const Entry *entry = &g_array_index(spot->value->entries, Entry, i);
        const FaultAction *action = fault_action_find(entry->key->text);

        if (action != NULL)
            return action;
    }
    return NULL;
}

static void fault_error_action(const Spot *spot, const char *const *names)
{
    g_autofree char *list = g_strjoinv(", ", (char **)names);
    const char *nearest = NULL;

    for (guint i = 0; i < spot->value->entries->len && nearest == NULL; i++)
        nearest = param_nearest(g_array_index(spot->value->entries, Entry, i).key->text, names);
    if (nearest != NULL)
        spot_error(spot, "says nothing to be done: did you mean \"%s\"?", nearest);
    else
        spot_error(spot, "says nothing to be done: write one of %s", list);
}

// " 60B, mask 1": what differs from the fallbacks.
static void fault_append_params(GString *text, const FaultRule *rule)
{
    g_autoptr(FaultRule) plain = fault_rule_new(rule->action);
    const ParamSpec *params = rule->action->params;

    for (const ParamSpec *param = params; param->name != NULL; param++) {
        g_autofree char *value = param_format(param, &rule->config);
        g_autofree char *fallback = param_format(param, &plain->config);

        if (!param->required && strcmp(value, fallback) == 0)
            continue;
        if (param == params)
            g_string_append_printf(text, " %s", value);
        else
            g_string_append_printf(text, ", %s %s", param->name, value);
    }
}

static void fault_append_time(GString *text, const char *name, int64_t ns)
{
    g_autofree char *duration = quantity_format_duration(ns);

    g_string_append_printf(text, ", %s %s", name, duration);
}

static char *fault_text(const RuleDraft *draft)
{
    GString *text = g_string_new(draft->rule->action->name);

    fault_append_params(text, draft->rule);
    if (draft->match != NULL)
        g_string_append_printf(text, ", match %s", draft->match);
    if (draft->which != NULL)
        g_string_append_printf(text, ", which %s", draft->which);
    if (draft->from_ns > 0)
        fault_append_time(text, "from", draft->from_ns);
    if (draft->to_ns != FAULT_NEVER_NS)
        fault_append_time(text, "to", draft->to_ns);
    return g_string_free(text, FALSE);
}

static void fault_check(const Spot *spot, const RuleDraft *draft)
{
    const FaultRule *rule = draft->rule;
    g_autoptr(GError) error = NULL;
    guint index;

    if (rule->action->check != NULL && !rule->action->check(&rule->config, &error))
        spot_error(spot, "%s: %s", rule->action->name, error->message);
    if (draft->from_ns >= draft->to_ns)
        spot_error(spot, "ends before it begins: to has to be after from");
    if (draft->has_interface && spot_find(spot, "direction", &index))
        spot_error(spot, "interface and direction say the same: leave one out");
}

// One rule, into the lists of the directions that it is for.
static void rule_read(Loader *loader, const Spot *spot, const LinkSpec *link, FaultList *lists[])
{
    g_autofree const char **names = fault_action_names();
    g_auto(RuleDraft) draft = {.link = link, .to_ns = FAULT_NEVER_NS, .direction = FAULT_BOTH};
    Section section = {.noun = "a fault",
                       .fields = fault_fields,
                       .params = fault_params,
                       .read_other = fault_read_action,
                       .other_names = names};
    size_t n_errors = problems_n_errors(spot->problems);
    const FaultAction *action;

    if (!spot_is_map(spot, "{drop: {}, which: \"5, 6, 9\"}"))
        return;
    action = fault_find_action(spot);
    if (action == NULL) {
        fault_error_action(spot, names);
        return;
    }
    draft.rule = fault_rule_new(action);
    draft.rule->number = (unsigned)spot->index + 1;
    section_read(&section, loader, spot, &draft);
    if (problems_n_errors(spot->problems) == n_errors)
        fault_check(spot, &draft);
    if (problems_n_errors(spot->problems) > n_errors)
        return;
    draft.rule->from_ns = draft.from_ns;
    draft.rule->to_ns = draft.to_ns;
    draft.rule->text = fault_text(&draft);
    for (int direction = 0; direction < N_DIRECTIONS; direction++)
        if (draft.direction == FAULT_BOTH || draft.direction == direction)
            fault_list_add(lists[direction], draft.rule);
}

static void link_read_faults(Loader *loader, const Spot *spot, LinkSpec *link)
{
    FaultList *lists[N_DIRECTIONS] = {fault_list_new(), fault_list_new()};

    if (spot->value->items->len > FAULT_MAX_RULES)
        spot_error(spot, "has %u rules: at most %d can be aimed at a link", spot->value->items->len,
                   FAULT_MAX_RULES);
    for (guint i = 0; i < MIN(spot->value->items->len, FAULT_MAX_RULES); i++) {
        Spot item = spot_item(spot, i);

        rule_read(loader, &item, link, lists);
    }
    for (int direction = 0; direction < N_DIRECTIONS; direction++) {
        if (lists[direction]->rules->len > 0)
            faults_set_list(link->directions[direction], lists[direction]);
        param_object_unref(&lists[direction]->object);
    }
}

void faults_read(Loader *loader, const Spot *spot)
{
    for (guint i = 0; i < spot->value->items->len; i++) {
        Spot link = spot_item(spot, i), faults;
        guint index;

        if (link.value->kind != VALUE_MAP || !spot_find(&link, "faults", &index))
            continue;
        faults = spot_entry(&link, index);
        if (faults.value->kind == VALUE_LIST)
            link_read_faults(loader, &faults, g_ptr_array_index(loader->scenario->links, i));
    }
}

void faults_read_later(Loader *loader, const Spot *spot, void *unused)
{
    (void)loader;
    (void)unused;
    spot_is_list(spot, "[{drop: {}, which: \"5, 6, 9\"}]");
}

void faults_read_misplaced(Loader *loader, const Spot *spot, void *unused)
{
    (void)loader;
    (void)unused;
    spot_error(spot, "stands beside endpoints, where each rule says its direction");
}
