// SPDX-License-Identifier: Apache-2.0
// A stream of datagrams at a constant rate, into a socket in the other host: on one clock, so that
// the delay is that of one direction.
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/scale.h"
#include "sim/probe/arrivals.h"
#include "sim/probe/endpoint.h"
#include "sim/probe/figure.h"
#include "sim/probe/probe.h"
#include "sim/realtime/clock.h"

enum { UDP_ROOM_BYTES = 65536 };

typedef struct {
    uint64_t number;
    int64_t sent_ns;
} UdpPacket;

typedef struct {
    const ProbeSpec *spec;
    int fds[2]; // here, there
    uint64_t n_packets, n_sent;
    int64_t first_sent_ns, last_came_ns;
    uint64_t received_bytes;
    Arrivals arrivals;
    Samples delay;
} Udp;

static void udp_send(Udp *self)
{
    static uint8_t room[UDP_ROOM_BYTES];
    UdpPacket packet = {self->n_sent, clock_monotonic_ns()};

    memcpy(room, &packet, sizeof packet);
    if (self->n_sent == 0)
        self->first_sent_ns = packet.sent_ns;
    (void)!send(self->fds[0], room, self->spec->size_bytes, 0);
    self->n_sent++;
}

// Whether something was there to be read. What came after `end_ns` has not come.
static bool udp_receive(Udp *self, int64_t end_ns)
{
    static uint8_t room[UDP_ROOM_BYTES];
    int64_t came_ns;
    ssize_t n_bytes = endpoint_receive(self->fds[1], room, sizeof room, &came_ns);
    UdpPacket packet;

    if (n_bytes < 0)
        return errno != EAGAIN && errno != EWOULDBLOCK;
    if ((size_t)n_bytes != self->spec->size_bytes || came_ns > end_ns)
        return true;
    memcpy(&packet, room, sizeof packet);
    if (packet.number >= self->n_sent)
        return true; // it was corrupted on its way
    if (arrivals_add(&self->arrivals, packet.number, came_ns - packet.sent_ns)) {
        samples_add(&self->delay, came_ns - packet.sent_ns);
        self->received_bytes += (uint64_t)n_bytes;
        self->last_came_ns = came_ns;
    }
    return true;
}

static void udp_loop(Udp *self)
{
    const ProbeSpec *spec = self->spec;
    int64_t start_ns = clock_monotonic_ns(), now_ns = start_ns, end_ns = INT64_MAX;

    while (!endpoint_is_stopped()) {
        bool is_sending = self->n_sent < self->n_packets;
        int64_t due_ns = start_ns + (int64_t)scale(self->n_sent * spec->size_bytes,
                                                   UINT64_C(8) * 1000000000, spec->rate_bps);
        struct pollfd poll_fd = {.fd = self->fds[1], .events = POLLIN};

        if (now_ns >= end_ns || (!is_sending && self->arrivals.received == self->n_sent))
            return;
        if (is_sending && now_ns >= due_ns) {
            udp_send(self);
            if (self->n_sent == self->n_packets)
                end_ns = clock_monotonic_ns() + spec->timeout_ns;
        } else {
            endpoint_wait(&poll_fd, 1, is_sending ? due_ns : end_ns);
        }
        now_ns = clock_monotonic_ns();
        while (udp_receive(self, end_ns)) // all that came until then, if not more
            ;
    }
}

static void udp_print(Udp *self)
{
    const Arrivals *arrivals = &self->arrivals;
    LossBursts bursts = arrivals_bursts(arrivals, self->n_sent);
    int64_t span_ns = self->last_came_ns - self->first_sent_ns;
    g_autofree char *p50 =
        metric_format(METRIC_DURATION, (double)samples_quantile_ns(&self->delay, 5000));
    g_autofree char *jitter = metric_format(METRIC_DURATION, arrivals->jitter_ns);
    g_autofree char *words = g_strdup_printf("delay %s median, jitter %s", p50, jitter);

    figure_print_packets(arrivals, self->n_sent, words);
    figure_print_samples("delay", &self->delay);
    if (arrivals->received > 1)
        figure_print("jitter", arrivals->jitter_ns);
    figure_print("bursts", (double)bursts.bursts);
    figure_print("bursts.max", (double)bursts.longest);
    figure_print("throughput",
                 span_ns > 0 ? (double)self->received_bytes * 8e9 / (double)span_ns : 0);
}

static bool udp_open(Udp *self, const ProbeRequest *request, GError **error)
{
    Endpoint peer;

    if (!endpoint_resolve(self->spec->target, NULL, &peer, error))
        return false;
    self->fds[1] =
        endpoint_socket(request->peer_net_fd, peer.address.ss_family, SOCK_DGRAM, 0, error);
    if (self->fds[1] < 0 || !endpoint_bind(self->fds[1], &peer, error))
        return false;
    endpoint_ask_stamps(self->fds[1]);
    self->fds[0] = endpoint_socket(-1, peer.address.ss_family, SOCK_DGRAM, 0, error);
    if (self->fds[0] < 0)
        return false;
    if (connect(self->fds[0], (const struct sockaddr *)&peer.address, peer.n_bytes) == 0)
        return true;
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "%s: %s",
                self->spec->target, g_strerror(errno));
    return false;
}

int udp_run(const ProbeRequest *request, GError **error)
{
    Udp self = {.spec = request->spec, .fds = {-1, -1}};
    uint64_t packet_bits = request->spec->size_bytes * 8;
    int status = -1;

    self.n_packets = MAX(scale(request->spec->rate_bps, (uint64_t)request->spec->time_ns,
                               UINT64_C(1000000000) * packet_bits),
                         1);
    arrivals_init(&self.arrivals);
    samples_init(&self.delay);
    if (udp_open(&self, request, error)) {
        udp_loop(&self);
        udp_print(&self);
        status = self.arrivals.received > 0 ? PROBE_STATUS_ANSWERED : PROBE_STATUS_SILENT;
    }
    samples_clear(&self.delay);
    arrivals_clear(&self.arrivals);
    for (int i = 0; i < 2; i++)
        if (self.fds[i] >= 0)
            close(self.fds[i]);
    return status;
}
