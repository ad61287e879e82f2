// SPDX-License-Identifier: Apache-2.0
// CaptureRig: a writer, frames, and a directory of its own for what is written, for tests of
// captures.
#pragma once

#include <glib/gstdio.h>
#include <pcap/pcap.h>
#include <string.h>

#include "core/frame.h"
#include "sim/capture/capture.h"
#include "sim/capture/ring.h"

#define EPOCH_NS G_GINT64_CONSTANT(1700000000123456789)

enum { PATIENT_MS = 60 * 1000 }; // never used up by a reader that reads

typedef struct {
    char *directory;
    Writer *writer;
    FramePool *pool;
} CaptureRig;

static inline void capture_rig_set_up(CaptureRig *rig, const void *data)
{
    (void)data;
    rig->directory = g_dir_make_tmp("capture-XXXXXX", NULL);
    g_assert_nonnull(rig->directory);
    rig->writer = writer_new(RING_MIN_BYTES);
    rig->pool = frame_pool_new(1024 * 1024);
}

static inline void capture_rig_tear_down(CaptureRig *rig, const void *data)
{
    g_autoptr(GDir) directory = g_dir_open(rig->directory, 0, NULL);
    const char *name;

    (void)data;
    g_clear_pointer(&rig->writer, writer_free);
    frame_pool_free(rig->pool);
    while ((name = g_dir_read_name(directory)) != NULL) {
        g_autofree char *path = g_build_filename(rig->directory, name, NULL);

        g_unlink(path);
    }
    g_rmdir(rig->directory);
    g_free(rig->directory);
}

// The path of a file in the directory; the caller frees it.
static inline char *rig_path(const CaptureRig *rig, const char *name)
{
    return g_build_filename(rig->directory, name, NULL);
}

static inline CapturePoint *rig_add(CaptureRig *rig, const char *path, uint32_t snaplen_bytes,
                                    const char *filter)
{
    g_autoptr(GError) error = NULL;
    CapturePoint *point = capture_point_add(rig->writer, "london:eth0", path, CAPTURE_ETHERNET,
                                            snaplen_bytes, filter, &error);

    g_assert_no_error(error);
    g_assert_nonnull(point);
    return point;
}

// An Ethernet frame with an IPv4 header of `protocol`; its last byte is `serial`.
static inline void rig_see(CaptureRig *rig, CapturePoint *point, int64_t at_ns, uint8_t protocol,
                           uint8_t serial, uint32_t length_bytes)
{
    static const uint8_t start[] = {2,    0,    0,    0, 0, 2,  2, 0, 0, 0, 0, 1,
                                    0x08, 0x00, 0x45, 0, 0, 46, 0, 0, 0, 0, 64};
    Frame *frame = frame_new(rig->pool, length_bytes);

    frame->length_bytes = length_bytes;
    memset(frame_bytes(frame), 0, length_bytes);
    memcpy(frame_bytes(frame), start, MIN(sizeof start, length_bytes));
    if (length_bytes > sizeof start)
        frame_bytes(frame)[sizeof start] = protocol;
    frame_bytes(frame)[length_bytes - 1] = serial;
    observers_see(capture_point_observer(point), frame, at_ns);
    frame_free(frame);
}

// Compares what the writer says of its i-th file.
static inline void rig_assert_result(const CaptureRig *rig, unsigned i, uint64_t written_frames,
                                     uint64_t lost_frames, const char *error)
{
    WriterResult result = writer_file_result(writer_file(rig->writer, i));

    g_assert_cmpstr(result.error, ==, error);
    g_assert_cmpuint(result.written_frames, ==, written_frames);
    g_assert_cmpuint(result.lost_frames, ==, lost_frames);
    g_assert_cmpstr(result.point, ==, "london:eth0");
}

// The file, opened for reading.
static inline pcap_t *pcap_of(const char *path)
{
    char message[PCAP_ERRBUF_SIZE];
    pcap_t *pcap =
        pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, message);

    if (pcap == NULL)
        g_error("%s: %s", path, message);
    return pcap;
}

static inline unsigned count_frames(const char *path)
{
    pcap_t *pcap = pcap_of(path);
    struct pcap_pkthdr *header;
    const uint8_t *bytes;
    unsigned n_frames = 0;
    int status;

    while ((status = pcap_next_ex(pcap, &header, &bytes)) == 1)
        n_frames++;
    g_assert_cmpint(status, ==, PCAP_ERROR_BREAK);
    pcap_close(pcap);
    return n_frames;
}
