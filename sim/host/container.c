// SPDX-License-Identifier: Apache-2.0
// By the command line, which both have in common, and not by their sockets: a Podman without root
// has none, and contexts and remote hosts of Docker are for it to know.
#include "sim/host/container.h"

#include <errno.h>
#include <string.h>

#include "sim/host/refusal.h"

static const char *const container_programs[] = {"docker", "podman"};

// What `program` says of the container, or -1 and the last line of why not.
static pid_t container_ask(const char *program, const char *name, char **reason)
{
    const char *const arguments[] = {program,          "inspect", "--type", "container", "--format",
                                     "{{.State.Pid}}", "--",      name,     NULL};
    g_autoptr(GError) error = NULL;
    g_autofree char *output = NULL;
    g_autofree char *complaint = NULL;
    guint64 pid;
    int status;

    if (!g_spawn_sync(NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output,
                      &complaint, &status, &error)) {
        *reason = g_strdup(error->message);
        return -1;
    }
    if (!g_spawn_check_wait_status(status, NULL)) {
        const char *line_break = strrchr(g_strchomp(complaint), '\n');

        *reason = g_strdup(line_break != NULL ? line_break + 1 : complaint);
        return -1;
    }
    if (!g_ascii_string_to_unsigned(g_strchomp(output), 10, 0, G_MAXINT32, &pid, &error)) {
        *reason = g_strdup(error->message);
        return -1;
    }
    return (pid_t)pid;
}

pid_t container_find_pid(const char *name, GError **error)
{
    g_autoptr(GString) reasons = g_string_new(NULL);
    const char *stopped = NULL; // the program that knows it, but as one that does not run

    for (size_t i = 0; i < G_N_ELEMENTS(container_programs); i++) {
        g_autofree char *path = g_find_program_in_path(container_programs[i]);
        g_autofree char *reason = NULL;
        pid_t pid;

        if (path == NULL)
            continue;
        pid = container_ask(container_programs[i], name, &reason);
        if (pid > 0)
            return pid;
        if (pid == 0)
            stopped = container_programs[i];
        else
            g_string_append_printf(reasons, "%s%s: %s", reasons->len > 0 ? "; " : "",
                                   container_programs[i], reason);
    }
    if (stopped != NULL)
        g_string_printf(reasons, "it is not running: %s start %s", stopped, name);
    else if (reasons->len == 0)
        g_string_append(reasons, "there is neither docker nor podman here: write attach: with the "
                                 "path of its namespace, /proc/PID/ns/net");
    g_set_error(error, REFUSAL_ERROR, ESRCH, "container %s: %s", name, reasons->str);
    return -1;
}
