// SPDX-License-Identifier: Apache-2.0
// From "[LAB/]HOST" over the lab's answer to a process inside.
#include "sim/control/visit.h"

#include <errno.h>
#include <string.h>

#include "core/param.h"
#include "sim/control/running_lab.h"
#include "sim/host/enter.h"
#include "sim/host/refusal.h"

// Splits at the last slash; `*lab` is NULL without one. The caller frees `*lab`.
static const char *visit_split_target(const char *target, char **lab)
{
    const char *slash = strrchr(target, '/');

    *lab = slash == NULL ? NULL : g_strndup(target, (gsize)(slash - target));
    return slash == NULL ? target : slash + 1;
}

// The strings of the array `name` of `object`, NULL-terminated; they belong to `object`.
static GPtrArray *visit_strings(JsonObject *object, const char *name)
{
    GPtrArray *strings = g_ptr_array_new();
    JsonArray *array =
        json_object_has_member(object, name) ? json_object_get_array_member(object, name) : NULL;

    for (guint i = 0; array != NULL && i < json_array_get_length(array); i++)
        g_ptr_array_add(strings, (char *)json_array_get_string_element(array, i));
    g_ptr_array_add(strings, NULL);
    return strings;
}

// Asks first which hosts there are, for an error that helps.
static bool visit_check_host(const LabAddress *lab, const char *host, GError **error)
{
    g_auto(Message) description = {.body = NULL};
    g_autoptr(GPtrArray) hosts = NULL;
    g_autofree char *list = NULL;
    const char *nearest;

    if (!running_lab_ask(lab, "describe", NULL, &description, error))
        return false;
    hosts = visit_strings(description.body, "hosts");
    if (g_strv_contains((const char *const *)hosts->pdata, host))
        return true;
    list = g_strjoinv(", ", (char **)hosts->pdata);
    nearest = param_nearest(host, (const char *const *)hosts->pdata);
    g_set_error(error, RUNNING_LAB_ERROR, RUNNING_LAB_ERROR_UNKNOWN,
                "lab %s has no host \"%s\"%s%s%s; its hosts: %s", lab->name, host,
                nearest != NULL ? ": did you mean " : "", nearest != NULL ? nearest : "",
                nearest != NULL ? "?" : "", list);
    return false;
}

static void visit_set_environment(const Message *reply)
{
    g_autoptr(GPtrArray) settings = visit_strings(reply->body, "environment");

    for (guint i = 0; i + 1 < settings->len; i++) {
        g_auto(GStrv) setting = g_strsplit(g_ptr_array_index(settings, i), "=", 2);

        if (setting[0] != NULL && setting[1] != NULL)
            g_setenv(setting[0], setting[1], TRUE);
    }
}

// Shells whose start-up files set no prompt of their own show the host's name all the same.
static const char *visit_shell(const char *host)
{
    const char *shell = g_getenv("SHELL");
    g_autofree char *prompt = g_strdup_printf("%s$ ", host);

    g_setenv("PS1", prompt, TRUE);
    return shell != NULL && *shell != '\0' ? shell : "/bin/sh";
}

int visit_run(const char *target, const char *const *command, GError **error)
{
    g_auto(Message) reply = {.body = NULL};
    g_autofree char *lab_name = NULL;
    const char *host = visit_split_target(target, &lab_name);
    const char *shell[] = {NULL, NULL};
    EnterRequest request = {.command = command, .kept_fd = -1};
    g_autofree char *cwd = g_get_current_dir();
    LabAddress lab;

    if (!running_lab_find(lab_name, &lab, error) || !visit_check_host(&lab, host, error) ||
        !running_lab_ask(&lab, "namespaces", host, &reply, error))
        return -1;
    if (!enter_unpack(&request.namespaces, reply.fds, reply.n_fds)) {
        refusal_set(error, EPROTO, "lab %s: host %s: namespaces", lab.name, host);
        return -1;
    }
    reply.owns_fds = false; // enter_run() closes them
    visit_set_environment(&reply);
    if (command == NULL) {
        shell[0] = visit_shell(host);
        request.command = shell;
    }
    request.cwd = cwd;
    return enter_run(&request, error);
}
