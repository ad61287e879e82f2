// SPDX-License-Identifier: Apache-2.0
// taploom list: the running labs of this user; of all users for root.
#include <stdio.h>

#include "sim/commands/command.h"
#include "sim/commands/table.h"
#include "sim/control/running_lab.h"

static int list_run(int argc, char **argv);

const Command list_command = {
    .name = "list",
    .summary = "List the running labs",
    .run = list_run,
};

// "12s", "3m05s", "2h07m"; the caller frees it.
static char *list_format_up(double up_s)
{
    unsigned seconds = up_s > 0 ? (unsigned)up_s : 0;

    if (seconds < 60)
        return g_strdup_printf("%us", seconds);
    if (seconds < 60 * 60)
        return g_strdup_printf("%um%02us", seconds / 60, seconds % 60);
    return g_strdup_printf("%uh%02um", seconds / 3600, seconds / 60 % 60);
}

static bool list_add(Table *table, const LabAddress *lab, GError **error)
{
    g_auto(Message) reply = {.body = NULL};
    g_autofree char *pid = NULL;
    g_autofree char *n_hosts = NULL;
    g_autofree char *up = NULL;

    if (!running_lab_ask(lab, "describe", NULL, &reply, error))
        return false;
    pid = g_strdup_printf("%" G_GINT64_FORMAT,
                          json_object_get_int_member_with_default(reply.body, "pid", 0));
    n_hosts = g_strdup_printf(
        "%u", json_array_get_length(json_object_get_array_member(reply.body, "hosts")));
    up = list_format_up(json_object_get_double_member_with_default(reply.body, "up_s", 0));
    table_add(table, lab->name, pid, n_hosts, up,
              json_object_get_string_member_with_default(reply.body, "scenario", ""));
    return true;
}

static int list_run(int argc, char **argv)
{
    g_autoptr(GArray) labs = NULL;
    g_autoptr(Table) table = table_new("lrrrl");
    int status;

    if (!command_parse(&list_command, &argc, &argv, NULL, NULL, 0, &status))
        return status;
    labs = running_labs_new();
    if (labs->len == 0) {
        puts("no lab is running");
        return STATUS_OK;
    }
    table_add(table, "LAB", "PID", "HOSTS", "UP", "SCENARIO");
    for (guint i = 0; i < labs->len; i++) {
        g_autoptr(GError) error = NULL;

        // One that does not answer, or has just ended, hides none of the others.
        if (!list_add(table, &g_array_index(labs, LabAddress, i), &error))
            status = command_fail(&list_command, error);
    }
    table_print(table, stdout);
    return status;
}
