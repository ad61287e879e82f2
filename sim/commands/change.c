// SPDX-License-Identifier: Apache-2.0
// Puts the request together and sends it.
#include "sim/commands/change.h"

#include <stdio.h>
#include <string.h>

#include "sim/control/running_lab.h"

void change_init(Change *change)
{
    *change =
        (Change){.changes = json_array_new(), .links = g_ptr_array_new_with_free_func(g_free)};
}

void change_clear(Change *change)
{
    json_array_unref(change->changes);
    g_ptr_array_unref(change->links);
    g_free(change->lab);
}

void change_begin(Change *change, const char *action)
{
    change->last = json_object_new();
    json_object_set_string_member(change->last, "action", action);
    json_object_set_array_member(change->last, "links", json_array_new());
    json_object_set_array_member(change->last, "set", json_array_new());
    json_array_add_object_element(change->changes, change->last);
}

bool change_add_link(Change *change, const char *operand, GError **error)
{
    const char *slash = strchr(operand, '/');
    const char *link = slash != NULL ? slash + 1 : operand;

    if (slash != NULL) {
        g_autofree char *lab = g_strndup(operand, (gsize)(slash - operand));

        if (change->lab != NULL && strcmp(change->lab, lab) != 0) {
            g_set_error(error, RUNNING_LAB_ERROR, RUNNING_LAB_ERROR_UNKNOWN,
                        "%s and %s are two labs: change one at a time", change->lab, lab);
            return false;
        }
        g_free(change->lab);
        change->lab = g_steal_pointer(&lab);
    }
    json_array_add_string_element(json_object_get_array_member(change->last, "links"), link);
    g_ptr_array_add(change->links, g_strdup(link));
    return true;
}

void change_add_setting(Change *change, const char *operand)
{
    const char *equals = strchr(operand, '=');
    g_autofree char *name = g_strndup(operand, (gsize)(equals - operand));
    JsonArray *set = json_object_get_array_member(change->last, "set");

    json_array_add_string_element(set, name);
    json_array_add_string_element(set, equals + 1);
}

void change_set(Change *change, const char *member, const char *text)
{
    for (guint i = 0; text != NULL && i < json_array_get_length(change->changes); i++)
        json_object_set_string_member(json_array_get_object_element(change->changes, i), member,
                                      text);
}

int change_ask(const Change *change, const Command *command)
{
    g_auto(Message) request = {.body = json_object_new()};
    g_auto(Message) reply = {.body = NULL};
    g_autoptr(GError) error = NULL;
    LabAddress lab;

    json_object_set_string_member(request.body, "command", "change");
    json_object_set_array_member(request.body, "changes", json_array_ref(change->changes));
    if (!running_lab_find(change->lab, &lab, &error) ||
        !running_lab_request(&lab, &request, &reply, &error))
        return command_fail(command, error);
    printf("changed at %.6f s:", json_object_get_double_member_with_default(reply.body, "at_s", 0));
    for (guint i = 0; i < change->links->len; i++)
        printf("%s %s", i > 0 ? "," : "", (const char *)g_ptr_array_index(change->links, i));
    putchar('\n');
    return STATUS_OK;
}
