// SPDX-License-Identifier: Apache-2.0
// Bulk flows into the other host, all begun together once all are connected.
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/probe/endpoint.h"
#include "sim/probe/figure.h"
#include "sim/probe/probe.h"
#include "sim/realtime/clock.h"

enum { TCP_ROOM_BYTES = 256 * 1024 };

typedef struct {
    int fds[2]; // here, there
    uint64_t sent_bytes, received_bytes;
    int64_t last_came_ns;
    bool is_connected, is_over;
} TcpFlow;

typedef struct {
    const ProbeSpec *spec;
    Endpoint peer;
    int listener;
    TcpFlow *flows;
    unsigned n_flows, n_accepted, n_connected;
    struct pollfd *poll_fds; // two a flow, and the listener
    int64_t asked_ns, connected_ns, started_ns, ended_ns;
    uint8_t *room;
} Tcp;

static bool tcp_refuse(const Tcp *self, const char *call, int errno_value, GError **error)
{
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno_value), "%s: %s: %s",
                self->spec->target, call, g_strerror(errno_value));
    return false;
}

static bool tcp_open(Tcp *self, const ProbeRequest *request, GError **error)
{
    if (!endpoint_resolve(self->spec->target, NULL, &self->peer, error))
        return false;
    self->listener =
        endpoint_socket(request->peer_net_fd, self->peer.address.ss_family, SOCK_STREAM, 0, error);
    if (self->listener < 0 || !endpoint_bind(self->listener, &self->peer, error))
        return false;
    if (listen(self->listener, (int)self->n_flows) < 0)
        return tcp_refuse(self, "listen", errno, error);
    self->asked_ns = clock_monotonic_ns();
    for (unsigned i = 0; i < self->n_flows; i++) {
        int fd = endpoint_socket(-1, self->peer.address.ss_family, SOCK_STREAM, 0, error);

        self->flows[i].fds[0] = fd;
        if (fd < 0)
            return false;
        if (connect(fd, (const struct sockaddr *)&self->peer.address, self->peer.n_bytes) < 0 &&
            errno != EINPROGRESS)
            return tcp_refuse(self, "connect", errno, error);
    }
    return true;
}

// The flow whose client has the address that an accepted socket's peer has.
static TcpFlow *tcp_flow_of(Tcp *self, int fd)
{
    Endpoint peer = {.n_bytes = sizeof peer.address};

    getpeername(fd, (struct sockaddr *)&peer.address, &peer.n_bytes);
    for (unsigned i = 0; i < self->n_flows; i++) {
        Endpoint own = {.n_bytes = sizeof own.address};

        getsockname(self->flows[i].fds[0], (struct sockaddr *)&own.address, &own.n_bytes);
        // The port, in the same place for both families.
        if (self->flows[i].fds[1] < 0 && ((struct sockaddr_in *)&own.address)->sin_port ==
                                             ((struct sockaddr_in *)&peer.address)->sin_port)
            return &self->flows[i];
    }
    return NULL;
}

static void tcp_accept(Tcp *self)
{
    for (;;) {
        int fd = accept4(self->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        TcpFlow *flow;

        if (fd < 0)
            return;
        flow = tcp_flow_of(self, fd);
        if (flow == NULL) {
            close(fd); // somebody else's
            continue;
        }
        flow->fds[1] = fd;
        self->n_accepted++;
    }
}

static bool tcp_connect_all(Tcp *self, GError **error)
{
    int64_t until_ns = self->asked_ns + self->spec->timeout_ns;

    while (self->n_connected < self->n_flows || self->n_accepted < self->n_flows) {
        for (unsigned i = 0; i < self->n_flows; i++)
            self->poll_fds[i] = (struct pollfd){
                .fd = self->flows[i].is_connected ? -1 : self->flows[i].fds[0], .events = POLLOUT};
        self->poll_fds[self->n_flows] = (struct pollfd){.fd = self->listener, .events = POLLIN};
        if (clock_monotonic_ns() >= until_ns || endpoint_is_stopped())
            return tcp_refuse(self, "connect", ETIMEDOUT, error);
        endpoint_wait(self->poll_fds, self->n_flows + 1, until_ns);
        for (unsigned i = 0; i < self->n_flows; i++) {
            int failure = 0;
            socklen_t n_bytes = sizeof failure;

            if (self->poll_fds[i].fd < 0 || self->poll_fds[i].revents == 0)
                continue;
            getsockopt(self->flows[i].fds[0], SOL_SOCKET, SO_ERROR, &failure, &n_bytes);
            if (failure != 0)
                return tcp_refuse(self, "connect", failure, error);
            self->flows[i].is_connected = true;
            self->connected_ns = clock_monotonic_ns();
            self->n_connected++;
        }
        tcp_accept(self);
    }
    return true;
}

// What is left of a flow's size, or as much as there is room for.
static void tcp_send(Tcp *self, TcpFlow *flow)
{
    uint64_t left = self->spec->size_bytes - flow->sent_bytes;
    size_t n_bytes =
        self->spec->size_bytes == 0 ? TCP_ROOM_BYTES : (size_t)MIN(left, TCP_ROOM_BYTES);
    ssize_t n_sent = send(flow->fds[0], self->room, n_bytes, MSG_NOSIGNAL);

    if (n_sent > 0)
        flow->sent_bytes += (uint64_t)n_sent;
    else if (n_sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        flow->is_over = true;
}

static void tcp_receive(Tcp *self, TcpFlow *flow)
{
    ssize_t n_bytes = recv(flow->fds[1], self->room, TCP_ROOM_BYTES, MSG_TRUNC);

    if (n_bytes > 0) {
        flow->received_bytes += (uint64_t)n_bytes;
        flow->last_came_ns = clock_monotonic_ns();
        if (flow->received_bytes == self->spec->size_bytes)
            flow->is_over = true;
    } else if (n_bytes == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
        flow->is_over = true;
    }
}

static bool tcp_wants_to_send(const Tcp *self, const TcpFlow *flow)
{
    return self->spec->size_bytes == 0 || flow->sent_bytes < self->spec->size_bytes;
}

// Until the time is over, or all of a size has come.
static void tcp_transfer(Tcp *self)
{
    int64_t until_ns;
    bool is_done = false;

    self->started_ns = clock_monotonic_ns();
    until_ns = self->spec->size_bytes == 0 ? self->started_ns + self->spec->time_ns : INT64_MAX;
    while (!is_done && clock_monotonic_ns() < until_ns && !endpoint_is_stopped()) {
        is_done = true;
        for (unsigned i = 0; i < self->n_flows; i++) {
            const TcpFlow *flow = &self->flows[i];
            bool sends = !flow->is_over && tcp_wants_to_send(self, flow);

            is_done = is_done && flow->is_over;
            self->poll_fds[2 * i] =
                (struct pollfd){.fd = sends ? flow->fds[0] : -1, .events = POLLOUT};
            self->poll_fds[2 * i + 1] =
                (struct pollfd){.fd = flow->is_over ? -1 : flow->fds[1], .events = POLLIN};
        }
        if (is_done)
            break;
        endpoint_wait(self->poll_fds, 2 * self->n_flows,
                      until_ns == INT64_MAX ? clock_monotonic_ns() + 1000000000 : until_ns);
        for (unsigned i = 0; i < self->n_flows; i++) {
            if (self->poll_fds[2 * i + 1].revents != 0)
                tcp_receive(self, &self->flows[i]);
            if (self->poll_fds[2 * i].revents != 0)
                tcp_send(self, &self->flows[i]);
        }
    }
    self->ended_ns = clock_monotonic_ns();
}

// Over what time a flow's bytes came: that of the probe, or until the last of its size.
static double tcp_span_ns(const Tcp *self, const TcpFlow *flow)
{
    int64_t end_ns =
        self->spec->size_bytes > 0 && flow->last_came_ns > 0 ? flow->last_came_ns : self->ended_ns;

    return (double)MAX(end_ns - self->started_ns, 1);
}

// R. Jain, D. Chiu, W. Hawe: DEC-TR-301 (1984): (sum x)^2 / (n sum x^2).
static void tcp_print_throughput(const Tcp *self)
{
    double sum = 0, squares = 0, least = 0, longest_ns = 1;
    uint64_t received_bytes = 0;
    g_autofree char *words = NULL;

    for (unsigned i = 0; i < self->n_flows; i++) {
        const TcpFlow *flow = &self->flows[i];
        double bps = (double)flow->received_bytes * 8e9 / tcp_span_ns(self, flow);

        received_bytes += flow->received_bytes;
        sum += bps;
        squares += bps * bps;
        least = i == 0 ? bps : MIN(least, bps);
        longest_ns = MAX(longest_ns, tcp_span_ns(self, flow));
    }
    words = metric_format(METRIC_RATE, (double)received_bytes * 8e9 / longest_ns);
    printf("%u flow%s, %s\n", self->n_flows, self->n_flows == 1 ? "" : "s", words);
    figure_print("throughput", (double)received_bytes * 8e9 / longest_ns);
    figure_print("throughput.min", least);
    if (squares > 0)
        figure_print("fairness", sum * sum / (self->n_flows * squares));
    figure_print("size", (double)received_bytes);
    figure_print("duration", longest_ns);
}

static void tcp_print_info(const Tcp *self)
{
    uint64_t retransmissions = 0;
    uint32_t min_rtt_us = UINT32_MAX;

    for (unsigned i = 0; i < self->n_flows; i++) {
        struct tcp_info info = {0};
        socklen_t n_bytes = sizeof info;

        if (getsockopt(self->flows[i].fds[0], IPPROTO_TCP, TCP_INFO, &info, &n_bytes) < 0)
            continue;
        retransmissions += info.tcpi_total_retrans;
        min_rtt_us = MIN(min_rtt_us, info.tcpi_min_rtt);
    }
    figure_print("retransmissions", (double)retransmissions);
    if (min_rtt_us != UINT32_MAX)
        figure_print("rtt.min", (double)min_rtt_us * 1e3);
}

static bool tcp_measure(Tcp *self, const ProbeRequest *request, GError **error)
{
    if (!tcp_open(self, request, error) || !tcp_connect_all(self, error))
        return false;
    tcp_transfer(self);
    figure_print("connect", (double)(self->connected_ns - self->asked_ns));
    tcp_print_throughput(self);
    tcp_print_info(self);
    return true;
}

// What is still under way is not to meet the steps that follow.
static void tcp_close(const Tcp *self)
{
    const struct linger at_once = {.l_onoff = 1};

    for (unsigned i = 0; i < self->n_flows; i++) {
        for (int end = 0; end < 2; end++) {
            int fd = self->flows[i].fds[end];

            if (fd < 0)
                continue;
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
            close(fd);
        }
    }
    if (self->listener >= 0)
        close(self->listener);
}

int tcp_run(const ProbeRequest *request, GError **error)
{
    Tcp self = {.spec = request->spec, .listener = -1, .n_flows = (unsigned)request->spec->flows};
    bool good;

    self.flows = g_new0(TcpFlow, self.n_flows);
    self.poll_fds = g_new0(struct pollfd, 2 * self.n_flows + 1);
    self.room = g_malloc0(TCP_ROOM_BYTES);
    for (unsigned i = 0; i < self.n_flows; i++)
        self.flows[i].fds[0] = self.flows[i].fds[1] = -1;
    good = tcp_measure(&self, request, error);
    tcp_close(&self);
    g_free(self.room);
    g_free(self.poll_fds);
    g_free(self.flows);
    return good ? PROBE_STATUS_ANSWERED : -1;
}
