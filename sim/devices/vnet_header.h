// SPDX-License-Identifier: Apache-2.0
// The header in front of each frame of a TUN or TAP with IFF_VNET_HDR: struct virtio_net_hdr
// (virtio 1.2, 5.1.6) in host byte order.
#pragma once

#include "core/super_frame.h"

enum { VNET_HEADER_BYTES = 10 };

static_assert((int)VNET_HEADER_BYTES <= (int)FRAME_HEADROOM_BYTES,
              "no headroom for the device's header");

// Where the header of a frame lies: right before its bytes.
static inline uint8_t *vnet_header_of(Frame *frame)
{
    return frame_bytes(frame) - VNET_HEADER_BYTES;
}

// Takes the offload state of a frame that was read, with its header, from there. Returns false when
// it does not fit the frame.
bool vnet_header_take(Frame *frame, bool has_ethernet);

// Writes the header of a frame, which is to be written next, to there.
void vnet_header_put(Frame *frame);

// Writes to `at` that of a super-frame whose segments repeat `header_bytes` of headers, or that of
// a finished frame (NULL).
void vnet_header_write(uint8_t *at, const SegmentationOffload *offload, uint32_t header_bytes);
