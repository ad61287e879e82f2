// SPDX-License-Identifier: Apache-2.0
// The engine's thread runs the filter on the whole frame and copies what is to be kept into the
// writer's ring, with its time; the writer's thread lets libpcap write it.
#include "sim/capture/capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <string.h>

#include "core/super_frame.h"

enum {
    SNAPLEN_MAX_BYTES = 262144, // what tcpdump and Wireshark take at most
    PCAP_RECORD_HEADER_BYTES = 16,
};

struct CapturePoint {
    WriterFile file;
    Observer observer;
    uint32_t snaplen_bytes;
    Filter *filter; // NULL: all
    pcap_dumper_t *dumper;
    uint8_t *segment; // FRAME_MAX_BYTES, of the engine's thread: being finished
};

// What lies in the ring; the captured bytes follow.
typedef struct {
    int64_t at_ns;
    uint32_t length_bytes; // of the frame
    uint32_t captured_bytes;
} CaptureRecord;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(pcap_t, pcap_close)

static pcap_t *pcap_for(CaptureLinkType type, uint32_t snaplen_bytes)
{
    int link_type = type == CAPTURE_ETHERNET ? DLT_EN10MB : DLT_RAW;

    return pcap_open_dead_with_tstamp_precision(link_type, (int)snaplen_bytes,
                                                PCAP_TSTAMP_PRECISION_NANO);
}

bool capture_filter_check(CaptureLinkType type, const char *filter, GError **error)
{
    g_autoptr(Filter) compiled = filter_new(type, filter, error);

    return compiled != NULL;
}

static void point_keep(CapturePoint *self, const uint8_t *bytes, uint32_t length_bytes,
                       int64_t at_ns)
{
    uint32_t captured_bytes = MIN(length_bytes, self->snaplen_bytes);
    CaptureRecord *record;

    if (self->filter != NULL && !filter_passes(self->filter, bytes, length_bytes))
        return;
    record = writer_reserve(&self->file, sizeof *record + captured_bytes);
    if (record == NULL)
        return;
    *record = (CaptureRecord){at_ns, length_bytes, captured_bytes};
    memcpy(record + 1, bytes, captured_bytes);
    writer_commit(&self->file);
}

// A file shows what would be on a wire: frames of its size, with their checksums.
void capture_point_see(CapturePoint *self, const Frame *frame, unsigned n_segments, int64_t at_ns)
{
    if (frame->offload_flags == 0 && frame->n_segments == 1) {
        point_keep(self, frame_bytes_const(frame), frame->length_bytes, at_ns);
        return;
    }
    for (unsigned i = 0; i < n_segments; i++) {
        uint32_t length_bytes = super_frame_segment(frame, i, self->segment, FRAME_MAX_BYTES);

        point_keep(self, self->segment, length_bytes, at_ns);
    }
}

static void point_observe(Observer *observer, const Frame *frame, int64_t at_ns)
{
    CapturePoint *self = (CapturePoint *)((char *)observer - offsetof(CapturePoint, observer));

    capture_point_see(self, frame, frame->n_segments, at_ns);
}

WriterFile *capture_point_file(CapturePoint *point)
{
    return &point->file;
}

Observer *capture_point_observer(CapturePoint *point)
{
    return &point->observer;
}

static void point_write(WriterFile *file, const void *data, int64_t epoch_ns)
{
    const CaptureRecord *record = data;
    int64_t at_ns = epoch_ns + record->at_ns;
    struct pcap_pkthdr header = {
        .ts = {.tv_sec = at_ns / G_GINT64_CONSTANT(1000000000),
               .tv_usec = at_ns % G_GINT64_CONSTANT(1000000000)}, // nanoseconds in this precision
        .caplen = record->captured_bytes,
        .len = record->length_bytes,
    };

    pcap_dump((uint8_t *)((CapturePoint *)file)->dumper, &header, (const uint8_t *)(record + 1));
}

static size_t point_record_max_bytes(const WriterFile *file, const void *record)
{
    (void)file;
    return PCAP_RECORD_HEADER_BYTES + ((const CaptureRecord *)record)->captured_bytes;
}

static void point_close(WriterFile *file)
{
    g_clear_pointer(&((CapturePoint *)file)->dumper, pcap_dump_close);
}

static void point_free(WriterFile *file)
{
    CapturePoint *point = (CapturePoint *)file;

    g_clear_pointer(&point->filter, filter_free);
    g_free(point->segment);
    g_free(point);
}

static const WriterFileClass capture_file_class = {
    .write = point_write,
    .record_max_bytes = point_record_max_bytes,
    .close = point_close,
    .free = point_free,
};

static void point_discard(CapturePoint *point)
{
    writer_file_clear(&point->file);
    point_free(&point->file);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CapturePoint, point_discard)

// Makes libpcap write its header into the point's outlet.
static bool point_open_dumper(CapturePoint *point, pcap_t *pcap, GError **error)
{
    FILE *stream = outlet_stream(point->file.outlet);

    if (stream != NULL)
        point->dumper = pcap_dump_fopen(pcap, stream);
    if (point->dumper != NULL)
        return true;
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "capture file %s: %s: %s",
                point->file.path, stream == NULL ? "fopencookie" : "pcap_dump_fopen",
                stream == NULL ? g_strerror(errno) : pcap_geterr(pcap));
    return false;
}

CapturePoint *capture_point_add(Writer *writer, const char *name, const char *path,
                                CaptureLinkType type, uint32_t snaplen_bytes, const char *filter,
                                GError **error)
{
    g_autoptr(CapturePoint) point = g_new0(CapturePoint, 1);
    g_autoptr(pcap_t) pcap = NULL;

    point->file.class = &capture_file_class;
    point->observer.see = point_observe;
    point->segment = g_malloc(FRAME_MAX_BYTES);
    point->snaplen_bytes =
        snaplen_bytes > 0 ? MIN(snaplen_bytes, SNAPLEN_MAX_BYTES) : SNAPLEN_MAX_BYTES;
    pcap = pcap_for(type, point->snaplen_bytes);
    if (filter != NULL) {
        point->filter = filter_new(type, filter, error);
        if (point->filter == NULL) {
            g_prefix_error(error, "capture filter ");
            return NULL;
        }
    }
    if (!writer_open(writer, &point->file, "capture file", name, path, error) ||
        !point_open_dumper(point, pcap, error))
        return NULL;
    writer_add(writer, &point->file);
    return g_steal_pointer(&point);
}
