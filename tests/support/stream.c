// SPDX-License-Identifier: Apache-2.0
// Nothing of core/packet or core/checksum is used here but names of constants: what they do is
// tested with this.
#include "tests/support/stream.h"

#include <arpa/inet.h>
#include <glib.h>
#include <string.h>

#include "core/packet.h"

enum { ACK = 0x10, TCP_OPTION_BYTES = 12, HEADERS_MAX_BYTES = 128 };

typedef struct {
    uint8_t bytes[HEADERS_MAX_BYTES];
    uint32_t n_bytes;
    uint32_t network, transport, checksum; // where they lie
} Headers;

static void headers_put(Headers *headers, const void *bytes, uint32_t n_bytes)
{
    memcpy(headers->bytes + headers->n_bytes, bytes, n_bytes);
    headers->n_bytes += n_bytes;
}

static void headers_put16(Headers *headers, unsigned value)
{
    uint16_t ordered = htons((uint16_t)value);

    headers_put(headers, &ordered, sizeof ordered);
}

static void headers_put32(Headers *headers, uint32_t value)
{
    headers_put16(headers, value >> 16);
    headers_put16(headers, value & 0xffff);
}

// Big-endian words one by one: nothing clever.
static uint32_t plain_sum(uint32_t sum, const uint8_t *bytes, uint32_t n_bytes)
{
    for (uint32_t i = 0; i < n_bytes; i++)
        sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static bool stream_is_ipv6(const Stream *self)
{
    return self->type == GSO_TCP6 || (self->type == GSO_UDP && self->is_ipv6);
}

static uint8_t stream_protocol(const Stream *self)
{
    return self->type == GSO_UDP ? PACKET_PROTOCOL_UDP : PACKET_PROTOCOL_TCP;
}

static uint32_t stream_transport_bytes(const Stream *self)
{
    return self->type == GSO_UDP ? (uint32_t)PACKET_UDP_HEADER_BYTES
                                 : PACKET_TCP_HEADER_BYTES + (uint32_t)TCP_OPTION_BYTES;
}

static void stream_put_ethernet(const Stream *self, Headers *headers)
{
    static const uint8_t addresses[] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};

    if (!self->has_ethernet)
        return;
    headers_put(headers, addresses, sizeof addresses);
    if (self->has_vlan)
        headers_put32(headers, 0x81000007);
    headers_put16(headers, stream_is_ipv6(self) ? 0x86dd : 0x0800);
}

static void stream_put_ipv4(const Stream *self, Headers *headers, uint32_t l4_bytes)
{
    uint32_t sum;

    headers_put16(headers, 0x4502); // ECT(0)
    headers_put16(headers, PACKET_IPV4_HEADER_BYTES + l4_bytes);
    headers_put16(headers, self->id);
    headers_put16(headers, 0x4000); // do not fragment
    headers_put16(headers, 64 << 8 | stream_protocol(self));
    headers_put16(headers, 0);
    headers_put32(headers, 0x0a000001);
    headers_put32(headers, 0x0a000002);
    sum = plain_sum(0, headers->bytes + headers->network, PACKET_IPV4_HEADER_BYTES);
    packet_store16(headers->bytes + headers->network + 10, (uint16_t)~sum);
}

static void stream_put_ipv6(const Stream *self, Headers *headers, uint32_t l4_bytes)
{
    uint8_t address[16] = {0xfd, [15] = 1};

    headers_put32(headers, 0x60200000);
    headers_put16(headers, l4_bytes);
    headers_put16(headers, (unsigned)stream_protocol(self) << 8 | 64);
    headers_put(headers, address, sizeof address);
    address[15] = 2;
    headers_put(headers, address, sizeof address);
}

// The sum over the pseudo-header (RFC 9293, 3.1; RFC 8200, 8.1).
static uint32_t stream_pseudo_sum(const Stream *self, const Headers *headers, uint32_t l4_bytes)
{
    const uint8_t *network = headers->bytes + headers->network;
    uint32_t sum =
        stream_is_ipv6(self) ? plain_sum(0, network + 8, 32) : plain_sum(0, network + 12, 8);
    uint8_t rest[] = {(uint8_t)(l4_bytes >> 8), (uint8_t)l4_bytes, 0, stream_protocol(self)};

    return plain_sum(sum, rest, sizeof rest);
}

static void stream_put_tcp(const Stream *self, Headers *headers, uint8_t flags)
{
    static const uint8_t timestamp[TCP_OPTION_BYTES] = {1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8};

    headers_put32(headers, 40000U << 16 | 5201);
    headers_put32(headers, self->seq);
    headers_put32(headers, 77777);
    headers_put16(headers, 8U << 12 | ACK | flags);
    headers_put16(headers, 512);
    headers->checksum = headers->n_bytes;
    headers_put32(headers, 0);
    headers_put(headers, timestamp, sizeof timestamp);
}

static void stream_put_headers(const Stream *self, Headers *headers, uint32_t payload_bytes,
                               uint8_t flags)
{
    uint32_t l4_bytes = stream_transport_bytes(self) + payload_bytes;

    *headers = (Headers){0};
    stream_put_ethernet(self, headers);
    headers->network = headers->n_bytes;
    if (stream_is_ipv6(self))
        stream_put_ipv6(self, headers, l4_bytes);
    else
        stream_put_ipv4(self, headers, l4_bytes);
    headers->transport = headers->n_bytes;
    if (self->type != GSO_UDP) {
        stream_put_tcp(self, headers, flags);
    } else {
        headers_put32(headers, 40000U << 16 | 4433);
        headers_put16(headers, l4_bytes);
        headers->checksum = headers->n_bytes;
        headers_put16(headers, 0);
    }
    packet_store16(headers->bytes + headers->checksum,
                   (uint16_t)stream_pseudo_sum(self, headers, l4_bytes));
}

static Frame *stream_frame(const Stream *self, const Headers *headers, uint32_t payload_bytes,
                           uint32_t from)
{
    Frame *frame = frame_new(self->pool, headers->n_bytes + payload_bytes);
    uint8_t *payload = frame->buffer + headers->n_bytes;

    g_assert_nonnull(frame);
    memcpy(frame->buffer, headers->bytes, headers->n_bytes);
    for (uint32_t i = 0; i < payload_bytes; i++)
        payload[i] = (uint8_t)((from + i) * 2654435761U >> 24);
    frame->length_bytes = headers->n_bytes + payload_bytes;
    frame->is_bare_ip = !self->has_ethernet;
    return frame;
}

static void frame_finish(Frame *frame, const Headers *headers)
{
    uint8_t *field = frame->buffer + headers->checksum;
    // The field holds the sum over the pseudo-header, and so adds it.
    uint32_t sum =
        plain_sum(0, frame->buffer + headers->transport, frame->length_bytes - headers->transport);

    sum = (uint16_t)~sum;
    if (sum == 0 && headers->checksum - headers->transport == PACKET_UDP_CHECKSUM)
        sum = 0xffff;
    packet_store16(field, (uint16_t)sum);
}

static Frame *stream_whole(const Stream *self, const StreamBurst *burst)
{
    uint8_t flags = burst->last_flags | (burst->has_cwr ? PACKET_TCP_CWR : 0);
    Headers headers;
    Frame *frame;

    stream_put_headers(self, &headers, burst->payload_bytes, flags);
    frame = stream_frame(self, &headers, burst->payload_bytes, self->seq);
    g_assert_true(
        super_frame_init(frame,
                         &(SegmentationOffload){
                             .type = self->type,
                             .has_cwr = burst->has_cwr,
                             .size_bytes = self->size_bytes,
                             .csum_start_bytes = (uint16_t)headers.transport,
                             .csum_offset_bytes = (uint16_t)(headers.checksum - headers.transport)},
                         self->has_ethernet));
    return frame;
}

Frame *stream_next(Stream *self, const StreamBurst *burst, FrameQueue *segments)
{
    Frame *whole = stream_whole(self, burst);

    for (uint32_t from = 0; from < burst->payload_bytes; from += self->size_bytes) {
        uint32_t payload_bytes = MIN(self->size_bytes, burst->payload_bytes - from);
        bool is_last = from + payload_bytes == burst->payload_bytes;
        uint8_t flags = is_last ? burst->last_flags : 0;
        Headers headers;

        if (from == 0 && burst->has_cwr)
            flags |= PACKET_TCP_CWR;
        if (segments != NULL) {
            Frame *segment;

            stream_put_headers(self, &headers, payload_bytes, flags);
            segment = stream_frame(self, &headers, payload_bytes, self->seq);
            frame_finish(segment, &headers);
            frame_queue_append(segments, segment);
        }
        self->seq += payload_bytes;
        self->id++;
    }
    return whole;
}
