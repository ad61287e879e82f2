// SPDX-License-Identifier: Apache-2.0
// The kernel's hdr_len is only a hint: where the payload starts is read from the headers
// themselves.
#include "sim/devices/vnet_header.h"

#include <linux/virtio_net.h>
#include <string.h>

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5 // Linux 6.2
#endif

typedef struct virtio_net_hdr VnetHeader;

static_assert(sizeof(VnetHeader) == VNET_HEADER_BYTES, "virtio_net_hdr has grown");

static GsoType gso_type_of(uint8_t vnet_type)
{
    switch (vnet_type & ~VIRTIO_NET_HDR_GSO_ECN) {
    case VIRTIO_NET_HDR_GSO_TCPV4:
        return GSO_TCP4;
    case VIRTIO_NET_HDR_GSO_TCPV6:
        return GSO_TCP6;
    case VIRTIO_NET_HDR_GSO_UDP_L4:
        return GSO_UDP;
    default:
        return GSO_NONE;
    }
}

static const uint8_t vnet_types[] = {
    [GSO_NONE] = VIRTIO_NET_HDR_GSO_NONE,
    [GSO_TCP4] = VIRTIO_NET_HDR_GSO_TCPV4,
    [GSO_TCP6] = VIRTIO_NET_HDR_GSO_TCPV6,
    [GSO_UDP] = VIRTIO_NET_HDR_GSO_UDP_L4,
};

bool vnet_header_take(Frame *frame, bool has_ethernet)
{
    VnetHeader header;
    SegmentationOffload offload;

    memcpy(&header, vnet_header_of(frame), sizeof header);
    if ((header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) == 0)
        return header.gso_type == VIRTIO_NET_HDR_GSO_NONE;
    offload = (SegmentationOffload){
        .type = gso_type_of(header.gso_type),
        .has_cwr = (header.gso_type & VIRTIO_NET_HDR_GSO_ECN) != 0,
        .size_bytes = header.gso_size,
        .csum_start_bytes = header.csum_start,
        .csum_offset_bytes = header.csum_offset,
    };
    if (header.gso_type == VIRTIO_NET_HDR_GSO_NONE)
        return super_frame_init_checksum(frame, &offload);
    return super_frame_init(frame, &offload, has_ethernet);
}

void vnet_header_write(uint8_t *at, const SegmentationOffload *offload, uint32_t header_bytes)
{
    VnetHeader header = {0};

    if (offload != NULL) {
        header.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
        header.csum_start = offload->csum_start_bytes;
        header.csum_offset = offload->csum_offset_bytes;
        header.gso_type = vnet_types[offload->type];
        header.gso_size = offload->size_bytes;
        header.hdr_len = (uint16_t)header_bytes;
        if (offload->has_cwr)
            header.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
    }
    memcpy(at, &header, sizeof header);
}

void vnet_header_put(Frame *frame)
{
    const SegmentationOffload offload = {
        .type = frame->gso_type,
        .has_cwr = (frame->offload_flags & FRAME_GSO_ECN) != 0,
        .size_bytes = frame->gso_size_bytes,
        .csum_start_bytes = frame->csum_start_bytes,
        .csum_offset_bytes = frame->csum_offset_bytes,
    };
    bool is_partial = (frame->offload_flags & FRAME_CHECKSUM_PARTIAL) != 0;

    vnet_header_write(vnet_header_of(frame), is_partial ? &offload : NULL, frame->gso_header_bytes);
}
