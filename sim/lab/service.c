// SPDX-License-Identifier: Apache-2.0
// Watches the control server's descriptor and its clients', one uv_poll each.
#include "sim/lab/service.h"

#include <string.h>
#include <unistd.h>

#include "sim/control/answer.h"
#include "sim/control/server.h"
#include "sim/lab/change_request.h"
#include "sim/report/report_json.h"

struct Service {
    uv_loop_t *loop;
    Lab *lab;
    LiveReport live_report;
    void *data; // of the live report
    ControlServer *server;
    uv_poll_t poll;
    GHashTable *clients; // of Client
};

typedef struct {
    uv_poll_t poll;
    Service *service;
    int fd;
} Client;

// Empty where there is no such text: what has sent the request may be any program.
static const char *request_text(JsonObject *request, const char *name)
{
    JsonNode *node = json_object_get_member(request, name);
    bool is_text = node != NULL && JSON_NODE_HOLDS_VALUE(node) &&
                   json_node_get_value_type(node) == G_TYPE_STRING;

    return is_text ? json_node_get_string(node) : "";
}

static void service_answer_namespaces(Service *self, JsonObject *request, Message *reply)
{
    const char *name = request_text(request, "host");
    const NodeSpec *node = scenario_node(lab_scenario(self->lab), name);
    Host *host = node != NULL ? lab_host(self->lab, node) : NULL;

    if (host != NULL)
        answer_namespaces(reply, service_lab_name(self), lab_enclosure(self->lab), host);
    else
        answer_error(reply, "%s: no such host", name);
}

static void service_answer_show(Service *self, Message *reply)
{
    g_autoptr(Report) report = self->live_report(self->data);
    g_autoptr(JsonNode) root = report_to_json(report);

    reply->body = json_node_dup_object(root);
}

// {"at_s": engine time}
static void service_answer_change(Service *self, JsonObject *request, Message *reply)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) entries = change_request_entries(request, lab_scenario(self->lab), &error);
    int64_t at_ns = 0;

    if (entries == NULL ||
        !live_carry_out(lab_live(self->lab), (TimelineEntry *const *)entries->pdata, entries->len,
                        &at_ns, &error)) {
        answer_error(reply, "%s", error->message);
        return;
    }
    reply->body = json_object_new();
    json_object_set_double_member(reply->body, "at_s", (double)at_ns / 1e9);
}

static void service_answer(JsonObject *request, Message *reply, void *data)
{
    Service *self = data;
    const char *command = request_text(request, "command");

    if (strcmp(command, "describe") == 0)
        answer_describe(reply, service_lab_name(self), lab_scenario(self->lab),
                        lab_elapsed_ns(self->lab));
    else if (strcmp(command, "namespaces") == 0)
        service_answer_namespaces(self, request, reply);
    else if (strcmp(command, "show") == 0)
        service_answer_show(self, reply);
    else if (strcmp(command, "change") == 0)
        service_answer_change(self, request, reply);
    else
        answer_error(reply, "this lab does not know the request \"%s\"", command);
}

static void client_closed(uv_handle_t *handle)
{
    g_free(handle->data);
}

static void client_readable(uv_poll_t *poll, int status, int events)
{
    Client *client = poll->data;
    Service *self = client->service;

    (void)status;
    (void)events;
    uv_poll_stop(poll);
    control_server_serve(self->server, client->fd);
    g_hash_table_remove(self->clients, client);
    uv_close((uv_handle_t *)poll, client_closed);
}

static void service_readable(uv_poll_t *poll, int status, int events)
{
    Service *self = poll->data;
    int fd = control_server_accept(self->server);
    Client *client;

    (void)status;
    (void)events;
    if (fd < 0)
        return;
    client = g_new0(Client, 1);
    client->service = self;
    client->fd = fd;
    uv_poll_init(self->loop, &client->poll, fd);
    client->poll.data = client;
    g_hash_table_add(self->clients, client);
    uv_poll_start(&client->poll, UV_READABLE, client_readable);
}

Service *service_open(uv_loop_t *loop, Lab *lab, LiveReport live_report, void *data, GError **error)
{
    Service *self = g_new0(Service, 1);

    self->loop = loop;
    self->lab = lab;
    self->live_report = live_report;
    self->data = data;
    self->server = control_server_open(lab_scenario(lab)->name, lab_enclosure(lab), service_answer,
                                       self, error);
    if (self->server == NULL) {
        g_free(self);
        return NULL;
    }
    self->clients = g_hash_table_new(NULL, NULL);
    uv_poll_init(loop, &self->poll, control_server_fd(self->server));
    self->poll.data = self;
    uv_poll_start(&self->poll, UV_READABLE, service_readable);
    return self;
}

const char *service_lab_name(const Service *self)
{
    return control_server_lab(self->server);
}

static void service_closed(uv_handle_t *handle)
{
    Service *self = handle->data;

    control_server_close(self->server);
    g_hash_table_unref(self->clients);
    g_free(self);
}

void service_close(Service *self)
{
    GHashTableIter iterator;
    gpointer client;

    g_hash_table_iter_init(&iterator, self->clients);
    while (g_hash_table_iter_next(&iterator, &client, NULL)) {
        close(((Client *)client)->fd);
        uv_close((uv_handle_t *)&((Client *)client)->poll, client_closed);
    }
    uv_close((uv_handle_t *)&self->poll, service_closed);
}
