// SPDX-License-Identifier: Apache-2.0
// How it works: the same rules by which a receiver's kernel joins packets (generic receive
// offload), without its concessions: a frame is coupled only when cutting the train gives it back
// bit for bit. So headers agree but for lengths and checksums, IPv4 identifications and TCP
// sequence numbers follow each other, only the last may be short or have FIN or PSH, and only the
// first CWR.
#include "sim/devices/train.h"

#include <glib.h>
#include <string.h>

enum {
    IP_PACKET_MAX_BYTES = 65535,
    UDP_MAX_SEGMENTS = 64, // UDP_MAX_SEGMENTS of Linux 6.2; later 128: more are refused

    IPV4_ID = 4,
    IPV4_AFTER_ID = 6,
    IPV4_CHECKSUM = 10,
    IPV4_ADDRESSES = 12,
    IPV6_PAYLOAD_LENGTH = 4,
    IPV6_NEXT_HEADER = 6,
    TCP_ACK_NUMBER = 8,
    TCP_WINDOW = 14,
    TCP_URGENT = 18,

    TCP_CLOSING = PACKET_TCP_FIN | PACKET_TCP_PSH,
    TCP_UNCOUPLED = PACKET_TCP_SYN | PACKET_TCP_RST | PACKET_TCP_URG,
};

static bool bytes_agree(const uint8_t *a, const uint8_t *b, uint32_t from, uint32_t to)
{
    return memcmp(a + from, b + from, to - from) == 0;
}

static bool train_is_tcp(const Train *train)
{
    return train->offload.type != GSO_UDP;
}

static uint8_t train_tcp_flags(const Train *train, const Frame *frame)
{
    return frame_bytes_const(frame)[train->packet.transport_bytes + PACKET_TCP_FLAGS];
}

static uint32_t payload_of(const Train *train, const Frame *frame)
{
    return frame->length_bytes - train->header_bytes;
}

// What an ordinary frame would be a segment of, or GSO_NONE.
static GsoType packet_gso_type(const Packet *packet, const Frame *frame)
{
    if (packet->is_fragment || packet->transport_bytes != frame->csum_start_bytes)
        return GSO_NONE;
    if (packet->protocol == PACKET_PROTOCOL_UDP && frame->csum_offset_bytes == PACKET_UDP_CHECKSUM)
        return GSO_UDP;
    if (packet->protocol == PACKET_PROTOCOL_TCP && frame->csum_offset_bytes == PACKET_TCP_CHECKSUM)
        return packet->version == 4 ? GSO_TCP4 : GSO_TCP6;
    return GSO_NONE;
}

// Whether an ordinary frame has just the lengths that a cut would give it: none is wrong, and
// nothing lies behind the packet, such as what fills up a short Ethernet frame. The segments of a
// super-frame are made so whatever its own say.
static bool train_frame_is_exact(const Train *train, const Frame *frame)
{
    const uint8_t *bytes = frame_bytes_const(frame);
    const Packet *packet = &train->packet;

    if (frame->n_segments > 1)
        return true;
    return packet_has_length(bytes + packet->network_bytes,
                             frame->length_bytes - packet->network_bytes) &&
           (train_is_tcp(train) ||
            packet_load16(bytes + packet->transport_bytes + PACKET_UDP_LENGTH) ==
                frame->length_bytes - packet->transport_bytes);
}

// Whether the unfinished checksums of two frames differ only by their lengths.
static bool train_agrees_checksum(const Train *train, const Frame *lead, const Frame *next)
{
    uint32_t at = (uint32_t)lead->csum_start_bytes + lead->csum_offset_bytes;
    uint8_t field[2];

    memcpy(field, frame_bytes_const(lead) + at, sizeof field);
    packet_exchange_length(field, lead->length_bytes - train->packet.transport_bytes,
                           next->length_bytes - train->packet.transport_bytes);
    return memcmp(field, frame_bytes_const(next) + at, sizeof field) == 0;
}

// Makes `lead` the first frame. Returns whether any can follow.
static bool train_lead(Train *train, const Frame *lead, OffloadSet set, bool has_ethernet)
{
    GsoType type;

    if ((lead->offload_flags & FRAME_CHECKSUM_PARTIAL) == 0 ||
        !packet_locate(&train->packet, frame_bytes_const(lead), lead->length_bytes, has_ethernet))
        return false;
    type = packet_gso_type(&train->packet, lead);
    if (type == GSO_NONE || !offload_takes(set, type))
        return false;
    train->header_bytes = train->packet.transport_bytes;
    train->header_bytes +=
        type == GSO_UDP
            ? (uint32_t)PACKET_UDP_HEADER_BYTES
            : packet_tcp_header_bytes(frame_bytes_const(lead) + train->packet.transport_bytes);
    if (train->header_bytes >= lead->length_bytes ||
        train->header_bytes > SUPER_FRAME_HEADER_MAX_BYTES)
        return false;
    if (type != GSO_UDP &&
        train->header_bytes < train->packet.transport_bytes + (uint32_t)PACKET_TCP_HEADER_BYTES)
        return false;
    train->payload_bytes = payload_of(train, lead);
    train->offload = (SegmentationOffload){
        .type = type,
        .size_bytes = lead->n_segments > 1 ? lead->gso_size_bytes : (uint16_t)train->payload_bytes,
        .csum_start_bytes = lead->csum_start_bytes,
        .csum_offset_bytes = lead->csum_offset_bytes,
    };
    if (type != GSO_UDP) {
        uint8_t flags = train_tcp_flags(train, lead);

        if ((flags & (TCP_CLOSING | TCP_UNCOUPLED)) != 0)
            return false;
        train->offload.has_cwr = (flags & PACKET_TCP_CWR) != 0;
    }
    return train->payload_bytes == lead->n_segments * (uint32_t)train->offload.size_bytes &&
           train_frame_is_exact(train, lead);
}

static bool train_agrees_ip(const Train *train, const uint8_t *a, const uint8_t *b)
{
    uint32_t end = train->packet.transport_bytes - (uint32_t)train->packet.network_bytes;

    if (train->packet.version == 6)
        return bytes_agree(a, b, 0, IPV6_PAYLOAD_LENGTH) &&
               bytes_agree(a, b, IPV6_NEXT_HEADER, end);
    return bytes_agree(a, b, 0, 2) && bytes_agree(a, b, IPV4_AFTER_ID, IPV4_CHECKSUM) &&
           bytes_agree(a, b, IPV4_ADDRESSES, end) &&
           packet_load16(b + IPV4_ID) == (uint16_t)(packet_load16(a + IPV4_ID) + train->n_segments);
}

static bool train_agrees_tcp(const Train *train, const uint8_t *a, const uint8_t *b)
{
    uint32_t end = train->header_bytes - train->packet.transport_bytes;

    return bytes_agree(a, b, 0, PACKET_TCP_SEQ) &&
           packet_load32(b + PACKET_TCP_SEQ) ==
               packet_load32(a + PACKET_TCP_SEQ) + train->payload_bytes &&
           bytes_agree(a, b, TCP_ACK_NUMBER, PACKET_TCP_FLAGS) &&
           (a[PACKET_TCP_FLAGS] & ~PACKET_TCP_CWR) == (b[PACKET_TCP_FLAGS] & ~TCP_CLOSING) &&
           bytes_agree(a, b, TCP_WINDOW, PACKET_TCP_CHECKSUM) && bytes_agree(a, b, TCP_URGENT, end);
}

static bool train_takes(const Train *train, const Frame *next)
{
    const Frame *lead = train->frames[0];
    const uint8_t *a = frame_bytes_const(lead), *b = frame_bytes_const(next);
    uint32_t gso_size_bytes = train->offload.size_bytes;

    if (next->offload_flags != FRAME_CHECKSUM_PARTIAL ||
        next->csum_start_bytes != lead->csum_start_bytes ||
        next->csum_offset_bytes != lead->csum_offset_bytes ||
        next->length_bytes <= train->header_bytes)
        return false;
    if (next->n_segments == 1 ? payload_of(train, next) > gso_size_bytes
                              : next->gso_size_bytes != gso_size_bytes ||
                                    next->gso_header_bytes != train->header_bytes)
        return false;
    if (!train_is_tcp(train) && train->n_segments + next->n_segments > UDP_MAX_SEGMENTS)
        return false;
    if (train->header_bytes - train->packet.network_bytes + train->payload_bytes +
            payload_of(train, next) >
        IP_PACKET_MAX_BYTES)
        return false;
    if (!bytes_agree(a, b, 0, train->packet.network_bytes) ||
        !train_agrees_ip(train, a + train->packet.network_bytes, b + train->packet.network_bytes) ||
        !train_frame_is_exact(train, next) || !train_agrees_checksum(train, lead, next))
        return false;
    a += train->packet.transport_bytes;
    b += train->packet.transport_bytes;
    return train_is_tcp(train) ? train_agrees_tcp(train, a, b)
                               : bytes_agree(a, b, 0, PACKET_UDP_LENGTH);
}

static void train_add(Train *train, Frame *frame)
{
    train->frames[train->n_frames++] = frame;
    train->n_segments += frame->n_segments;
}

static void train_append(Train *train, Frame *next)
{
    uint32_t payload_bytes = payload_of(train, next);

    train_add(train, next);
    train->payload_bytes += payload_bytes;
    train->is_closed = payload_bytes != next->n_segments * (uint32_t)train->offload.size_bytes ||
                       (train_is_tcp(train) && (train_tcp_flags(train, next) & TCP_CLOSING) != 0);
}

void train_couple(Train *train, FrameQueue *queue, OffloadSet set, bool has_ethernet)
{
    Frame *next;

    train->n_frames = train->n_segments = 0;
    train_add(train, frame_queue_take(queue));
    if (frame_queue_peek(queue) == NULL || !train_lead(train, train->frames[0], set, has_ethernet))
        return;
    train->is_closed = false;
    while (!train->is_closed && train->n_frames < TRAIN_MAX_FRAMES &&
           (next = frame_queue_peek(queue)) != NULL && train_takes(train, next))
        train_append(train, frame_queue_take(queue));
}

void train_finish(Train *train)
{
    const Frame *last = train->frames[train->n_frames - 1];
    uint8_t *headers = train->header + VNET_HEADER_BYTES;
    uint8_t *transport = headers + train->packet.transport_bytes;
    uint32_t transport_bytes =
        train->header_bytes - train->packet.transport_bytes + train->payload_bytes;
    uint32_t lead_bytes = train->frames[0]->length_bytes - train->packet.transport_bytes;

    memcpy(headers, frame_bytes(train->frames[0]), train->header_bytes);
    packet_set_length(headers + train->packet.network_bytes,
                      train->packet.transport_bytes - train->packet.network_bytes + transport_bytes,
                      0);
    packet_exchange_length(transport + train->offload.csum_offset_bytes, lead_bytes,
                           transport_bytes);
    if (train_is_tcp(train))
        transport[PACKET_TCP_FLAGS] |= train_tcp_flags(train, last) & TCP_CLOSING;
    else
        packet_store16(transport + PACKET_UDP_LENGTH, (uint16_t)transport_bytes);
    vnet_header_write(train->header, &train->offload, train->header_bytes);
    train->parts[0] = (struct iovec){train->header, VNET_HEADER_BYTES + train->header_bytes};
    for (unsigned i = 0; i < train->n_frames; i++)
        train->parts[1 + i] = (struct iovec){frame_bytes(train->frames[i]) + train->header_bytes,
                                             payload_of(train, train->frames[i])};
}
