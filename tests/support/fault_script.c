// SPDX-License-Identifier: Apache-2.0
// Parameters go through the actions' tables, as a scenario's do.
#include "tests/support/fault_script.h"

typedef struct {
    FaultMatcher matcher;
    uint32_t at, least_bytes;
    uint8_t mask, value;
} ScriptMatcher;

FaultRule *fault_script_add(FaultList *list, const char *action, const char *settings,
                            const char *which)
{
    FaultRule *rule = fault_rule_new(fault_action_find(action));
    g_auto(GStrv) parts = g_strsplit(settings, ", ", -1);
    GError *error = NULL;

    for (char **part = parts; *part != NULL; part++) {
        g_auto(GStrv) words = g_strsplit(*part, " ", 2);

        param_set(param_find(rule->action->params, words[0]), &rule->config, words[1], &error);
        g_assert_no_error(error);
    }
    if (rule->action->check != NULL)
        rule->action->check(&rule->config, &error);
    g_assert_no_error(error);
    fault_choice_parse(&rule->which, which, &error);
    g_assert_no_error(error);
    rule->number = list->rules->len + 1;
    fault_list_add(list, rule);
    fault_rule_unref(rule); // the list has it
    return rule;
}

static bool script_match(const FaultMatcher *matcher, const uint8_t *bytes, uint32_t length_bytes)
{
    const ScriptMatcher *self = (const ScriptMatcher *)matcher;

    return length_bytes >= self->least_bytes &&
           (self->mask == 0 ||
            (length_bytes > self->at && (bytes[self->at] & self->mask) == self->value));
}

static void script_free(FaultMatcher *matcher)
{
    g_free(matcher);
}

static FaultMatcher *script_matcher(ScriptMatcher matcher)
{
    matcher.matcher = (FaultMatcher){script_match, script_free};
    return g_memdup2(&matcher, sizeof matcher);
}

FaultMatcher *fault_script_byte(uint32_t at, uint8_t mask, uint8_t value)
{
    return script_matcher((ScriptMatcher){.at = at, .mask = mask, .value = value});
}

FaultMatcher *fault_script_length(uint32_t length_bytes)
{
    return script_matcher((ScriptMatcher){.least_bytes = length_bytes});
}
