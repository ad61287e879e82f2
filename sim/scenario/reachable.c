// SPDX-License-Identifier: Apache-2.0
// `{after: 20s, reachable: {from: a, to: b}, within: 5s}` of `expect:`: a probe that starts at a
// time of the timeline, and what it has to find.
#include <math.h>

#include "sim/scenario/expect_spec.h"
#include "sim/scenario/loader.h"
#include "sim/scenario/probe_spec.h"
#include "sim/scenario/timeline_spec.h"

#define REACHABLE_EXAMPLE "{from: london, to: newyork}"
#define REACHABLE_INTERVAL_NS INT64_C(50000000)

typedef struct {
    NodeSpec *ends[2];
} ReachableDraft;

static NodeSpec *reachable_read_host(Loader *loader, const Spot *spot)
{
    const char *name = spot_text(spot, "the name of a host");
    NodeSpec *node = name != NULL ? loader_find_node(loader, spot, name) : NULL;

    if (node != NULL && node->kind != NODE_HOST)
        spot_error(spot, "%s is no host", node->name);
    return node;
}

static void reachable_read_from(Loader *loader, const Spot *spot, void *into)
{
    ((ReachableDraft *)into)->ends[0] = reachable_read_host(loader, spot);
}

static void reachable_read_to(Loader *loader, const Spot *spot, void *into)
{
    ((ReachableDraft *)into)->ends[1] = reachable_read_host(loader, spot);
}

static const Field reachable_fields[] = {
    {"from", reachable_read_from}, {"to", reachable_read_to}, {NULL, NULL}};

static TaskSpec *reachable_task_new(const ReachableDraft *draft, SourcePosition position,
                                    int64_t after_ns, int64_t within_ns)
{
    TaskSpec *task = task_spec_new();

    task->node = draft->ends[0];
    task->after = g_ptr_array_new();
    task->at_ns = after_ns;
    task->position = position;
    task->is_judged = true;
    task->command = g_strdup_printf("probe reach %s", draft->ends[1]->name);
    task->probe = g_new0(ProbeSpec, 1);
    *task->probe = (ProbeSpec){.kind = PROBE_REACH,
                               .target = g_strdup(draft->ends[1]->name),
                               .size_bytes = PROBE_PING_BYTES,
                               .interval_ns = REACHABLE_INTERVAL_NS,
                               .timeout_ns = within_ns};
    return task;
}

static void reachable_check(const Spot *spot, const Scenario *scenario, int64_t after_ns,
                            int64_t within_ns)
{
    if (scenario->timeline->start == TIMELINE_AT_FIRST_FRAME)
        spot_error(spot, "counts from the start of the timeline, which must not be a frame's: "
                         "write start: launch or {ready: [TASK]}");
    if (scenario->duration_ns != SCENARIO_UNTIL_TASKS_END_NS &&
        scenario->duration_ns < after_ns + within_ns)
        spot_error(spot, "is known after the end only: duration has to be longer");
}

ExpectSpec *reachable_read(Loader *loader, const Spot *spot, int64_t after_ns, int64_t within_ns)
{
    static const Section section = {.noun = "reachable", .fields = reachable_fields};
    size_t n_errors = problems_n_errors(spot->problems);
    ReachableDraft draft = {0};
    g_autofree char *words = NULL;
    ExpectSpec *spec;
    guint index;

    if (!spot_is_map(spot, REACHABLE_EXAMPLE))
        return NULL;
    section_read(&section, loader, spot, &draft);
    if (!spot_find(spot, "from", &index) || !spot_find(spot, "to", &index))
        spot_error(spot, "needs from: and to:, as " REACHABLE_EXAMPLE);
    else if (within_ns == 0)
        spot_error(spot, "needs within: beside it, the time that there is for it");
    else
        reachable_check(spot, loader->scenario, after_ns, within_ns);
    if (problems_n_errors(spot->problems) > n_errors)
        return NULL;
    spec = g_new0(ExpectSpec, 1);
    spec->subject = EXPECT_PROBE;
    spec->task = reachable_task_new(&draft, spot->value->position, after_ns, within_ns);
    g_ptr_array_add(loader->scenario->tasks, (gpointer)spec->task);
    spec->metric = metric_find(reach_metrics, "within");
    spec->bounds = (Bounds){.low = -HUGE_VAL, .high = (double)within_ns};
    words = quantity_format_duration(within_ns);
    spec->expected = g_strdup_printf("within %s", words);
    spec->name = g_strdup_printf("%s to %s", draft.ends[0]->name, draft.ends[1]->name);
    spec->position = spot->value->position;
    return spec;
}
