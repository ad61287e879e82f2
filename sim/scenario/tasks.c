// SPDX-License-Identifier: Apache-2.0
// A task of `tasks:`, and the defaults of all: what runs inside a host, or a pause.
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
    {.name = "wait",
     .type = PARAM_DURATION,
     .offset = offsetof(TaskSpec, wait_ns),
     .max = UINT64_C(31622400) * 1000000000,
     .summary = "how long a pause before it, or without a task by itself"},
    {.name = "until",
     .type = PARAM_DURATION,
     .offset = offsetof(TaskSpec, until_ns),
     .min = UINT64_C(1000000),
     .max = UINT64_C(31622400) * 1000000000,
     .summary = "how long it is tried again when it fails"},
    {.name = "every",
     .type = PARAM_DURATION,
     .offset = offsetof(TaskSpec, every_ns),
     .min = UINT64_C(1000000),
     .max = UINT64_C(31622400) * 1000000000,
     .fallback = "200ms",
     .summary = "with until: from the end of one try to the next"},
    PARAM_END,
};

TaskSpec *task_spec_new(void)
{
    TaskSpec *task = g_new0(TaskSpec, 1);

    param_set_fallbacks(task_params, task);
    task->at_ns = TASK_IN_TURN;
    return task;
}

void task_spec_free(TaskSpec *task)
{
    g_free(task->name);
    g_free(task->command);
    g_strfreev(task->argv);
    g_clear_pointer(&task->after, g_ptr_array_unref);
    g_clear_pointer(&task->env, g_ptr_array_unref);
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
    g_free(((TaskSpec *)into)->command); // of a probe beside it, which is an error
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

static void task_read_env(Loader *loader, const Spot *spot, void *into)
{
    TaskSpec *task = into;

    (void)loader;
    task->env = settings_new();
    env_read(spot, task->env);
}

// Read before, with the order of all steps.
static void task_read_after(Loader *loader, const Spot *spot, void *unused)
{
    (void)loader;
    (void)spot;
    (void)unused;
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
    {"ready", task_read_ready}, {"probe", probe_read}, {"env", task_read_env},
    {"after", task_read_after}, {NULL, NULL},
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

// `{wait: 2s}`: a step without a host.
static bool task_is_pause(const Spot *spot)
{
    guint index;

    return spot_find(spot, "wait", &index) && !spot_find(spot, "on", &index) &&
           !spot_find(spot, "run", &index) && !spot_find(spot, "probe", &index);
}

static void pause_complete(const Spot *spot, TaskSpec *task)
{
    g_autofree char *wait = quantity_format_duration(task->wait_ns);
    guint index;

    task->command = g_strdup_printf("wait %s", wait);
    if (task->background || spot_find(spot, "until", &index) || spot_find(spot, "ready", &index))
        spot_error(spot, "a pause has only wait:, name: and after:");
}

static void task_check(const Spot *spot, TaskSpec *task)
{
    guint index;

    if (task_is_pause(spot)) {
        pause_complete(spot, task);
        return;
    }
    if (task->until_ns > 0 && task->background)
        spot_error(spot, "until: a task in the background is not tried again: wait for it with "
                         "ready:");
    if (spot_find(spot, "every", &index) && task->until_ns == 0)
        spot_error(spot, "every: stands beside until:, which says how long it is tried again");
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

TaskSpec *task_read(Loader *loader, const Spot *spot)
{
    TaskSpec *task = g_memdup2(loader->task_defaults, sizeof *task);

    task->position = spot->value->position;
    g_ptr_array_add(loader->scenario->tasks, task);
    section_read(&task_section, loader, spot, task);
    task_check(spot, task);
    return task;
}
