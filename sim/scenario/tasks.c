// SPDX-License-Identifier: Apache-2.0
// The section `tasks:` and its defaults: what runs inside hosts, step by step.
#include <string.h>

#include "core/quote.h"
#include "sim/scenario/loader.h"
#include "sim/scenario/probe_spec.h"

enum { TASK_NAME_MAX_BYTES = 63 };

static const ParamSpec task_params[] = {
    {.name = "background",
     .type = PARAM_BOOLEAN,
     .offset = offsetof(TaskSpec, background),
     .fallback = "no",
     .summary = "whether the next step starts while it runs; it is ended after the last step"},
    {.name = "continue",
     .type = PARAM_BOOLEAN,
     .offset = offsetof(TaskSpec, keep_going),
     .fallback = "no",
     .summary = "whether the run goes on when it fails"},
    {.name = "timeout",
     .type = PARAM_DURATION,
     .offset = offsetof(TaskSpec, timeout_ns),
     .min = UINT64_C(1000000),
     .max = UINT64_C(31622400) * 1000000000,
     .summary = "how long it may run before it is ended and counts as failed"},
    PARAM_END,
};

TaskSpec *task_spec_new(void)
{
    TaskSpec *task = g_new0(TaskSpec, 1);

    param_set_fallbacks(task_params, task);
    return task;
}

void task_spec_free(TaskSpec *task)
{
    g_free(task->name);
    g_free(task->command);
    g_strfreev(task->argv);
    g_clear_pointer(&task->probe, probe_spec_free);
    g_free(task->ready_text);
    g_free(task);
}

static void task_read_on(Loader *loader, const Spot *spot, void *into)
{
    const char *name = spot_text(spot, "the name of a host");
    NodeSpec *node = name != NULL ? loader_find_node(loader, spot, name) : NULL;

    if (node != NULL && node->kind != NODE_HOST)
        spot_error(spot, "%s is no host: only hosts run tasks", node->name);
    ((TaskSpec *)into)->node = node;
}

static void task_read_run(Loader *loader, const Spot *spot, void *into)
{
    const char *command = spot_text(spot, "a shell line, as ping -c 3 newyork");

    (void)loader;
    if (command != NULL && *command == '\0')
        spot_error(spot, "is empty: write a shell line, as ping -c 3 newyork");
    ((TaskSpec *)into)->command = g_strdup(command);
}

static void task_read_name(Loader *loader, const Spot *spot, void *into)
{
    const char *name = spot_text(spot, "a name");
    GHashTable *tasks = loader->scenario->task_by_name;
    TaskSpec *task = into;
    const TaskSpec *other;

    if (name == NULL || !name_check(spot, name, TASK_NAME_MAX_BYTES))
        return;
    other = g_hash_table_lookup(tasks, name);
    if (other != NULL) {
        spot_error(spot, "is the name of the task in line %zu: write another",
                   other->position.line);
        return;
    }
    task->name = g_strdup(name);
    g_hash_table_insert(tasks, task->name, task);
}

static bool ready_parse_port(const char *text, uint16_t *port)
{
    uint64_t number;

    if (!quantity_parse_count(text, &number, NULL) || number < 1 || number > UINT16_MAX)
        return false;
    *port = (uint16_t)number;
    return true;
}

static void task_read_ready(Loader *loader, const Spot *spot, void *into)
{
    const char *text = spot_text(spot, "\"tcp:5201\", \"udp:53\", listening or \"output:TEXT\"");
    TaskSpec *task = into;

    (void)loader;
    if (text == NULL)
        return;
    if (g_str_has_prefix(text, "tcp:") && ready_parse_port(text + 4, &task->ready_port)) {
        task->ready = READY_TCP_PORT;
    } else if (g_str_has_prefix(text, "udp:") && ready_parse_port(text + 4, &task->ready_port)) {
        task->ready = READY_UDP_PORT;
    } else if (strcmp(text, "listening") == 0) {
        task->ready = READY_ANY_PORT;
    } else if (g_str_has_prefix(text, "output:") && text[7] != '\0') {
        task->ready = READY_OUTPUT_LINE;
        task->ready_text = g_strdup(text + 7);
    } else {
        g_autofree char *quote = quote_new(text);

        spot_error(spot,
                   "%s is unknown: write \"tcp:PORT\", \"udp:PORT\" (1 to 65535), listening or "
                   "\"output:TEXT\"",
                   quote);
    }
}

static const Field task_fields[] = {
    {"name", task_read_name},   {"on", task_read_on},  {"run", task_read_run},
    {"ready", task_read_ready}, {"probe", probe_read}, {NULL, NULL},
};

static const Section task_section = {
    .noun = "a task", .fields = task_fields, .params = task_params};
static const Section task_default_section = {.noun = "the defaults of tasks",
                                             .params = task_params};

void task_defaults_read(Loader *loader, const Spot *spot, void *unused)
{
    (void)unused;
    section_read(&task_default_section, loader, spot, loader->task_defaults);
}

static void task_check(const Spot *spot, const TaskSpec *task)
{
    guint index;

    if (!spot_find(spot, "on", &index))
        spot_error(spot, "needs on: the host where it runs");
    if (spot_find(spot, "probe", &index)) {
        if (spot_find(spot, "run", &index))
            spot_error(spot, "run: and probe: are two tasks: write each by itself");
        else if (spot_find(spot, "ready", &index))
            spot_error(spot, "ready: a probe has nothing that others could wait for");
        else if (task->probe != NULL && task->probe->peer != NULL &&
                 task->probe->peer == task->node)
            spot_error(spot, "probe: needs another host than %s", task->node->name);
    } else if (!spot_find(spot, "run", &index)) {
        spot_error(spot, "needs run: a shell line, as ping -c 3 newyork");
    }
    if (spot_find(spot, "ready", &index) && !task->background)
        spot_error(spot, "ready: only the next step waits for it, and that waits for the end of "
                         "this one: add background: true");
}

void tasks_read(Loader *loader, const Spot *spot, void *scenario)
{
    if (!spot_is_list(spot, "[{on: london, run: ping -c 3 newyork}]"))
        return;
    for (guint i = 0; i < spot->value->items->len; i++) {
        Spot item = spot_item(spot, i);
        TaskSpec *task = g_memdup2(loader->task_defaults, sizeof *task);

        task->position = item.value->position;
        g_ptr_array_add(((Scenario *)scenario)->tasks, task);
        if (!spot_is_map(&item, "{on: london, run: ping -c 3 newyork}"))
            continue;
        section_read(&task_section, loader, &item, task);
        task_check(&item, task);
    }
}
