// SPDX-License-Identifier: Apache-2.0
// Stream: TCP or UDP packets of one flow, each made twice: as a super-frame, and as the finished
// frames it stands for, written from scratch and with a checksum of their own.
#pragma once

#include "core/frame_queue.h"
#include "core/super_frame.h"

typedef struct {
    FramePool *pool;
    GsoType type;      // of its super-frames
    bool is_ipv6;      // of GSO_UDP; the others say it themselves
    bool has_ethernet; // or IP packets alone
    bool has_vlan;
    uint16_t size_bytes; // of each segment's payload
    uint16_t id;         // IPv4 identification of the next segment
    uint32_t seq;        // TCP sequence number, and what the payload's bytes follow from
} Stream;

typedef struct {
    uint32_t payload_bytes;
    uint8_t last_flags; // FIN, PSH of the last segment
    bool has_cwr;       // in the first segment
} StreamBurst;

// The next burst as one frame, and as finished frames appended to `segments` (NULL: not wanted).
Frame *stream_next(Stream *stream, const StreamBurst *burst, FrameQueue *segments);
