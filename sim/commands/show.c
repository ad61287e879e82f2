// SPDX-License-Identifier: Apache-2.0
// taploom show: what the links of a running lab have carried until now.
#include <stdio.h>

#include "sim/commands/command.h"
#include "sim/commands/table.h"
#include "sim/control/running_lab.h"

static int show_run(int argc, char **argv);

const Command show_command = {
    .name = "show",
    .arguments = "[LAB]",
    .summary = "Show the live counters of a running lab",
    .run = show_run,
};

// Nothing at all where the member is no object.
static JsonObject *show_object(JsonObject *parent, const char *name)
{
    JsonNode *node = parent != NULL ? json_object_get_member(parent, name) : NULL;

    return node != NULL && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

// The caller frees it.
static char *show_count(JsonObject *direction, const char *name)
{
    return g_strdup_printf("%" G_GINT64_FORMAT,
                           json_object_get_int_member_with_default(direction, name, 0));
}

// "12 queue-full, 3 loss", or "0"; the caller frees it.
static char *show_drops(JsonObject *direction)
{
    JsonObject *drops = show_object(direction, "dropped_frames");
    g_autoptr(GString) text = g_string_new(NULL);
    JsonObjectIter at;
    const char *reason;
    JsonNode *count;
    gint64 n_marked;

    if (drops == NULL)
        return g_strdup("0");
    json_object_iter_init_ordered(&at, drops);
    while (json_object_iter_next_ordered(&at, &reason, &count)) {
        if (json_node_get_int(count) != 0)
            g_string_append_printf(text, "%s%" G_GINT64_FORMAT " %s", text->len > 0 ? ", " : "",
                                   json_node_get_int(count), reason);
    }
    if (text->len == 0)
        g_string_append_c(text, '0');
    n_marked = json_object_get_int_member_with_default(direction, "marked_frames", 0);
    if (n_marked > 0)
        g_string_append_printf(text, "; %" G_GINT64_FORMAT " marked", n_marked);
    return g_strdup(text->str);
}

// "94.1 Mbit/s"; the caller frees it.
static char *show_rate(JsonObject *direction)
{
    static const char *const prefixes[] = {"", "k", "M", "G"};
    JsonObject *measured = show_object(direction, "measured");
    double rate =
        measured != NULL ? json_object_get_double_member_with_default(measured, "rate_bps", 0) : 0;
    size_t step = 0;

    while (rate >= 1000 && step + 1 < G_N_ELEMENTS(prefixes)) {
        rate /= 1000;
        step++;
    }
    return g_strdup_printf(step == 0 ? "%.0f %sbit/s" : "%.1f %sbit/s", rate, prefixes[step]);
}

static void show_add_direction(Table *table, const char *link, JsonObject *direction)
{
    g_autofree char *ends = g_strdup_printf(
        "%s > %s", json_object_get_string_member_with_default(direction, "from", ""),
        json_object_get_string_member_with_default(direction, "to", ""));
    g_autofree char *in = show_count(direction, "in_frames");
    g_autofree char *out = show_count(direction, "out_frames");
    g_autofree char *held = show_count(direction, "held_frames");
    g_autofree char *rate = show_rate(direction);
    g_autofree char *dropped = show_drops(direction);

    table_add(table, link, ends, in, out, held, rate, dropped,
              json_object_get_string_member_with_default(direction, "now", ""));
}

static void show_print(JsonObject *report)
{
    static const char *const directions[] = {"forward", "reverse"};
    g_autoptr(Table) table = table_new("llrrrrll");
    JsonObject *links = show_object(report, "links");
    JsonObjectIter at;
    const char *name;
    JsonNode *link;

    printf("%s: %.1f s\n", json_object_get_string_member_with_default(report, "scenario", ""),
           json_object_get_double_member_with_default(report, "elapsed_s", 0));
    if (links == NULL)
        return;
    table_add(table, "LINK", "DIRECTION", "IN", "OUT", "HELD", "RATE", "DROPPED", "SET TO");
    json_object_iter_init_ordered(&at, links);
    while (json_object_iter_next_ordered(&at, &name, &link)) {
        for (size_t i = 0; i < G_N_ELEMENTS(directions); i++) {
            JsonObject *direction = show_object(json_node_get_object(link), directions[i]);

            if (direction != NULL)
                show_add_direction(table, name, direction);
        }
    }
    table_print(table, stdout);
}

static int show_run(int argc, char **argv)
{
    g_auto(Message) reply = {.body = NULL};
    g_autoptr(GError) error = NULL;
    LabAddress lab;
    int status;

    if (!command_parse(
            &show_command, &argc, &argv, NULL,
            "IN, OUT and HELD count frames; RATE is the mean since the first frame; with\n"
            "DROPPED are those that a queue marked with ECN; SET TO is what the link is\n"
            "set to at this moment.",
            -1, &status))
        return status;
    if (argc > 2)
        return command_usage(&show_command);
    if (!running_lab_find(argc == 2 ? argv[1] : NULL, &lab, &error) ||
        !running_lab_ask(&lab, "show", NULL, &reply, &error))
        return command_fail(&show_command, error);
    show_print(reply.body);
    return STATUS_OK;
}
