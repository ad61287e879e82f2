// SPDX-License-Identifier: Apache-2.0
// How it works: a part of a super-frame is a stretch of its payload behind a copy of its headers.
// Taking away the front moves the headers up to the payload that is left, so nothing else is
// copied; a cut copies the smaller of its two parts.
//
// The checksum field of an unfinished frame holds the sum over the pseudo-header, of which only the
// length depends on the part: it is exchanged by ones' complement arithmetic (RFC 1624), without a
// look at the addresses, which a routing header might have moved.
#include "core/super_frame.h"

#include <glib.h>
#include <string.h>

#include "core/checksum.h"
#include "core/packet.h"

static uint32_t super_frame_payload_bytes(const Frame *frame)
{
    return frame->length_bytes - frame->gso_header_bytes;
}

static bool super_frame_is_tcp(const Frame *frame)
{
    return frame->gso_type != GSO_UDP;
}

static bool packet_has_transport(const Packet *packet, GsoType type)
{
    switch (type) {
    case GSO_TCP4:
        return packet->version == 4 && packet->protocol == PACKET_PROTOCOL_TCP;
    case GSO_TCP6:
        return packet->version == 6 && packet->protocol == PACKET_PROTOCOL_TCP;
    case GSO_UDP:
        return packet->protocol == PACKET_PROTOCOL_UDP;
    case GSO_NONE:
        break;
    }
    return false;
}

// Where the payload starts; 0 when the headers do not fit the frame.
static uint32_t super_frame_header_bytes(const Frame *frame, const Packet *packet, bool is_tcp)
{
    const uint8_t *transport = frame_bytes_const(frame) + packet->transport_bytes;
    uint32_t header_bytes = is_tcp ? PACKET_TCP_HEADER_BYTES : PACKET_UDP_HEADER_BYTES;

    if (packet->transport_bytes + header_bytes > frame->length_bytes)
        return 0;
    if (is_tcp) {
        header_bytes = packet_tcp_header_bytes(transport);
        if (header_bytes < PACKET_TCP_HEADER_BYTES)
            return 0;
    }
    header_bytes += packet->transport_bytes;
    return header_bytes < frame->length_bytes && header_bytes <= SUPER_FRAME_HEADER_MAX_BYTES
               ? header_bytes
               : 0;
}

bool super_frame_init(Frame *frame, const SegmentationOffload *offload, bool has_ethernet)
{
    bool is_tcp = offload->type != GSO_UDP;
    uint32_t header_bytes, n_segments;
    Packet packet;

    if (!packet_locate(&packet, frame_bytes(frame), frame->length_bytes, has_ethernet) ||
        !packet_has_transport(&packet, offload->type) || packet.is_fragment ||
        offload->size_bytes == 0 || offload->csum_start_bytes != packet.transport_bytes ||
        offload->csum_offset_bytes != (is_tcp ? PACKET_TCP_CHECKSUM : PACKET_UDP_CHECKSUM))
        return false;
    header_bytes = super_frame_header_bytes(frame, &packet, is_tcp);
    if (header_bytes == 0)
        return false;
    n_segments =
        (frame->length_bytes - header_bytes + offload->size_bytes - 1) / offload->size_bytes;
    frame->csum_start_bytes = offload->csum_start_bytes;
    frame->csum_offset_bytes = offload->csum_offset_bytes;
    frame->offload_flags = FRAME_CHECKSUM_PARTIAL;
    if (n_segments == 1)
        return true; // an ordinary frame after all
    frame->n_segments = (uint16_t)n_segments;
    frame->gso_type = (uint8_t)offload->type;
    frame->gso_size_bytes = offload->size_bytes;
    frame->gso_header_bytes = (uint16_t)header_bytes;
    frame->gso_network_bytes = packet.network_bytes;
    if (offload->has_cwr && is_tcp)
        frame->offload_flags |= FRAME_GSO_ECN;
    return true;
}

bool super_frame_init_checksum(Frame *frame, const SegmentationOffload *offload)
{
    uint32_t end_bytes = offload->csum_start_bytes + offload->csum_offset_bytes + 2U;

    // An odd offset would part the words of the sum, see super_frame_segment().
    if (end_bytes > frame->length_bytes || end_bytes > SUPER_FRAME_HEADER_MAX_BYTES ||
        offload->csum_offset_bytes % 2 != 0)
        return false;
    frame->csum_start_bytes = offload->csum_start_bytes;
    frame->csum_offset_bytes = offload->csum_offset_bytes;
    frame->offload_flags = FRAME_CHECKSUM_PARTIAL;
    return true;
}

// Some of a super-frame's segments, and the headers at `headers` that are to become theirs.
typedef struct {
    const Frame *whole;
    uint8_t *headers;
    uint32_t payload_bytes;
    unsigned n_before; // segments of the whole in front of them
    bool has_last;     // the whole's last segment is among them
} SuperFramePart;

static void part_fix_tcp(const SuperFramePart *part, uint8_t *tcp)
{
    packet_store32(tcp + PACKET_TCP_SEQ, packet_load32(tcp + PACKET_TCP_SEQ) +
                                             part->n_before * part->whole->gso_size_bytes);
    if (!part->has_last)
        tcp[PACKET_TCP_FLAGS] &= (uint8_t) ~(PACKET_TCP_FIN | PACKET_TCP_PSH);
    if (part->n_before > 0)
        tcp[PACKET_TCP_FLAGS] &= (uint8_t)~PACKET_TCP_CWR;
}

static void part_fix_headers(const SuperFramePart *part)
{
    const Frame *whole = part->whole;
    uint32_t transport_bytes = whole->gso_header_bytes - whole->csum_start_bytes;
    uint8_t *transport = part->headers + whole->csum_start_bytes;

    packet_set_length(part->headers + whole->gso_network_bytes,
                      whole->gso_header_bytes - whole->gso_network_bytes + part->payload_bytes,
                      (uint16_t)part->n_before);
    if (super_frame_is_tcp(whole))
        part_fix_tcp(part, transport);
    else
        packet_store16(transport + PACKET_UDP_LENGTH,
                       (uint16_t)(PACKET_UDP_HEADER_BYTES + part->payload_bytes));
    packet_exchange_length(transport + whole->csum_offset_bytes,
                           transport_bytes + super_frame_payload_bytes(whole),
                           transport_bytes + part->payload_bytes);
}

// Of a span in time that all gaps of a super-frame share, the part of `n_gaps` of them.
static uint32_t span_of(uint32_t span_ns, unsigned n_gaps, unsigned n_all_gaps)
{
    return (uint32_t)((uint64_t)span_ns * n_gaps / n_all_gaps);
}

// What `frame` is when only `n_segments`, `n_before` behind its present first, are left in it.
static void super_frame_narrow(Frame *frame, unsigned n_before, unsigned n_segments)
{
    unsigned n_gaps = frame->n_segments - 1U, n_behind = frame->n_segments - n_before - n_segments;

    frame->index += n_before;
    frame->wired_ns -= span_of(frame->wired_span_ns, n_behind, n_gaps);
    frame->due_lag_ns += span_of(frame->due_span_ns, n_behind, n_gaps);
    frame->wired_span_ns = span_of(frame->wired_span_ns, n_segments - 1, n_gaps);
    frame->due_span_ns = span_of(frame->due_span_ns, n_segments - 1, n_gaps);
    frame->n_segments = (uint16_t)n_segments;
    if (n_before > 0)
        frame->offload_flags &= (uint8_t)~FRAME_GSO_ECN;
    if (n_segments > 1)
        return;
    frame->gso_type = GSO_NONE;
    frame->gso_size_bytes = frame->gso_header_bytes = frame->gso_network_bytes = 0;
    frame->offload_flags &= (uint8_t)~FRAME_GSO_ECN;
}

void super_frame_drop_front(Frame *frame, unsigned n_segments)
{
    uint32_t gone_bytes = n_segments * (uint32_t)frame->gso_size_bytes;
    uint8_t *headers = frame_bytes(frame) + gone_bytes;
    SuperFramePart part = {frame, headers, super_frame_payload_bytes(frame) - gone_bytes,
                           n_segments, true};

    g_assert(n_segments < frame->n_segments);
    if (n_segments == 0)
        return;
    memmove(headers, frame_bytes(frame), frame->gso_header_bytes);
    part_fix_headers(&part);
    frame->start_bytes += gone_bytes;
    frame->length_bytes -= gone_bytes;
    super_frame_narrow(frame, n_segments, frame->n_segments - n_segments);
}

void super_frame_drop_back(Frame *frame, unsigned n_segments)
{
    unsigned n_left = frame->n_segments - n_segments;
    SuperFramePart part = {frame, frame_bytes(frame), n_left * (uint32_t)frame->gso_size_bytes, 0,
                           false};

    g_assert(n_segments < frame->n_segments);
    if (n_segments == 0)
        return;
    part_fix_headers(&part);
    frame->length_bytes = frame->gso_header_bytes + part.payload_bytes;
    super_frame_narrow(frame, 0, n_left);
}

// A new frame of `n_segments` of `frame`, `n_before` behind its first. NULL when there is no
// memory.
static Frame *super_frame_copy_part(const Frame *frame, unsigned n_before, unsigned n_segments)
{
    uint32_t before_bytes = n_before * (uint32_t)frame->gso_size_bytes;
    bool has_last = n_before + n_segments == frame->n_segments;
    uint32_t payload_bytes = has_last ? super_frame_payload_bytes(frame) - before_bytes
                                      : n_segments * (uint32_t)frame->gso_size_bytes;
    Frame *copy = frame_new(frame->pool, frame->gso_header_bytes + payload_bytes);
    SuperFramePart part;

    if (copy == NULL)
        return NULL;
    frame_copy_state(copy, frame);
    memcpy(copy->buffer, frame_bytes_const(frame), frame->gso_header_bytes);
    memcpy(copy->buffer + frame->gso_header_bytes,
           frame_bytes_const(frame) + frame->gso_header_bytes + before_bytes, payload_bytes);
    part = (SuperFramePart){frame, copy->buffer, payload_bytes, n_before, has_last};
    part_fix_headers(&part);
    copy->length_bytes = frame->gso_header_bytes + payload_bytes;
    super_frame_narrow(copy, n_before, n_segments);
    return copy;
}

bool super_frame_cut(Frame **frame, unsigned n_front, Frame **rest)
{
    Frame *whole = *frame;
    unsigned n_rest = whole->n_segments - n_front;
    bool copies_front = n_front <= n_rest;
    Frame *copy;

    g_assert(n_front > 0 && n_front < whole->n_segments);
    copy = copies_front ? super_frame_copy_part(whole, 0, n_front)
                        : super_frame_copy_part(whole, n_front, n_rest);
    if (copy == NULL)
        return false;
    if (copies_front)
        super_frame_drop_front(whole, n_front);
    else
        super_frame_drop_back(whole, n_rest);
    *frame = copies_front ? copy : whole;
    *rest = copies_front ? whole : copy;
    return true;
}

// Completes the checksum at the end of `headers`, of which the payload lies elsewhere.
static void segment_complete_checksum(const Frame *frame, uint8_t *headers, uint32_t header_bytes,
                                      const uint8_t *payload, uint32_t payload_bytes)
{
    uint8_t *field = headers + frame->csum_start_bytes + frame->csum_offset_bytes;
    uint64_t sum = 0;
    uint16_t checksum;

    // Its own field holds the sum over the pseudo-header, and so adds it.
    sum = checksum_add(sum, headers + frame->csum_start_bytes,
                       header_bytes - frame->csum_start_bytes);
    sum = checksum_add(sum, payload, payload_bytes);
    checksum = (uint16_t)~checksum_fold(sum);
    // A UDP checksum of 0 would mean none (RFC 768).
    if (checksum == 0 && frame->csum_offset_bytes == PACKET_UDP_CHECKSUM)
        checksum = UINT16_MAX;
    memcpy(field, &checksum, sizeof checksum);
}

// An ordinary frame: its header is all up to an even number of bytes behind the checksum field.
static uint32_t single_segment(const Frame *frame, uint8_t *to, uint32_t room_bytes)
{
    const uint8_t *bytes = frame_bytes_const(frame);
    uint8_t headers[SUPER_FRAME_HEADER_MAX_BYTES];
    uint32_t header_bytes = frame->csum_start_bytes + frame->csum_offset_bytes + 2U;

    memcpy(to, bytes, MIN(frame->length_bytes, room_bytes));
    if ((frame->offload_flags & FRAME_CHECKSUM_PARTIAL) == 0)
        return frame->length_bytes;
    memcpy(headers, bytes, header_bytes);
    segment_complete_checksum(frame, headers, header_bytes, bytes + header_bytes,
                              frame->length_bytes - header_bytes);
    memcpy(to, headers, MIN(header_bytes, room_bytes));
    return frame->length_bytes;
}

uint32_t super_frame_segment(const Frame *frame, unsigned number, uint8_t *to, uint32_t room_bytes)
{
    uint32_t header_bytes = frame->gso_header_bytes;
    const uint8_t *payload =
        frame_bytes_const(frame) + header_bytes + number * (uint32_t)frame->gso_size_bytes;
    uint8_t headers[SUPER_FRAME_HEADER_MAX_BYTES];
    SuperFramePart part;

    if (frame->n_segments == 1)
        return single_segment(frame, to, room_bytes);
    part = (SuperFramePart){.whole = frame,
                            .headers = headers,
                            .payload_bytes = frame->gso_size_bytes,
                            .n_before = number,
                            .has_last = number + 1 == frame->n_segments};
    if (part.has_last)
        part.payload_bytes = frame_last_segment_bytes(frame) - header_bytes;
    memcpy(headers, frame_bytes_const(frame), header_bytes);
    part_fix_headers(&part);
    segment_complete_checksum(frame, headers, header_bytes, payload, part.payload_bytes);
    memcpy(to, headers, MIN(header_bytes, room_bytes));
    if (room_bytes > header_bytes)
        memcpy(to + header_bytes, payload, MIN(part.payload_bytes, room_bytes - header_bytes));
    return header_bytes + part.payload_bytes;
}

void super_frame_finish(Frame *frame)
{
    uint32_t header_bytes = frame->csum_start_bytes + frame->csum_offset_bytes + 2U;
    uint8_t *bytes = frame_bytes(frame);

    g_assert(frame->n_segments == 1);
    if ((frame->offload_flags & FRAME_CHECKSUM_PARTIAL) == 0)
        return;
    segment_complete_checksum(frame, bytes, header_bytes, bytes + header_bytes,
                              frame->length_bytes - header_bytes);
    frame->offload_flags &= (uint8_t)~FRAME_CHECKSUM_PARTIAL;
    frame->csum_start_bytes = frame->csum_offset_bytes = 0;
}

void segment_view_open(SegmentView *view, Frame *frame, unsigned number)
{
    uint32_t header_bytes = frame->gso_header_bytes;
    SuperFramePart part;

    view->bytes = frame_bytes(frame) + number * (uint32_t)frame->gso_size_bytes;
    view->length_bytes = number + 1 == frame->n_segments ? frame_last_segment_bytes(frame)
                                                         : frame_segment_bytes(frame);
    if (frame->n_segments == 1)
        return;
    part = (SuperFramePart){.whole = frame,
                            .headers = view->bytes,
                            .payload_bytes = view->length_bytes - header_bytes,
                            .n_before = number,
                            .has_last = number + 1 == frame->n_segments};
    memcpy(view->covered, view->bytes, header_bytes);
    memmove(view->bytes, frame_bytes(frame), header_bytes);
    part_fix_headers(&part);
}

void segment_view_close(const SegmentView *view, const Frame *frame)
{
    if (frame->n_segments > 1)
        memcpy(view->bytes, view->covered, frame->gso_header_bytes);
}
