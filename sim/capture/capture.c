// SPDX-License-Identifier: Apache-2.0
// How it works: the engine's thread runs the filter on the whole frame and copies what is to be
// kept into the ring, with its time and its point. The writer's thread takes the records out and
// lets libpcap write them to the outlet of their point, which never waits for a reader; so one file
// that fails or stalls costs the others nothing.
//
// The thread naps a few milliseconds after work, so that under traffic it is woken by time and the
// engine's thread pays for no wake-up; only after a nap without work does it sleep until called.
#include "sim/capture/capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "core/counter.h"
#include "core/super_frame.h"
#include "sim/capture/outlet.h"
#include "sim/capture/ring.h"

enum {
    RING_DEFAULT_BYTES = 8 * 1024 * 1024,
    NAP_MS = 20,
    SNAPLEN_MAX_BYTES = 262144, // what tcpdump and Wireshark take at most
    PCAP_RECORD_HEADER_BYTES = 16,
    N_OWN_POLLS = 2, // the ring's wake-up and the end of patience
};

struct CapturePoint {
    Observer observer;
    CaptureWriter *writer;
    uint32_t snaplen_bytes;
    bool has_filter;
    struct bpf_program filter;
    Counter refused_frames; // counted by the engine's thread

    char *name;
    char *path;
    Outlet *outlet;
    pcap_dumper_t *dumper;
    uint64_t accepted_frames; // of the writer's thread, as are the next three
    Counter written_frames;   // of those accepted, out to their last byte
    Counter missed_frames;    // not accepted
    char *_Atomic failure;    // set once
};

struct CaptureWriter {
    Ring *ring; // made with the first point
    size_t ring_bytes;
    int patience_fd; // timer: readable when finish() has waited long enough
    GPtrArray *points;
    int64_t epoch_ns;

    pthread_t thread;
    bool has_thread;
    bool is_finished;
    atomic_bool is_finishing; // no more frames will be seen
    struct pollfd *polls;     // of the writer's thread

    uint8_t segment[FRAME_MAX_BYTES]; // of the engine's thread: being finished
};

// What lies in the ring; the captured bytes follow.
typedef struct {
    CapturePoint *point;
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

static bool filter_compile(pcap_t *pcap, const char *text, struct bpf_program *filter,
                           GError **error)
{
    if (pcap_compile(pcap, filter, text, 1, PCAP_NETMASK_UNKNOWN) == 0)
        return true;
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                "capture filter \"%s\": %s: see pcap-filter(7)", text, pcap_geterr(pcap));
    return false;
}

bool capture_filter_check(CaptureLinkType type, const char *filter, GError **error)
{
    g_autoptr(pcap_t) pcap = pcap_for(type, SNAPLEN_MAX_BYTES);
    struct bpf_program program;

    if (!filter_compile(pcap, filter, &program, error))
        return false;
    pcap_freecode(&program);
    return true;
}

static void point_keep(CapturePoint *self, const uint8_t *bytes, uint32_t length_bytes,
                       int64_t at_ns)
{
    Ring *ring = self->writer->ring;
    struct pcap_pkthdr whole = {.caplen = length_bytes, .len = length_bytes};
    uint32_t captured_bytes = MIN(length_bytes, self->snaplen_bytes);
    CaptureRecord *record = NULL;

    if (self->has_filter && pcap_offline_filter(&self->filter, &whole, bytes) == 0)
        return;
    if (atomic_load_explicit(&self->failure, memory_order_relaxed) == NULL)
        record = ring_reserve(ring, sizeof *record + captured_bytes);
    if (record == NULL) {
        counter_add(&self->refused_frames, 1);
        return;
    }
    *record = (CaptureRecord){self, at_ns, length_bytes, captured_bytes};
    memcpy(record + 1, bytes, captured_bytes);
    ring_commit(ring);
}

// A file shows what would be on a wire: frames of its size, with their checksums.
static void point_see(Observer *observer, const Frame *frame, int64_t at_ns)
{
    CapturePoint *self = (CapturePoint *)observer;

    if (frame->offload_flags == 0) {
        point_keep(self, frame_bytes_const(frame), frame->length_bytes, at_ns);
        return;
    }
    for (unsigned i = 0; i < frame->n_segments; i++) {
        uint8_t *bytes = self->writer->segment;
        uint32_t length_bytes = super_frame_segment(frame, i, bytes, FRAME_MAX_BYTES);

        point_keep(self, bytes, length_bytes, at_ns);
    }
}

static void point_free(CapturePoint *point)
{
    if (point->dumper != NULL)
        pcap_dump_close(point->dumper);
    if (point->outlet != NULL)
        outlet_close(point->outlet);
    if (point->has_filter)
        pcap_freecode(&point->filter);
    g_free(atomic_load(&point->failure));
    g_free(point->path);
    g_free(point->name);
    g_free(point);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CapturePoint, point_free)

CaptureWriter *capture_writer_new(size_t ring_bytes)
{
    CaptureWriter *writer = g_new0(CaptureWriter, 1);

    writer->ring_bytes = ring_bytes > 0 ? ring_bytes : RING_DEFAULT_BYTES;
    writer->patience_fd = -1;
    writer->points = g_ptr_array_new_with_free_func((GDestroyNotify)point_free);
    return writer;
}

static bool writer_make_ring(CaptureWriter *writer, GError **error)
{
    if (writer->patience_fd < 0) {
        writer->patience_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
        if (writer->patience_fd < 0) {
            g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
                        "capture: timerfd_create: %s%s", g_strerror(errno),
                        errno == EMFILE || errno == ENFILE ? ": raise the limit with `ulimit -n`"
                                                           : "");
            return false;
        }
    }
    if (writer->ring == NULL)
        writer->ring = ring_new(writer->ring_bytes, error);
    return writer->ring != NULL;
}

static bool writer_check_path(const CaptureWriter *writer, const char *path, GError **error)
{
    for (guint i = 0; i < writer->points->len; i++) {
        const CapturePoint *other = g_ptr_array_index(writer->points, i);

        if (g_str_equal(other->path, path)) {
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
                        "capture file %s: already written for %s: give each point its own", path,
                        other->name);
            return false;
        }
    }
    return true;
}

// Makes libpcap write its header into the point's outlet.
static bool point_open_dumper(CapturePoint *point, pcap_t *pcap, GError **error)
{
    FILE *stream = outlet_stream(point->outlet);

    if (stream != NULL)
        point->dumper = pcap_dump_fopen(pcap, stream);
    if (point->dumper != NULL)
        return true;
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "capture file %s: %s: %s", point->path,
                stream == NULL ? "fopencookie" : "pcap_dump_fopen",
                stream == NULL ? g_strerror(errno) : pcap_geterr(pcap));
    return false;
}

CapturePoint *capture_writer_add(CaptureWriter *writer, const char *name, const char *path,
                                 CaptureLinkType type, uint32_t snaplen_bytes, const char *filter,
                                 GError **error)
{
    g_autoptr(CapturePoint) point = g_new0(CapturePoint, 1);
    g_autoptr(pcap_t) pcap = NULL;

    g_assert(!writer->has_thread && !writer->is_finished);
    point->observer.see = point_see;
    point->writer = writer;
    point->name = g_strdup(name);
    point->path = g_strdup(path);
    point->snaplen_bytes =
        snaplen_bytes > 0 ? MIN(snaplen_bytes, SNAPLEN_MAX_BYTES) : SNAPLEN_MAX_BYTES;
    pcap = pcap_for(type, point->snaplen_bytes);
    if (filter != NULL && !filter_compile(pcap, filter, &point->filter, error))
        return NULL;
    point->has_filter = filter != NULL;
    if (!writer_check_path(writer, path, error) || !writer_make_ring(writer, error))
        return NULL;
    point->outlet = outlet_open(path, MAX(writer->ring_bytes, RING_MIN_BYTES), error);
    if (point->outlet == NULL || !point_open_dumper(point, pcap, error))
        return NULL;
    g_ptr_array_add(writer->points, point);
    return g_steal_pointer(&point);
}

static uint64_t point_lost_frames(const CapturePoint *point)
{
    return counter_get(&point->refused_frames) + counter_get(&point->missed_frames);
}

Observer *capture_point_observer(CapturePoint *point)
{
    return &point->observer;
}

// The first failure stays.
static void point_fail(CapturePoint *point, const char *failure)
{
    if (atomic_load_explicit(&point->failure, memory_order_relaxed) == NULL)
        atomic_store_explicit(&point->failure, g_strdup(failure), memory_order_release);
}

// Brings counters and failure up to date with what the outlet has written.
static void point_note_progress(CapturePoint *point)
{
    int code = outlet_errno(point->outlet);

    counter_set(&point->written_frames, outlet_whole_records(point->outlet));
    if (code == EPIPE) {
        point_fail(point, "the reader went away");
    } else if (code != 0) {
        g_autofree char *failure = g_strdup_printf("write: %s", g_strerror(code));

        point_fail(point, failure);
    }
}

static void point_write(CapturePoint *point, const CaptureRecord *record, int64_t at_ns)
{
    struct pcap_pkthdr header = {
        .ts = {.tv_sec = at_ns / G_GINT64_CONSTANT(1000000000),
               .tv_usec = at_ns % G_GINT64_CONSTANT(1000000000)}, // nanoseconds in this precision
        .caplen = record->captured_bytes,
        .len = record->length_bytes,
    };

    if (outlet_errno(point->outlet) != 0 ||
        !outlet_has_room(point->outlet, PCAP_RECORD_HEADER_BYTES + record->captured_bytes)) {
        counter_add(&point->missed_frames, 1);
        return;
    }
    pcap_dump((uint8_t *)point->dumper, &header, (const uint8_t *)(record + 1));
    outlet_end_record(point->outlet);
    point->accepted_frames++;
}

// Writes out what waits in the ring, at most a ringful, and drains all outlets. Returns whether
// there was anything in the ring.
static bool writer_work(CaptureWriter *writer)
{
    size_t n_left_bytes = writer->ring_bytes;
    const CaptureRecord *record;
    bool has_worked = false;

    while (n_left_bytes > 0 && (record = ring_peek(writer->ring)) != NULL) {
        point_write(record->point, record, writer->epoch_ns + record->at_ns);
        n_left_bytes -= MIN(n_left_bytes, sizeof *record + record->captured_bytes);
        ring_release(writer->ring);
        has_worked = true;
    }
    for (guint i = 0; i < writer->points->len; i++) {
        CapturePoint *point = g_ptr_array_index(writer->points, i);

        outlet_drain(point->outlet);
        point_note_progress(point);
    }
    return has_worked;
}

// Waits until there may be work. Returns false when patience has ended.
static bool writer_wait(CaptureWriter *writer, bool naps)
{
    struct pollfd *polls = writer->polls;
    nfds_t n_polls = N_OWN_POLLS;

    polls[0] = (struct pollfd){.fd = ring_wake_fd(writer->ring), .events = POLLIN};
    polls[1] = (struct pollfd){.fd = writer->patience_fd, .events = POLLIN};
    for (guint i = 0; i < writer->points->len; i++) {
        const CapturePoint *point = g_ptr_array_index(writer->points, i);

        if (outlet_held_bytes(point->outlet) > 0)
            polls[n_polls++] = (struct pollfd){.fd = outlet_fd(point->outlet), .events = POLLOUT};
    }
    // In a nap only a ring filling up calls it.
    if (ring_sleep(writer->ring, naps ? writer->ring_bytes / 2 : 1))
        poll(polls, n_polls, naps ? NAP_MS : -1);
    ring_rise(writer->ring);
    return polls[1].revents == 0;
}

static bool writer_holds_bytes(const CaptureWriter *writer)
{
    for (guint i = 0; i < writer->points->len; i++) {
        const CapturePoint *point = g_ptr_array_index(writer->points, i);

        if (outlet_held_bytes(point->outlet) > 0)
            return true;
    }
    return false;
}

static void *writer_run(void *data)
{
    CaptureWriter *self = data;

    for (;;) {
        // Read before the ring is: what was seen before finish() is then found there.
        bool is_finishing = atomic_load_explicit(&self->is_finishing, memory_order_acquire);
        bool has_worked = writer_work(self);

        if (is_finishing && has_worked)
            continue;
        if (is_finishing && !writer_holds_bytes(self))
            break;
        if (!writer_wait(self, has_worked))
            break;
    }
    return NULL;
}

void capture_writer_start(CaptureWriter *writer, int64_t epoch_ns)
{
    sigset_t all, before;
    int code;

    g_assert(!writer->has_thread && !writer->is_finished);
    if (writer->points->len == 0)
        return;
    writer->epoch_ns = epoch_ns;
    writer->polls = g_new0(struct pollfd, N_OWN_POLLS + writer->points->len);
    // Signals are the main thread's business, and a reader that goes away shall be EPIPE.
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    code = pthread_create(&writer->thread, NULL, writer_run, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code == 0) {
        writer->has_thread = true;
        pthread_setname_np(writer->thread, "capture");
        return;
    }
    for (guint i = 0; i < writer->points->len; i++) {
        g_autofree char *failure = g_strdup_printf("pthread_create: %s", g_strerror(code));

        point_fail(g_ptr_array_index(writer->points, i), failure);
    }
}

// Counts what never came out, says why, and closes the file.
static void point_finish(CapturePoint *point)
{
    uint64_t n_unwritten = point->accepted_frames - counter_get(&point->written_frames);

    counter_add(&point->missed_frames, n_unwritten);
    if (n_unwritten > 0)
        point_fail(point, "the reader stalled");
    else if (point_lost_frames(point) > 0)
        point_fail(point, "frames came faster than they could be written");
    g_clear_pointer(&point->dumper, pcap_dump_close);
    g_clear_pointer(&point->outlet, outlet_close);
}

void capture_writer_finish(CaptureWriter *writer, unsigned patience_ms)
{
    // An all-zero time would disarm the timer.
    struct itimerspec patience = {
        .it_value = {.tv_sec = patience_ms / 1000, .tv_nsec = patience_ms % 1000 * 1000000L + 1}};

    if (writer->is_finished)
        return;
    if (writer->has_thread) {
        atomic_store_explicit(&writer->is_finishing, true, memory_order_release);
        timerfd_settime(writer->patience_fd, 0, &patience, NULL);
        ring_wake(writer->ring);
        pthread_join(writer->thread, NULL);
    }
    for (guint i = 0; i < writer->points->len; i++)
        point_finish(g_ptr_array_index(writer->points, i));
    writer->is_finished = true;
}

unsigned capture_writer_n_points(const CaptureWriter *writer)
{
    return writer->points->len;
}

CaptureResult capture_writer_result(const CaptureWriter *writer, unsigned i)
{
    const CapturePoint *point = g_ptr_array_index(writer->points, i);

    return (CaptureResult){
        .path = point->path,
        .point = point->name,
        .written_frames = counter_get(&point->written_frames),
        .lost_frames = point_lost_frames(point),
        .error = atomic_load_explicit(&point->failure, memory_order_acquire),
    };
}

void capture_writer_free(CaptureWriter *writer)
{
    capture_writer_finish(writer, 0);
    g_ptr_array_unref(writer->points);
    if (writer->ring != NULL)
        ring_free(writer->ring);
    if (writer->patience_fd >= 0)
        close(writer->patience_fd);
    g_free(writer->polls);
    g_free(writer);
}
