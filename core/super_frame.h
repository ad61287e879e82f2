// SPDX-License-Identifier: Apache-2.0
// SuperFrame: a frame that stands for several on the wire, as segmentation offload makes it: one
// set of headers, and the payloads of all segments behind each other. It can be cut between any two
// of them; each part has the headers that its segments would have had.
//
// What differs from segment to segment: lengths, the IPv4 identification (one up each), the TCP
// sequence number, FIN and PSH (on the last only), CWR (on the first only), the checksums.
#pragma once

#include "core/frame.h"

enum {
    SUPER_FRAME_HEADER_MAX_BYTES = 256, // of the headers that segments repeat
};

// What a device knows of a frame that it has read, as in struct virtio_net_hdr.
typedef struct {
    GsoType type;
    bool has_cwr;
    uint16_t size_bytes;
    uint16_t csum_start_bytes;
    uint16_t csum_offset_bytes;
} SegmentationOffload;

// Makes `frame`, which has its bytes, a super-frame of as many segments as its payload fills.
// Returns false, and leaves it alone, when its headers are not those of such a frame.
bool super_frame_init(Frame *frame, const SegmentationOffload *offload, bool has_ethernet);

// Notes that only the checksum of `frame` is unfinished. Returns false, and leaves it alone, when
// it would lie outside of the frame, or further in than any header.
bool super_frame_init_checksum(Frame *frame, const SegmentationOffload *offload);

// Cuts behind the first `n_front` of `*frame`'s segments (1 to n_segments - 1): `*frame` becomes
// these, `*rest` the others. Either may be the one that was there. Returns false, and changes
// nothing, when there is no memory.
bool super_frame_cut(Frame **frame, unsigned n_front, Frame **rest);

// Takes away segments at one end, fewer than there are.
void super_frame_drop_front(Frame *frame, unsigned n_segments);
void super_frame_drop_back(Frame *frame, unsigned n_segments);

// Writes segment `number` of `frame` as it would be on the wire, all checksums complete, and
// returns its length; of the bytes at most `room_bytes` are written. Works for any frame: an
// ordinary one has a single segment.
uint32_t super_frame_segment(const Frame *frame, unsigned number, uint8_t *to, uint32_t room_bytes);

// Completes the checksum of an ordinary frame where it stands.
void super_frame_finish(Frame *frame);

// A segment's bytes as a frame of its own would have them, the checksum unfinished if the frame's
// is, and without a copy: its headers cover what lies in front of its payload.
typedef struct {
    uint8_t *bytes;
    uint32_t length_bytes;
    uint8_t covered[SUPER_FRAME_HEADER_MAX_BYTES];
} SegmentView;

// Until it is closed nothing else may be done with the frame, nor its bytes be changed.
void segment_view_open(SegmentView *view, Frame *frame, unsigned number);
void segment_view_close(const SegmentView *view, const Frame *frame);
