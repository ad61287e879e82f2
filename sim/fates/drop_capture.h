// SPDX-License-Identifier: Apache-2.0
// DropCapture: the frames that a link drops, in a capture file for each reason.
#pragma once

#include "links/link.h"
#include "sim/capture/capture.h"

typedef struct DropCapture DropCapture;

typedef struct {
    const char *stem; // files are STEM.REASON.pcap; those of reasons that never come are removed
    CaptureLinkType type;
    uint32_t snaplen_bytes;
    const char *filter; // as of capture_point_add()
} DropCaptureOptions;

// Watches both directions of `link`, which must outlive it. Errors as of capture_point_add().
DropCapture *drop_capture_new(Writer *writer, Link *link, const DropCaptureOptions *options,
                              GError **error);

// The writer must have finished.
void drop_capture_free(DropCapture *capture);
