// SPDX-License-Identifier: Apache-2.0
// Capture: frames that pass a point, in a nanosecond pcap file (sim/capture/writer.h).
#pragma once

#include "core/frame.h"
#include "core/observer.h"
#include "sim/capture/filter.h"
#include "sim/capture/writer.h"

typedef struct CapturePoint CapturePoint;

// Opens `path` as writer_open() does. `name` is that of the interface, `snaplen_bytes` 0 means
// whole frames, `filter` (NULL: all) is in pcap-filter(7) syntax and sees whole frames in any case.
// The error names file and call. The point is owned by the writer. Only before the start.
CapturePoint *capture_point_add(Writer *writer, const char *name, const char *path,
                                CaptureLinkType type, uint32_t snaplen_bytes, const char *filter,
                                GError **error);

// The writer's file that it is.
WriterFile *capture_point_file(CapturePoint *point);

// Whether `filter` compiles for `type`; for the loader.
bool capture_filter_check(CaptureLinkType type, const char *filter, GError **error);

// To be put at an interface; see() may be called from one thread for all points of a writer.
Observer *capture_point_observer(CapturePoint *point);

// The same by hand: the first `n_segments` of `frame` passed at `at_ns`.
void capture_point_see(CapturePoint *point, const Frame *frame, unsigned n_segments, int64_t at_ns);
