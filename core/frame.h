// SPDX-License-Identifier: Apache-2.0
// Frame: one link-layer frame (Ethernet on TAP, an IP packet on TUN) with its bytes behind it.
// It has exactly one owner at every moment; whoever takes it forwards it, holds it or frees it.
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/sink.h"

typedef struct FramePool FramePool;

enum {
    // Frame, headroom and an ordinary Ethernet frame; the same for the longest frame a TAP can
    // give.
    // Each a line more than a round number, lest the starts of all slots meet in a few cache sets.
    FRAME_SMALL_SLOT_BYTES = 2048 + 64,
    FRAME_LARGE_SLOT_BYTES = 68 * 1024 + 64,
    FRAME_HEADROOM_BYTES = 32,        // in front of the bytes, always: device headers, VLAN tags
    FRAME_MAX_BYTES = 65535 + 14 + 4, // an IP packet of 65535 bytes behind Ethernet and VLAN
    FRAME_ETHERNET_HEADER_BYTES = 14,
};

// What a super-frame is cut into (TCP or UDP segmentation offload).
typedef enum { GSO_NONE, GSO_TCP4, GSO_TCP6, GSO_UDP } GsoType;

// Flags of a frame's offload state.
enum {
    FRAME_CHECKSUM_PARTIAL = 1 << 0, // its transport checksum is still to be completed
    FRAME_GSO_ECN = 1 << 1,          // CWR stands in its TCP header, for the first segment only
};

// A frame with n_segments > 1 is a super-frame: it stands for that many frames on the wire, which
// share its headers (see core/super_frame.h). All that counts frames or bytes counts those.
struct Frame {
    Frame *next;     // in the one queue that holds it
    FramePool *pool; // where frame_free() returns it
    uint64_t index;  // number of its first segment on the present link direction: key of its fate
    int64_t entered_ns; // engine time at which it entered the present link direction
    int64_t wired_ns;   // engine time at which the present link finished sending its last bit;
                        // while it waits in a queue: at which it came there
    int64_t due_ns;     // engine time at which its present holder lets it go

    uint32_t length_bytes; // of the bytes at frame_bytes()
    uint32_t start_bytes;  // where in the buffer they start
    uint32_t room_bytes;   // of the buffer
    uint16_t n_segments;   // frames on the wire that it stands for, at least 1

    // Offload state, as in struct virtio_net_hdr: all zero is a finished frame.
    uint16_t gso_size_bytes;    // payload of each segment; the last may have less
    uint16_t gso_header_bytes;  // headers that each segment repeats
    uint16_t gso_network_bytes; // where in them the IP header starts
    uint16_t csum_start_bytes;  // where the checksum to be completed starts: the transport header
    uint16_t csum_offset_bytes; // and where, from there, it is to be stored
    uint8_t gso_type;           // GsoType
    uint8_t offload_flags;

    uint8_t copy;    // 0 for what came in, else which copy of it: each has fates of its own
    bool is_bare_ip; // as TUN has it: the bytes begin with the IP header, not with Ethernet

    // The first segment alone would have been sent, and been due, so much earlier than the last,
    // whose instants are those above.
    uint32_t wired_span_ns, due_span_ns;
    // The last segment would itself have been due so much before due_ns: it had waited for others,
    // which were cut off.
    uint32_t due_lag_ns;
    int64_t sending_ns; // how long the present link took to send each segment, up to wired_ns

    uint8_t headroom[FRAME_HEADROOM_BYTES];
    uint8_t buffer[];
};

static_assert(offsetof(Frame, n_segments) < 64, "what every frame needs has left its cache line");
static_assert(offsetof(Frame, headroom) <= 96, "what is read on a frame's way has grown");
static_assert(sizeof(Frame) + 1600 < FRAME_SMALL_SLOT_BYTES, "an ordinary frame has no room");
static_assert(sizeof(Frame) + FRAME_MAX_BYTES < FRAME_LARGE_SLOT_BYTES, "a long frame has no room");

static inline uint8_t *frame_bytes(Frame *frame)
{
    return frame->buffer + frame->start_bytes;
}

static inline const uint8_t *frame_bytes_const(const Frame *frame)
{
    return frame->buffer + frame->start_bytes;
}

// Its bytes as frames on the wire: a super-frame's headers count once for each segment.
static inline uint64_t frame_wire_bytes(const Frame *frame)
{
    return frame->length_bytes + (uint64_t)(frame->n_segments - 1) * frame->gso_header_bytes;
}

// The longest segment, which all but the last are as long as.
static inline uint32_t frame_segment_bytes(const Frame *frame)
{
    return frame->n_segments > 1 ? (uint32_t)frame->gso_header_bytes + frame->gso_size_bytes
                                 : frame->length_bytes;
}

static inline uint32_t frame_last_segment_bytes(const Frame *frame)
{
    return frame->length_bytes - (uint32_t)(frame->n_segments - 1) * frame->gso_size_bytes;
}

// The longest frame that fits a small slot.
#define FRAME_SMALL_BYTES ((uint32_t)(FRAME_SMALL_SLOT_BYTES - sizeof(Frame)))

// A pool of frames bounded to `limit_bytes` of memory, of which only what is used is ever touched.
// Not thread-safe: it belongs to the thread that runs the engine. NULL when the address space
// cannot be had (errno is set).
FramePool *frame_pool_new(uint64_t limit_bytes);

// All frames must have been freed before: a frame still out is a bug in its owner.
void frame_pool_free(FramePool *pool);

// Frames now out of the pool, and the memory of their slots.
uint64_t frame_pool_in_use_frames(const FramePool *pool);
uint64_t frame_pool_in_use_bytes(const FramePool *pool);

// A frame with room for `room_bytes` (0 to FRAME_MAX_BYTES) and length 0, fields zeroed;
// NULL when the pool's limit is reached: the caller counts DROP_NO_MEMORY.
Frame *frame_new(FramePool *pool, uint32_t room_bytes);

// Makes a frame what frame_new() gave, whatever became of it.
void frame_reset(Frame *frame);

// A second frame with the same bytes and offload state, or NULL as frame_new().
Frame *frame_copy(const Frame *frame);

// Gives `copy`, which is new and of the same pool, all of `frame` but its bytes.
void frame_copy_state(Frame *copy, const Frame *frame);

void frame_free(Frame *frame);
