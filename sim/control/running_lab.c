// SPDX-License-Identifier: Apache-2.0
// Finding labs in the kernel's table of sockets, and talking to one.
#include "sim/control/running_lab.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/param.h"
#include "sim/host/refusal.h"

G_DEFINE_QUARK(taploom - running - lab - error - quark, running_lab_error)

enum {
    RUNNING_LAB_PATIENCE_MS = 5000,
    RUNNING_LAB_REPLY_LIMIT_BYTES = 256 * 1024 * 1024,
};

static gint running_lab_compare(gconstpointer a, gconstpointer b)
{
    return strcmp(((const LabAddress *)a)->name, ((const LabAddress *)b)->name);
}

GArray *running_labs_new(void)
{
    GArray *labs = g_array_new(FALSE, FALSE, sizeof(LabAddress));
    g_autofree char *table = NULL;
    g_auto(GStrv) lines = NULL;
    uid_t user = geteuid();

    if (!g_file_get_contents("/proc/net/unix", &table, NULL, NULL))
        return labs;
    lines = g_strsplit(table, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        LabAddress lab;

        if (lab_address_from_line(*line, &lab) && (user == 0 || user == lab.owner))
            g_array_append_val(labs, lab);
    }
    g_array_sort(labs, running_lab_compare);
    return labs;
}

// The names, as an array of strings that belong to `labs`.
static GPtrArray *running_lab_names(const GArray *labs)
{
    GPtrArray *names = g_ptr_array_new();

    for (guint i = 0; i < labs->len; i++)
        g_ptr_array_add(names, g_array_index(labs, LabAddress, i).name);
    g_ptr_array_add(names, NULL);
    return names;
}

bool running_lab_find(const char *name, LabAddress *lab, GError **error)
{
    g_autoptr(GArray) labs = running_labs_new();
    g_autoptr(GPtrArray) names = running_lab_names(labs);
    g_autofree char *list = g_strjoinv(", ", (char **)names->pdata);
    const char *nearest;

    if (labs->len == 0) {
        g_set_error(error, RUNNING_LAB_ERROR, RUNNING_LAB_ERROR_UNKNOWN,
                    "no lab is running: start one with taploom run FILE");
        return false;
    }
    if (name == NULL && labs->len > 1) {
        g_set_error(error, RUNNING_LAB_ERROR, RUNNING_LAB_ERROR_UNKNOWN,
                    "several labs are running, say which: %s", list);
        return false;
    }
    for (guint i = 0; i < labs->len; i++) {
        *lab = g_array_index(labs, LabAddress, i);
        if (name == NULL || strcmp(lab->name, name) == 0)
            return true;
    }
    nearest = param_nearest(name, (const char *const *)names->pdata);
    g_set_error(error, RUNNING_LAB_ERROR, RUNNING_LAB_ERROR_UNKNOWN,
                "no lab \"%s\" is running%s%s%s; running: %s", name,
                nearest != NULL ? ": did you mean " : "", nearest != NULL ? nearest : "",
                nearest != NULL ? "?" : "", list);
    return false;
}

// Root connects in the name of the lab's user: in that user's namespace, root has no name.
static int running_lab_connect(const LabAddress *lab, GError **error)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool in_name_of_owner = geteuid() == 0 && lab->owner != 0;
    struct sockaddr_un socket;
    socklen_t length = lab_address_to_socket(lab, &socket);
    int result = -1;

    if (fd >= 0 && (!in_name_of_owner || seteuid(lab->owner) == 0))
        result = connect(fd, (struct sockaddr *)&socket, length);
    if (result < 0)
        refusal_set(error, errno, "connect to lab %s", lab->name);
    if (in_name_of_owner && seteuid(0) < 0)
        g_error("seteuid back to root: %s", g_strerror(errno));
    if (result == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

// Whether the one who listens is who the address names: anyone could take it.
static bool running_lab_is_genuine(const LabAddress *lab, int fd, GError **error)
{
    struct ucred peer;
    socklen_t length = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == lab->owner)
        return true;
    refusal_set(error, EPERM, "lab %s is not run by user %u", lab->name, lab->owner);
    return false;
}

// A lab answers a request that is too long before it has read the end of it.
static bool running_lab_send(int fd, const Message *request, GError **error)
{
    g_autoptr(GError) refusal = NULL;

    if (message_send(request, fd, RUNNING_LAB_PATIENCE_MS, &refusal) ||
        g_error_matches(refusal, REFUSAL_ERROR, EPIPE))
        return true;
    g_propagate_error(error, g_steal_pointer(&refusal));
    return false;
}

static bool running_lab_exchange(const LabAddress *lab, int fd, const Message *request,
                                 Message *reply, GError **error)
{
    if (!running_lab_is_genuine(lab, fd, error))
        return false;
    if (!running_lab_send(fd, request, error) ||
        !message_receive(reply, fd, RUNNING_LAB_REPLY_LIMIT_BYTES, RUNNING_LAB_PATIENCE_MS,
                         error)) {
        g_prefix_error(error, "lab %s: ", lab->name);
        return false;
    }
    if (!json_object_has_member(reply->body, "error"))
        return true;
    g_set_error(error, RUNNING_LAB_ERROR, RUNNING_LAB_ERROR_ANSWER, "lab %s: %s", lab->name,
                json_object_get_string_member_with_default(reply->body, "error", "unknown error"));
    return false;
}

bool running_lab_request(const LabAddress *lab, const Message *request, Message *reply,
                         GError **error)
{
    int fd = running_lab_connect(lab, error);
    bool has_reply;

    if (fd < 0)
        return false;
    has_reply = running_lab_exchange(lab, fd, request, reply, error);
    close(fd);
    return has_reply;
}

bool running_lab_ask(const LabAddress *lab, const char *command, const char *host, Message *reply,
                     GError **error)
{
    g_auto(Message) request = {.body = json_object_new()};

    json_object_set_string_member(request.body, "command", command);
    if (host != NULL)
        json_object_set_string_member(request.body, "host", host);
    return running_lab_request(lab, &request, reply, error);
}
