// SPDX-License-Identifier: Apache-2.0
// Capture: frames that pass an interface, written to nanosecond pcap files by a thread of its own.
// The engine's thread only copies into a ring; when that is full, frames are counted as lost to
// the capture and the run goes on unharmed.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/observer.h"

typedef struct CaptureWriter CaptureWriter;
typedef struct CapturePoint CapturePoint;

typedef enum { CAPTURE_ETHERNET, CAPTURE_RAW_IP } CaptureLinkType;

// What became of one capture file; texts are owned by the point.
typedef struct {
    const char *path;
    const char *point;       // "london:eth0"
    uint64_t written_frames; // wholly in the file
    uint64_t lost_frames;    // that passed the filter and are not
    const char *error;       // NULL, or why the file is not whole: "the reader went away"
} CaptureResult;

// `ring_bytes` of memory between the threads, 0 for the default.
CaptureWriter *capture_writer_new(size_t ring_bytes);

// Opens `path` ("-": standard output, which must not be a terminal); a file in its place is
// emptied. `name` is that of the interface, `snaplen_bytes` 0 means whole frames, `filter` (NULL:
// all) is in pcap-filter(7) syntax and sees whole frames in any case. The error names file and
// call. The point is owned by the writer. Only before the start.
CapturePoint *capture_writer_add(CaptureWriter *writer, const char *name, const char *path,
                                 CaptureLinkType type, uint32_t snaplen_bytes, const char *filter,
                                 GError **error);

// Whether `filter` compiles for `type`; for the loader.
bool capture_filter_check(CaptureLinkType type, const char *filter, GError **error);

// To be put at the interface; see() may be called from one thread for all points of a writer.
Observer *capture_point_observer(CapturePoint *point);

// Starts the thread, which writes the pcap headers at once and a frame within a few hundredths of a
// second, so that a reader of a pipe can follow. `epoch_ns` is added to engine time: nanoseconds
// since 1970 at engine time 0.
void capture_writer_start(CaptureWriter *writer, int64_t epoch_ns);

// After the last see(): writes what is in the ring and closes all files. Readers of pipes have
// `patience_ms` together to take the rest; what they then have not taken is lost.
void capture_writer_finish(CaptureWriter *writer, unsigned patience_ms);

// Counters may be read while it runs, by any thread; they are final after the finish.
unsigned capture_writer_n_points(const CaptureWriter *writer);
CaptureResult capture_writer_result(const CaptureWriter *writer, unsigned i);

// Finishes without patience, if that was not done.
void capture_writer_free(CaptureWriter *writer);
