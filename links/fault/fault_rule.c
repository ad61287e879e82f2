// SPDX-License-Identifier: Apache-2.0
// Rules are counted by references, since the two directions of a link share them.
#include "links/fault/fault_rule.h"

FaultRule *fault_rule_new(const FaultAction *action)
{
    FaultRule *rule = g_atomic_rc_box_new0(FaultRule);

    rule->action = action;
    rule->to_ns = FAULT_NEVER_NS;
    param_set_fallbacks(action->params, &rule->config);
    return rule;
}

static void fault_rule_clear(gpointer data)
{
    FaultRule *rule = data;

    if (rule->matcher != NULL)
        rule->matcher->free(rule->matcher);
    fault_choice_clear(&rule->which);
    g_free(rule->text);
}

void fault_rule_unref(FaultRule *rule)
{
    g_atomic_rc_box_release_full(rule, fault_rule_clear);
}

// A line of text is no list of rules.
static ParamObject *fault_list_parse(const char *name, const char *text, size_t n_bytes,
                                     GError **error)
{
    (void)name;
    (void)text;
    (void)n_bytes;
    g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_FORM,
                "is no list of rules: they stand beside endpoints, each with its direction");
    return NULL;
}

static void fault_list_free(ParamObject *object)
{
    FaultList *list = (FaultList *)object;

    g_ptr_array_unref(list->rules);
    g_free(list);
}

const ParamObjectClass fault_list_class = {
    .noun = "a list of rules beside endpoints",
    .parse = fault_list_parse,
    .free = fault_list_free,
};

FaultList *fault_list_new(void)
{
    FaultList *list = g_new0(FaultList, 1);

    list->object = (ParamObject){.class = &fault_list_class, .n_references = 1};
    list->object.source = g_strdup("");
    list->rules = g_ptr_array_new_with_free_func((GDestroyNotify)fault_rule_unref);
    return list;
}

// The source lists them all, for whoever prints the configuration.
void fault_list_add(FaultList *list, FaultRule *rule)
{
    char *before = list->object.source;

    list->object.source = g_strdup_printf("%s%s%u: %s", before, *before != '\0' ? "; " : "",
                                          rule->number, rule->text != NULL ? rule->text : "");
    g_free(before);
    g_ptr_array_add(list->rules, g_atomic_rc_box_acquire(rule));
}
