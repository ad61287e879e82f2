// SPDX-License-Identifier: Apache-2.0
// The section `tasks:`: steps, each a task, a pause or a group of steps. What comes of it is a flat
// list of tasks that know which others they have to wait for.
#include <string.h>

#include "sim/scenario/loader.h"

#define STEPS_EXAMPLE "[{on: london, run: ping -c 3 newyork}]"
#define STEP_EXAMPLE "{on: london, run: ping -c 3 newyork}"

enum { GROUP_MAX_DEPTH = 16 };

typedef enum { GROUP_ORDERED, GROUP_PARALLEL } GroupOrder;

static const char *const group_orders[] = {"ordered", "parallel", NULL};

typedef struct {
    int order; // GroupOrder
} GroupDraft;

static const ParamSpec group_params[] = {
    {.name = "group",
     .type = PARAM_CHOICE,
     .offset = offsetof(GroupDraft, order),
     .choices = group_orders,
     .summary = "whether the steps of a group follow one another or start together"},
    PARAM_END,
};

static const char *const group_names[] = {"steps", "after", NULL};

static GPtrArray *steps_read(Loader *loader, const Spot *spot, GPtrArray *before, GroupOrder order,
                             unsigned depth);

// They are read apart.
static bool group_is_key(Loader *loader, const Spot *spot, void *into)
{
    (void)loader;
    (void)into;
    return g_strv_contains(group_names, spot->key);
}

static void after_add(Loader *loader, const Spot *spot, GPtrArray *tasks)
{
    GHashTable *by_name = loader->scenario->task_by_name;
    const char *name = spot_text(spot, "the name of a task");
    TaskSpec *task = name != NULL ? g_hash_table_lookup(by_name, name) : NULL;
    g_autofree const char **names = NULL;

    if (task != NULL) {
        g_ptr_array_add(tasks, task);
    } else if (name != NULL) {
        names = (const char **)g_hash_table_get_keys_as_array(by_name, NULL);
        spot_error_unknown(spot, "name of a task above", name, names);
    }
}

// What a step waits for: what `after` names, else `before`. The caller owns the reference.
static GPtrArray *step_before(Loader *loader, const Spot *spot, GPtrArray *before)
{
    GPtrArray *tasks;
    guint index;
    Spot after;

    if (!spot_find(spot, "after", &index))
        return g_ptr_array_ref(before);
    after = spot_entry(spot, index);
    tasks = g_ptr_array_new();
    if (after.value->kind != VALUE_LIST) {
        after_add(loader, &after, tasks);
        return tasks;
    }
    for (guint i = 0; i < after.value->items->len; i++) {
        Spot item = spot_item(&after, i);

        after_add(loader, &item, tasks);
    }
    return tasks;
}

// Returns the tasks that have to be over for the group to be.
static GPtrArray *group_read(Loader *loader, const Spot *spot, GPtrArray *before, unsigned depth)
{
    static const Section section = {.noun = "a group",
                                    .params = group_params,
                                    .read_other = group_is_key,
                                    .other_names = group_names};
    GroupDraft draft = {0};
    guint index;
    Spot steps;

    section_read(&section, loader, spot, &draft);
    if (!spot_find(spot, "steps", &index)) {
        spot_error(spot, "needs steps: " STEPS_EXAMPLE);
        return g_ptr_array_ref(before);
    }
    steps = spot_entry(spot, index);
    if (depth == GROUP_MAX_DEPTH) {
        spot_error(&steps, "is nested too deep: %d groups in one another are enough",
                   GROUP_MAX_DEPTH);
        return g_ptr_array_ref(before);
    }
    return steps_read(loader, &steps, before, (GroupOrder)draft.order, depth + 1);
}

// Likewise of one step.
static GPtrArray *step_read(Loader *loader, const Spot *spot, GPtrArray *before, unsigned depth)
{
    g_autoptr(GPtrArray) own_before = step_before(loader, spot, before);
    GPtrArray *ends;
    TaskSpec *task;
    guint index;

    if (spot_find(spot, "group", &index) || spot_find(spot, "steps", &index))
        return group_read(loader, spot, own_before, depth);
    task = task_read(loader, spot);
    task->after = g_ptr_array_ref(own_before);
    ends = g_ptr_array_new();
    g_ptr_array_add(ends, task);
    return ends;
}

static GPtrArray *steps_read(Loader *loader, const Spot *spot, GPtrArray *before, GroupOrder order,
                             unsigned depth)
{
    g_autoptr(GPtrArray) last = g_ptr_array_ref(before);
    GPtrArray *all = g_ptr_array_new();

    if (!spot_is_list(spot, STEPS_EXAMPLE))
        return all;
    for (guint i = 0; i < spot->value->items->len; i++) {
        Spot item = spot_item(spot, i);
        g_autoptr(GPtrArray) ends = NULL;

        if (!spot_is_map(&item, STEP_EXAMPLE))
            continue;
        ends = step_read(loader, &item, order == GROUP_PARALLEL ? before : last, depth);
        g_ptr_array_extend(all, ends, NULL, NULL);
        g_ptr_array_unref(last);
        last = g_ptr_array_ref(ends);
    }
    if (order == GROUP_PARALLEL)
        return all;
    g_ptr_array_unref(all);
    return g_ptr_array_ref(last);
}

void tasks_read(Loader *loader, const Spot *spot, void *scenario)
{
    g_autoptr(GPtrArray) nothing = g_ptr_array_new();

    (void)scenario;
    g_ptr_array_unref(steps_read(loader, spot, nothing, GROUP_ORDERED, 0));
}
