// SPDX-License-Identifier: Apache-2.0
// taploom explain: what each link of a scenario does to a frame, step by step.
#include <stdio.h>
#include <string.h>

#include "links/link.h"
#include "sim/commands/command.h"
#include "sim/commands/event_words.h"
#include "sim/commands/link_words.h"
#include "sim/commands/paragraph.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/variables.h"

#define EXPLAIN_FAULTS "faults" // whose rules are worded one by one

static int explain_run(int argc, char **argv);

const Command explain_command = {
    .name = "explain",
    .arguments = "FILE",
    .summary = "Say in plain words what each link does to a frame",
    .run = explain_run,
};

// The steps of a frame in one direction: the rules of `faults`, then the keys of the link.
static GPtrArray *explain_steps(const LinkSpec *link, const Value *value, LinkDirection direction)
{
    const InterfaceSpec *from = link->ends[direction];
    const Value *faults = event_entry(value, EXPLAIN_FAULTS);
    GPtrArray *steps = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) words = link_words(link->directions[direction], EXPLAIN_FAULTS);

    for (guint i = 0; faults != NULL && faults->kind == VALUE_LIST && i < faults->items->len; i++) {
        const Value *rule = g_ptr_array_index(faults->items, i);
        g_autofree char *rule_words = NULL;

        if (rule->kind != VALUE_MAP ||
            !event_fault_concerns(rule, direction, from->node->name, from->name))
            continue;
        rule_words = event_fault_words(rule);
        g_ptr_array_add(steps, g_strdup_printf("meets fault %u: %s", i + 1, rule_words));
    }
    for (guint i = 0; i < words->len; i++)
        g_ptr_array_add(steps, g_strdup(g_ptr_array_index(words, i)));
    return steps;
}

static bool steps_are_same(const GPtrArray *a, const GPtrArray *b)
{
    if (a->len != b->len)
        return false;
    for (guint i = 0; i < a->len; i++) {
        if (strcmp(g_ptr_array_index(a, i), g_ptr_array_index(b, i)) != 0)
            return false;
    }
    return true;
}

static void explain_print_steps(const char *heading, const GPtrArray *steps)
{
    if (steps->len == 0) {
        g_autofree char *text = g_strdup_printf("%s: a frame passes at once", heading);

        paragraph_print(text, 2, 4);
        return;
    }
    {
        g_autofree char *text = g_strdup_printf("%s: a frame", heading);

        paragraph_print(text, 2, 4);
    }
    for (guint i = 0; i < steps->len; i++) {
        g_autofree char *text =
            g_strdup_printf("%u. %s", i + 1, (const char *)g_ptr_array_index(steps, i));

        paragraph_print(text, 4, 7);
    }
}

static char *explain_end(const InterfaceSpec *end)
{
    return g_strdup_printf("%s:%s", end->node->name, end->name);
}

static void explain_link(const LinkSpec *link, const Value *value)
{
    g_autoptr(GPtrArray) forward = explain_steps(link, value, LINK_FORWARD);
    g_autoptr(GPtrArray) reverse = explain_steps(link, value, LINK_REVERSE);
    g_autofree char *first = explain_end(link->ends[0]);
    g_autofree char *second = explain_end(link->ends[1]);
    const Value *preset = event_entry(value, "preset");
    g_autofree char *there = NULL;
    g_autofree char *back = NULL;

    printf("%s", link->name);
    if (preset != NULL && preset->kind == VALUE_SCALAR)
        printf(" (preset %s)", preset->text);
    putchar('\n');
    if (steps_are_same(forward, reverse)) {
        there = g_strdup_printf("between %s and %s, both ways", first, second);
        explain_print_steps(there, forward);
        return;
    }
    there = g_strdup_printf("from %s to %s", first, second);
    back = g_strdup_printf("from %s to %s", second, first);
    explain_print_steps(there, forward);
    explain_print_steps(back, reverse);
}

// The n-th item of a list, or NULL.
static const Value *explain_item(const Value *list, guint index)
{
    return list != NULL && list->kind == VALUE_LIST && index < list->items->len
               ? g_ptr_array_index(list->items, index)
               : NULL;
}

// A list of entries, or a map with such a list and when it starts.
static void explain_timeline(const Value *timeline)
{
    const Value *events = event_entry(timeline, "events");
    const Value *start = event_entry(timeline, "start");
    const Value *event;

    if (events != NULL)
        timeline = events;

    for (guint i = 0; (event = explain_item(timeline, i)) != NULL; i++) {
        g_autofree char *words = NULL;

        if (i == 0)
            printf("\ntimeline%s%s\n", start != NULL ? ", which starts at: " : "",
                   start != NULL && start->kind == VALUE_SCALAR ? start->text
                   : start != NULL                              ? "readiness of tasks"
                                                                : "");
        if (event->kind != VALUE_MAP)
            continue;
        words = event_timeline_words(event);
        paragraph_print(words, 2, 4);
    }
}

static void explain_scenario(const Scenario *scenario, const Value *root)
{
    const Value *links = event_entry(root, "links");

    for (guint i = 0; i < scenario->links->len; i++) {
        if (i > 0)
            puts("");
        explain_link(g_ptr_array_index(scenario->links, i), explain_item(links, i));
    }
    explain_timeline(event_entry(root, "timeline"));
}

static int explain_run(int argc, char **argv)
{
    g_auto(GStrv) choices = NULL;
    const GOptionEntry entries[] = {
        {"matrix", 0, 0, G_OPTION_ARG_STRING_ARRAY, &choices,
         "of `matrix:` and `variables:`; else of a matrix the first", "NAME=VALUE,…"},
        {NULL},
    };
    g_autoptr(Problems) problems = NULL;
    g_autoptr(Document) document = NULL;
    g_autoptr(Scenario) scenario = NULL;
    g_autofree char *errors = NULL;
    g_autofree char *text = NULL;
    size_t n_bytes;
    int status;

    if (!command_parse(
            &explain_command, &argc, &argv, entries,
            "The steps are in the order in which a frame meets them. Needs no privilege\n"
            "and starts nothing.",
            1, &status))
        return status;
    text = scenario_read_file(argv[1], &n_bytes, &errors);
    if (text != NULL)
        scenario = scenario_parse_chosen(scenario_path(argv[1]), text, n_bytes,
                                         (const char *const *)choices, &errors);
    if (scenario == NULL) {
        fputs(errors, stderr);
        return STATUS_USAGE;
    }
    problems = problems_new(scenario->path);
    document = document_parse(text, n_bytes, problems);
    variables_apply(document, (const char *const *)choices, problems, NULL, NULL);
    explain_scenario(scenario, document_root(document));
    return STATUS_OK;
}
