// SPDX-License-Identifier: Apache-2.0
// One GET, answered by anything: the status is a figure, not a judgement.
#include "sim/probe/http.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/probe/endpoint.h"
#include "sim/probe/figure.h"
#include "sim/probe/probe.h"
#include "sim/realtime/clock.h"

enum { HTTP_HEAD_BYTES = 65536, HTTP_STATUS_BYTES = sizeof "HTTP/1.1 200" - 1 };

bool http_url_parse(HttpUrl *url, const char *text, GError **error)
{
    const char *start = text + strlen("http://");
    const char *path, *colon, *host_end;
    g_autofree char *authority = NULL;

    *url = (HttpUrl){0};
    if (!g_str_has_prefix(text, "http://")) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: only http:// is known", text);
        return false;
    }
    path = start + strcspn(start, "/?#");
    authority = g_strndup(start, (gsize)(path - start));
    url->is_literal_v6 = *authority == '[' && strchr(authority, ']') != NULL;
    host_end =
        url->is_literal_v6 ? strchr(authority, ']') + 1 : authority + strcspn(authority, ":");
    colon = *host_end == ':' ? host_end : NULL;
    url->host = url->is_literal_v6 ? g_strndup(authority + 1, (gsize)(host_end - authority - 2))
                                   : g_strndup(authority, (gsize)(host_end - authority));
    url->port = g_strdup(colon != NULL && colon[1] != '\0' ? colon + 1 : "80");
    url->path = *path == '/' ? g_strndup(path, strcspn(path, "#")) : g_strconcat("/", path, NULL);
    return true;
}

void http_url_clear(HttpUrl *url)
{
    g_free(url->host);
    g_free(url->port);
    g_free(url->path);
}

int http_status(const char *bytes, size_t n_bytes)
{
    static const char shape[] = "HTTP/1.x ddd"; // x any digit, as is d

    for (size_t i = 0; i < MIN(n_bytes, HTTP_STATUS_BYTES); i++)
        if (shape[i] == 'x' || shape[i] == 'd' ? !g_ascii_isdigit(bytes[i]) : bytes[i] != shape[i])
            return -1;
    return n_bytes < HTTP_STATUS_BYTES
               ? 0
               : (bytes[9] - '0') * 100 + (bytes[10] - '0') * 10 + (bytes[11] - '0');
}

size_t http_body_at(const char *bytes, size_t n_bytes)
{
    for (size_t i = 3; i < n_bytes; i++)
        if (memcmp(bytes + i - 3, "\r\n\r\n", 4) == 0)
            return i + 1;
    return 0;
}

typedef struct {
    const ProbeSpec *spec;
    int fd;
    int64_t start_ns, until_ns, connected_ns, first_byte_ns, last_byte_ns;
    GByteArray *head; // the first bytes of the answer
    uint64_t n_bytes;
} Http;

static bool http_refuse(const Http *self, const char *call, int errno_value, GError **error)
{
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno_value), "%s: %s: %s",
                self->spec->target, call, g_strerror(errno_value));
    return false;
}

static bool http_wait(const Http *self, short events, const char *call, GError **error)
{
    struct pollfd poll_fd = {.fd = self->fd, .events = events};

    while (clock_monotonic_ns() < self->until_ns && !endpoint_is_stopped()) {
        endpoint_wait(&poll_fd, 1, self->until_ns);
        if (poll_fd.revents != 0)
            return true;
    }
    return http_refuse(self, call, ETIMEDOUT, error);
}

static bool http_connect(Http *self, const HttpUrl *url, GError **error)
{
    Endpoint server;
    int failure = 0;
    socklen_t n_bytes = sizeof failure;

    if (!endpoint_resolve(url->host, url->port, &server, error))
        return false;
    self->fd = endpoint_socket(-1, server.address.ss_family, SOCK_STREAM, 0, error);
    if (self->fd < 0)
        return false;
    self->start_ns = clock_monotonic_ns();
    self->until_ns = self->start_ns + self->spec->timeout_ns;
    if (connect(self->fd, (const struct sockaddr *)&server.address, server.n_bytes) < 0 &&
        errno != EINPROGRESS)
        return http_refuse(self, "connect", errno, error);
    if (!http_wait(self, POLLOUT, "connect", error))
        return false;
    getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &failure, &n_bytes);
    self->connected_ns = clock_monotonic_ns();
    return failure == 0 || http_refuse(self, "connect", failure, error);
}

static bool http_ask(const Http *self, const HttpUrl *url, GError **error)
{
    g_autofree char *request = g_strdup_printf(
        "GET %s HTTP/1.1\r\nHost: %s%s%s:%s\r\nUser-Agent: taploom\r\nAccept: */*\r\n"
        "Connection: close\r\n\r\n",
        url->path, url->is_literal_v6 ? "[" : "", url->host, url->is_literal_v6 ? "]" : "",
        url->port);
    size_t n_bytes = strlen(request), n_sent = 0;

    while (n_sent < n_bytes) {
        ssize_t n_more = send(self->fd, request + n_sent, n_bytes - n_sent, MSG_NOSIGNAL);

        if (n_more > 0)
            n_sent += (size_t)n_more;
        else if (n_more < 0 && errno != EAGAIN && errno != EINTR)
            return http_refuse(self, "send", errno, error);
        else if (!http_wait(self, POLLOUT, "send", error))
            return false;
    }
    return true;
}

// To the end, which is that of the connection.
static bool http_read(Http *self, GError **error)
{
    uint8_t room[65536];

    for (;;) {
        ssize_t n_bytes = recv(self->fd, room, sizeof room, 0);

        if (n_bytes == 0)
            return true;
        if (n_bytes < 0 && errno != EAGAIN && errno != EINTR)
            return http_refuse(self, "receive", errno, error);
        if (n_bytes < 0) {
            if (!http_wait(self, POLLIN, "receive", error))
                return false;
            continue;
        }
        self->last_byte_ns = clock_monotonic_ns();
        if (self->n_bytes == 0)
            self->first_byte_ns = self->last_byte_ns;
        if (self->head->len < HTTP_HEAD_BYTES)
            g_byte_array_append(self->head, room, (guint)n_bytes);
        self->n_bytes += (uint64_t)n_bytes;
    }
}

static bool http_print(const Http *self, GError **error)
{
    const char *head = (const char *)self->head->data;
    int status = http_status(head, self->head->len);
    size_t body_at = http_body_at(head, self->head->len);
    g_autofree char *first = NULL;

    if (status <= 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s", self->spec->target,
                    self->n_bytes == 0 ? "no answer" : "the answer is not HTTP/1");
        return false;
    }
    first = metric_format(METRIC_DURATION, (double)(self->first_byte_ns - self->start_ns));
    printf("status %d, first byte after %s\n", status, first);
    figure_print("status", status);
    figure_print("connect", (double)(self->connected_ns - self->start_ns));
    figure_print("first-byte", (double)(self->first_byte_ns - self->start_ns));
    figure_print("duration", (double)(self->last_byte_ns - self->start_ns));
    figure_print("size", body_at > 0 ? (double)(self->n_bytes - body_at) : 0);
    return true;
}

int http_run(const ProbeRequest *request, GError **error)
{
    Http self = {.spec = request->spec, .fd = -1, .head = g_byte_array_new()};
    HttpUrl url;
    bool good = http_url_parse(&url, request->spec->target, error) &&
                http_connect(&self, &url, error) && http_ask(&self, &url, error) &&
                http_read(&self, error) && http_print(&self, error);

    if (self.fd >= 0)
        close(self.fd);
    http_url_clear(&url);
    g_byte_array_unref(self.head);
    return good ? PROBE_STATUS_ANSWERED : -1;
}
