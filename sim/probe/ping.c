// SPDX-License-Identifier: Apache-2.0
// ICMP echo requests (RFC 792, RFC 4443), each due at its own instant. The kernel of the other host
// answers. A `reach` ends with the first reply.
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/probe/arrivals.h"
#include "sim/probe/endpoint.h"
#include "sim/probe/figure.h"
#include "sim/probe/probe.h"
#include "sim/realtime/clock.h"

enum { PING_HEADER_BYTES = 8, PING_ROOM_BYTES = 65536 };

// The same in both versions of the protocol.
typedef struct {
    uint8_t type, code;
    uint16_t checksum, id, low_number; // the last is the number's last 16 bits
    uint64_t number;
    int64_t sent_ns;
} PingPacket;

typedef struct {
    const ProbeRequest *request;
    Endpoint target;
    int fd;
    uint16_t id;
    uint64_t n_sent;
    int64_t first_reply_ns; // -1 before
    Arrivals arrivals;
    Samples rtt;
} Ping;

static bool ping_is_v6(const Ping *self)
{
    return self->target.address.ss_family == AF_INET6;
}

static uint16_t ping_checksum(const uint8_t *bytes, size_t n_bytes)
{
    uint32_t sum = 0;

    for (size_t i = 0; i + 1 < n_bytes; i += 2)
        sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    if (n_bytes % 2 != 0)
        sum += (uint32_t)bytes[n_bytes - 1] << 8;
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

// One that does not go out, for want of a route or a carrier say, is one that did not come.
static void ping_send(Ping *self)
{
    uint8_t room[PING_ROOM_BYTES] = {0};
    size_t n_bytes = PING_HEADER_BYTES + self->request->spec->size_bytes;
    PingPacket packet = {.type = ping_is_v6(self) ? ICMP6_ECHO_REQUEST : ICMP_ECHO,
                         .id = htons(self->id),
                         .low_number = htons((uint16_t)self->n_sent),
                         .number = self->n_sent,
                         .sent_ns = clock_monotonic_ns()};

    memcpy(room, &packet, sizeof packet);
    if (!ping_is_v6(self)) { // for the other version the kernel does it
        packet.checksum = htons(ping_checksum(room, n_bytes));
        memcpy(room, &packet, sizeof packet);
    }
    (void)!sendto(self->fd, room, n_bytes, 0, (const struct sockaddr *)&self->target.address,
                  self->target.n_bytes);
    self->n_sent++;
}

// Whether something was there to be read. What came after `end_ns` has not come.
static bool ping_receive(Ping *self, int64_t end_ns)
{
    uint8_t room[PING_ROOM_BYTES];
    int64_t came_ns;
    ssize_t n_bytes = endpoint_receive(self->fd, room, sizeof room, &came_ns);
    size_t skip = !ping_is_v6(self) && n_bytes > 0 ? (size_t)(room[0] & 0xf) * 4 : 0;
    PingPacket packet;

    if (n_bytes < 0)
        return errno != EAGAIN && errno != EWOULDBLOCK;
    if ((size_t)n_bytes < skip + sizeof packet || came_ns > end_ns)
        return true;
    memcpy(&packet, room + skip, sizeof packet);
    if (packet.type != (ping_is_v6(self) ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY) ||
        packet.id != htons(self->id) || packet.number >= self->n_sent)
        return true;
    if (arrivals_add(&self->arrivals, packet.number, came_ns - packet.sent_ns))
        samples_add(&self->rtt, came_ns - packet.sent_ns);
    if (self->first_reply_ns < 0)
        self->first_reply_ns = came_ns;
    return true;
}

// Requests are due from the first on at equal distances; then those on their way are waited for.
static void ping_loop(Ping *self)
{
    const ProbeSpec *spec = self->request->spec;
    bool is_search = spec->kind == PROBE_REACH;
    int64_t start_ns = clock_monotonic_ns(), now_ns = start_ns;
    int64_t end_ns = is_search ? self->request->since_ns + spec->timeout_ns : INT64_MAX;

    while (!endpoint_is_stopped()) {
        bool is_sending = is_search || self->n_sent < spec->count;
        int64_t due_ns = start_ns + (int64_t)self->n_sent * spec->interval_ns;
        struct pollfd poll_fd = {.fd = self->fd, .events = POLLIN};

        if (now_ns >= end_ns || (is_search && self->first_reply_ns >= 0) ||
            (!is_sending && self->arrivals.received == self->n_sent))
            return;
        if (is_sending && now_ns >= due_ns) {
            ping_send(self);
            if (self->n_sent == spec->count && !is_search)
                end_ns = clock_monotonic_ns() + spec->timeout_ns;
        } else {
            endpoint_wait(&poll_fd, 1, is_sending ? MIN(due_ns, end_ns) : end_ns);
        }
        now_ns = clock_monotonic_ns();
        while (ping_receive(self, end_ns)) // all that came until then, if not more
            ;
    }
}

static void ping_print(Ping *self)
{
    g_autofree char *p50 =
        metric_format(METRIC_DURATION, (double)samples_quantile_ns(&self->rtt, 5000));
    g_autofree char *max =
        metric_format(METRIC_DURATION, (double)samples_quantile_ns(&self->rtt, 10000));
    g_autofree char *words = g_strdup_printf("rtt %s median, %s max", p50, max);

    figure_print_packets(&self->arrivals, self->n_sent, words);
    figure_print_samples("rtt", &self->rtt);
}

static void ping_print_reach(const Ping *self)
{
    int64_t within_ns = MAX(self->first_reply_ns - self->request->since_ns, 0);
    g_autofree char *words = metric_format(METRIC_DURATION, (double)within_ns);

    if (self->first_reply_ns < 0) {
        printf("no reply to %" G_GUINT64_FORMAT " requests\n", self->n_sent);
        return;
    }
    printf("a reply after %s\n", words);
    figure_print("within", (double)within_ns);
}

int ping_run(const ProbeRequest *request, GError **error)
{
    Ping self = {.request = request, .id = (uint16_t)getpid(), .first_reply_ns = -1};
    int status;

    if (!endpoint_resolve(request->spec->target, NULL, &self.target, error))
        return -1;
    self.fd = endpoint_socket(-1, self.target.address.ss_family, SOCK_RAW,
                              ping_is_v6(&self) ? (int)IPPROTO_ICMPV6 : (int)IPPROTO_ICMP, error);
    if (self.fd < 0)
        return -1;
    endpoint_ask_stamps(self.fd);
    arrivals_init(&self.arrivals);
    samples_init(&self.rtt);
    ping_loop(&self);
    if (request->spec->kind == PROBE_PING)
        ping_print(&self);
    else
        ping_print_reach(&self);
    status = self.arrivals.received > 0 ? PROBE_STATUS_ANSWERED : PROBE_STATUS_SILENT;
    samples_clear(&self.rtt);
    arrivals_clear(&self.arrivals);
    close(self.fd);
    return status;
}
