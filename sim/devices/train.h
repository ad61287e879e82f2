// SPDX-License-Identifier: Apache-2.0
// Train: neighbours of one flow, in order and due at once, coupled into one super-frame for a
// single write. What the receiver would cut it into again are exactly the frames it was made of.
#pragma once

#include <sys/uio.h>

#include "core/frame_queue.h"
#include "core/packet.h"
#include "core/super_frame.h"
#include "sim/devices/offload.h"
#include "sim/devices/vnet_header.h"

enum { TRAIN_MAX_FRAMES = 64 };

typedef struct {
    Frame *frames[TRAIN_MAX_FRAMES];
    unsigned n_frames;
    unsigned n_segments;
    bool is_closed;              // nothing can follow: its last segment is short, or has FIN or PSH
    SegmentationOffload offload; // of the whole
    uint32_t header_bytes;
    uint32_t payload_bytes;
    Packet packet;
    uint8_t header[VNET_HEADER_BYTES + SUPER_FRAME_HEADER_MAX_BYTES];
    struct iovec parts[1 + TRAIN_MAX_FRAMES];
} Train;

// Takes the frame at the head of `queue`, which is not empty, and those behind it that can be
// coupled to it for a device that takes `set`. With one frame, it is to be written as it is.
void train_couple(Train *train, FrameQueue *queue, OffloadSet set, bool has_ethernet);

// Fills header and parts (1 + n_frames) of a train of several frames, which stay as they are.
void train_finish(Train *train);
