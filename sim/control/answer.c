// SPDX-License-Identifier: Apache-2.0
// The replies of a lab as JSON.
#include "sim/control/answer.h"

#include <assert.h>
#include <unistd.h>

#include "sim/host/enter.h"

static_assert(sizeof(EnterNamespaces) <= sizeof((Message *)0)->fds,
              "the descriptors of a host do not fit a message");

void answer_error(Message *reply, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    reply->body = json_object_new();
    json_object_set_string_member(reply->body, "error", text);
}

void answer_describe(Message *reply, const char *lab, const Scenario *scenario, int64_t up_ns)
{
    JsonArray *hosts = json_array_new();

    for (guint i = 0; i < scenario->nodes->len; i++) {
        const NodeSpec *node = g_ptr_array_index(scenario->nodes, i);

        if (node->kind == NODE_HOST)
            json_array_add_string_element(hosts, node->name);
    }
    reply->body = json_object_new();
    json_object_set_string_member(reply->body, "lab", lab);
    json_object_set_int_member(reply->body, "pid", getpid());
    json_object_set_string_member(reply->body, "scenario", scenario->path);
    json_object_set_array_member(reply->body, "hosts", hosts);
    json_object_set_double_member(reply->body, "up_s", (double)up_ns / 1e9);
}

void answer_namespaces(Message *reply, const char *lab, const Enclosure *enclosure,
                       const Host *host)
{
    static const char *const nothing[] = {NULL};
    EnterNamespaces namespaces = enter_namespaces(enclosure, host);
    g_auto(GStrv) environment = enter_environment_new(host_spec(host), lab, nothing);
    JsonArray *settings = json_array_new();

    for (char **setting = environment; *setting != NULL; setting++)
        json_array_add_string_element(settings, *setting);
    reply->body = json_object_new();
    json_object_set_array_member(reply->body, "environment", settings);
    reply->n_fds = enter_pack(&namespaces, reply->fds);
}
