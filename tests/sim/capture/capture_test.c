// SPDX-License-Identifier: Apache-2.0
#include "sim/capture/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/frame.h"
#include "sim/capture/ring.h"
#include "tests/support/stream.h"

#define EPOCH_NS G_GINT64_CONSTANT(1700000000123456789)

enum {
    PATIENT_MS = 60 * 1000, // never used up by a reader that reads
    FRAME_ARRIVES_MS = 60 * 1000,
    RECORD_OVERHEAD_BYTES = 32, // of the ring, for each frame
};

typedef struct {
    char *directory;
    Writer *writer;
    FramePool *pool;
} Fixture;

static void set_up(Fixture *fixture, const void *data)
{
    (void)data;
    fixture->directory = g_dir_make_tmp("capture-XXXXXX", NULL);
    g_assert_nonnull(fixture->directory);
    fixture->writer = writer_new(RING_MIN_BYTES);
    fixture->pool = frame_pool_new(1024 * 1024);
}

static void tear_down(Fixture *fixture, const void *data)
{
    g_autoptr(GDir) directory = g_dir_open(fixture->directory, 0, NULL);
    const char *name;

    (void)data;
    g_clear_pointer(&fixture->writer, writer_free);
    frame_pool_free(fixture->pool);
    while ((name = g_dir_read_name(directory)) != NULL) {
        g_autofree char *path = g_build_filename(fixture->directory, name, NULL);

        g_unlink(path);
    }
    g_rmdir(fixture->directory);
    g_free(fixture->directory);
}

static char *path_of(const Fixture *fixture, const char *name)
{
    return g_build_filename(fixture->directory, name, NULL);
}

static CapturePoint *add(Fixture *fixture, const char *path, uint32_t snaplen_bytes,
                         const char *filter)
{
    g_autoptr(GError) error = NULL;
    CapturePoint *point = capture_point_add(fixture->writer, "london:eth0", path, CAPTURE_ETHERNET,
                                            snaplen_bytes, filter, &error);

    g_assert_no_error(error);
    g_assert_nonnull(point);
    return point;
}

// An Ethernet frame with an IPv4 header of `protocol`; its last byte is `serial`.
static void see(Fixture *fixture, CapturePoint *point, int64_t at_ns, uint8_t protocol,
                uint8_t serial, uint32_t length_bytes)
{
    static const uint8_t start[] = {2,    0,    0,    0, 0, 2,  2, 0, 0, 0, 0, 1,
                                    0x08, 0x00, 0x45, 0, 0, 46, 0, 0, 0, 0, 64};
    Frame *frame = frame_new(fixture->pool, length_bytes);

    frame->length_bytes = length_bytes;
    memset(frame_bytes(frame), 0, length_bytes);
    memcpy(frame_bytes(frame), start, MIN(sizeof start, length_bytes));
    if (length_bytes > sizeof start)
        frame_bytes(frame)[sizeof start] = protocol;
    frame_bytes(frame)[length_bytes - 1] = serial;
    observers_see(capture_point_observer(point), frame, at_ns);
    frame_free(frame);
}

static void assert_result(const Fixture *fixture, unsigned i, uint64_t written_frames,
                          uint64_t lost_frames, const char *error)
{
    WriterResult result = writer_file_result(writer_file(fixture->writer, i));

    g_assert_cmpstr(result.error, ==, error);
    g_assert_cmpuint(result.written_frames, ==, written_frames);
    g_assert_cmpuint(result.lost_frames, ==, lost_frames);
    g_assert_cmpstr(result.point, ==, "london:eth0");
}

static pcap_t *open_file(const char *path)
{
    char message[PCAP_ERRBUF_SIZE];
    pcap_t *pcap =
        pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, message);

    if (pcap == NULL)
        g_error("%s: %s", path, message);
    return pcap;
}

static void assert_frame(pcap_t *pcap, int64_t at_ns, uint32_t length_bytes,
                         uint32_t captured_bytes)
{
    struct pcap_pkthdr *header;
    const uint8_t *bytes;

    g_assert_cmpint(pcap_next_ex(pcap, &header, &bytes), ==, 1);
    g_assert_cmpint(header->ts.tv_sec * 1000000000 + header->ts.tv_usec, ==, at_ns);
    g_assert_cmpuint(header->len, ==, length_bytes);
    g_assert_cmpuint(header->caplen, ==, captured_bytes);
}

// The next one in the file is the start of `frame`.
static void assert_bytes(pcap_t *pcap, int64_t at_ns, const Frame *frame, uint32_t captured_bytes)
{
    struct pcap_pkthdr *header;
    const uint8_t *bytes;

    g_assert_cmpint(pcap_next_ex(pcap, &header, &bytes), ==, 1);
    g_assert_cmpint(header->ts.tv_sec * 1000000000 + header->ts.tv_usec, ==, at_ns);
    g_assert_cmpuint(header->len, ==, frame->length_bytes);
    g_assert_cmpmem(bytes, header->caplen, frame_bytes_const(frame), captured_bytes);
}

static unsigned count_frames(const char *path)
{
    pcap_t *pcap = open_file(path);
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

static void test_stamps(Fixture *fixture, const void *data)
{
    g_autofree char *path = path_of(fixture, "a.pcap");
    CapturePoint *point = add(fixture, path, 0, NULL);
    pcap_t *pcap;

    (void)data;
    writer_start(fixture->writer, EPOCH_NS);
    see(fixture, point, 0, 17, 1, 60);
    see(fixture, point, 1, 17, 2, 1514);
    see(fixture, point, INT64_C(3600000000001), 17, 3, FRAME_MAX_BYTES);
    see(fixture, point, INT64_C(3600000000001), 17, 4, 1);
    writer_finish(fixture->writer, PATIENT_MS);
    assert_result(fixture, 0, 4, 0, NULL);

    pcap = open_file(path);
    g_assert_cmpint(pcap_datalink(pcap), ==, DLT_EN10MB);
    assert_frame(pcap, EPOCH_NS, 60, 60);
    assert_frame(pcap, EPOCH_NS + 1, 1514, 1514);
    assert_frame(pcap, EPOCH_NS + INT64_C(3600000000001), FRAME_MAX_BYTES, FRAME_MAX_BYTES);
    assert_frame(pcap, EPOCH_NS + INT64_C(3600000000001), 1, 1);
    pcap_close(pcap);
    g_assert_cmpuint(count_frames(path), ==, 4);
}

static void test_snaplen(Fixture *fixture, const void *data)
{
    g_autofree char *path = path_of(fixture, "a.pcap");
    CapturePoint *point = add(fixture, path, 64, NULL);
    pcap_t *pcap;

    (void)data;
    writer_start(fixture->writer, EPOCH_NS);
    see(fixture, point, 0, 17, 1, 64);
    see(fixture, point, 0, 17, 1, 65);
    writer_finish(fixture->writer, PATIENT_MS);
    pcap = open_file(path);
    g_assert_cmpint(pcap_snapshot(pcap), ==, 64);
    assert_frame(pcap, EPOCH_NS, 64, 64);
    assert_frame(pcap, EPOCH_NS, 65, 64);
    pcap_close(pcap);
}

// The filter tests bytes that the snaplen cuts off; what it refuses is neither written nor lost.
static void test_filter(Fixture *fixture, const void *data)
{
    g_autofree char *path = path_of(fixture, "a.pcap");
    CapturePoint *point = add(fixture, path, 20, "udp and ether[99] = 7");
    pcap_t *pcap;

    (void)data;
    writer_start(fixture->writer, EPOCH_NS);
    see(fixture, point, 1, 17, 7, 100);
    see(fixture, point, 2, 6, 7, 100);
    see(fixture, point, 3, 17, 8, 100);
    see(fixture, point, 4, 17, 7, 99);
    writer_finish(fixture->writer, PATIENT_MS);
    assert_result(fixture, 0, 1, 0, NULL);
    pcap = open_file(path);
    assert_frame(pcap, EPOCH_NS + 1, 100, 20);
    pcap_close(pcap);
}

// Ten segments, the last of 168 bytes, seen at 5 ns. The expected frames are appended to
// `segments`.
static void see_super_frame(Fixture *fixture, CapturePoint *point, FrameQueue *segments)
{
    Stream stream = {
        .pool = fixture->pool, .type = GSO_TCP4, .has_ethernet = true, .size_bytes = 400};
    Frame *frame = stream_next(
        &stream, &(StreamBurst){9 * 400 + 102, .last_flags = 1, .has_cwr = true}, segments);

    observers_see(capture_point_observer(point), frame, 5);
    frame_free(frame);
}

// A file shows what would have been on a wire.
static void test_super_frame(Fixture *fixture, const void *data)
{
    g_autofree char *whole_path = path_of(fixture, "whole.pcap");
    g_autofree char *cut_path = path_of(fixture, "cut.pcap");
    CapturePoint *whole = add(fixture, whole_path, 0, NULL),
                 *cut = add(fixture, cut_path, 60, NULL);
    FrameQueue segments;
    const Frame *segment;
    pcap_t *whole_pcap, *cut_pcap;

    (void)data;
    frame_queue_init(&segments);
    writer_start(fixture->writer, EPOCH_NS);
    see_super_frame(fixture, whole, &segments);
    see_super_frame(fixture, cut, NULL);
    writer_finish(fixture->writer, PATIENT_MS);
    assert_result(fixture, 0, 10, 0, NULL);
    assert_result(fixture, 1, 10, 0, NULL);
    whole_pcap = open_file(whole_path);
    cut_pcap = open_file(cut_path);
    for (segment = frame_queue_peek(&segments); segment != NULL; segment = segment->next) {
        assert_bytes(whole_pcap, EPOCH_NS + 5, segment, segment->length_bytes);
        assert_bytes(cut_pcap, EPOCH_NS + 5, segment, 60);
    }
    pcap_close(whole_pcap);
    pcap_close(cut_pcap);
    frame_queue_clear(&segments);
}

// A filter is asked for each segment, about bytes that are only right in it.
static void test_super_frame_filter(Fixture *fixture, const void *data)
{
    g_autofree char *path = path_of(fixture, "a.pcap");
    CapturePoint *point =
        add(fixture, path, 0, "(tcp[tcpflags] & tcp-fin != 0 and len = 168) or tcp[4:4] = 800");
    FrameQueue segments;
    pcap_t *pcap;

    (void)data;
    frame_queue_init(&segments);
    writer_start(fixture->writer, EPOCH_NS);
    see_super_frame(fixture, point, &segments);
    writer_finish(fixture->writer, PATIENT_MS);
    assert_result(fixture, 0, 2, 0, NULL);
    pcap = open_file(path);
    assert_bytes(pcap, EPOCH_NS + 5, segments.head->next->next, 466);
    assert_frame(pcap, EPOCH_NS + 5, 168, 168);
    pcap_close(pcap);
    frame_queue_clear(&segments);
}

// What only lacks its checksum gets it.
static void test_unfinished_checksum(Fixture *fixture, const void *data)
{
    g_autofree char *path = path_of(fixture, "a.pcap");
    CapturePoint *point = add(fixture, path, 0, NULL);
    Stream stream = {
        .pool = fixture->pool, .type = GSO_UDP, .has_ethernet = true, .size_bytes = 400};
    FrameQueue segments;
    Frame *frame;
    pcap_t *pcap;

    (void)data;
    frame_queue_init(&segments);
    frame = stream_next(&stream, &(StreamBurst){99}, &segments);
    writer_start(fixture->writer, EPOCH_NS);
    observers_see(capture_point_observer(point), frame, 5);
    writer_finish(fixture->writer, PATIENT_MS);
    pcap = open_file(path);
    assert_bytes(pcap, EPOCH_NS + 5, segments.head, segments.head->length_bytes);
    pcap_close(pcap);
    frame_free(frame);
    frame_queue_clear(&segments);
}

static void test_wrong_filter(Fixture *fixture, const void *data)
{
    g_autofree char *path = path_of(fixture, "a.pcap");
    g_autoptr(GError) error = NULL;

    (void)data;
    g_assert_null(capture_point_add(fixture->writer, "london:eth0", path, CAPTURE_ETHERNET, 0,
                                    "udp prt 53", &error));
    g_assert_cmpstr(
        error->message, ==,
        "capture filter \"udp prt 53\": can't parse filter expression: syntax error: see "
        "pcap-filter(7)");
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_assert_true(capture_filter_check(CAPTURE_ETHERNET, "udp port 53", NULL));
    g_assert_true(capture_filter_check(CAPTURE_ETHERNET, "ether host 02:00:00:00:00:01", NULL));
    g_assert_false(capture_filter_check(CAPTURE_RAW_IP, "ether host 02:00:00:00:00:01", NULL));
}

static void test_raw_ip(Fixture *fixture, const void *data)
{
    g_autofree char *path = path_of(fixture, "a.pcap");
    pcap_t *pcap;

    (void)data;
    g_assert_nonnull(
        capture_point_add(fixture->writer, "london:eth0", path, CAPTURE_RAW_IP, 0, "udp", NULL));
    writer_start(fixture->writer, EPOCH_NS);
    writer_finish(fixture->writer, PATIENT_MS);
    pcap = open_file(path);
    g_assert_cmpint(pcap_datalink(pcap), ==, DLT_RAW);
    pcap_close(pcap);
    g_assert_cmpuint(count_frames(path), ==, 0);
}

static void test_two_files(Fixture *fixture, const void *data)
{
    g_autofree char *path_a = path_of(fixture, "a.pcap");
    g_autofree char *path_b = path_of(fixture, "b.pcap");
    CapturePoint *a = add(fixture, path_a, 0, NULL);
    CapturePoint *b = add(fixture, path_b, 0, NULL);
    g_autoptr(GError) error = NULL;

    (void)data;
    g_assert_null(capture_point_add(fixture->writer, "newyork:eth0", path_a, CAPTURE_ETHERNET, 0,
                                    NULL, &error));
    g_assert_true(g_str_has_suffix(error->message,
                                   ": already written for london:eth0: give each point its own"));
    writer_start(fixture->writer, EPOCH_NS);
    for (uint8_t i = 0; i < 50; i++) {
        see(fixture, a, i, 17, i, 1000);
        if (i % 5 == 0)
            see(fixture, b, i, 17, i, 100);
    }
    writer_finish(fixture->writer, PATIENT_MS);
    assert_result(fixture, 0, 50, 0, NULL);
    assert_result(fixture, 1, 10, 0, NULL);
    g_assert_cmpuint(count_frames(path_a), ==, 50);
    g_assert_cmpuint(count_frames(path_b), ==, 10);
}

// Nobody takes frames out before the start: what the ring has no room for is lost, and counted.
static void test_full_ring(Fixture *fixture, const void *data)
{
    g_autofree char *path = path_of(fixture, "a.pcap");
    CapturePoint *point = add(fixture, path, 0, NULL);
    unsigned n_fitting = RING_MIN_BYTES / 1024;

    (void)data;
    for (unsigned i = 0; i < n_fitting + 10; i++)
        see(fixture, point, i, 17, 0, 1024 - RECORD_OVERHEAD_BYTES);
    writer_start(fixture->writer, EPOCH_NS);
    writer_finish(fixture->writer, PATIENT_MS);
    assert_result(fixture, 0, n_fitting, 10, "frames came faster than they could be written");
    g_assert_cmpuint(count_frames(path), ==, n_fitting);
}

static void test_disk_full(Fixture *fixture, const void *data)
{
    g_autofree char *path = path_of(fixture, "a.pcap");
    CapturePoint *full = add(fixture, "/dev/full", 0, NULL);
    CapturePoint *good = add(fixture, path, 0, NULL);

    (void)data;
    writer_start(fixture->writer, EPOCH_NS);
    for (uint8_t i = 0; i < 30; i++) {
        see(fixture, full, i, 17, i, 100);
        see(fixture, good, i, 17, i, 100);
    }
    writer_finish(fixture->writer, PATIENT_MS);
    assert_result(fixture, 0, 0, 30, "write: No space left on device");
    assert_result(fixture, 1, 30, 0, NULL);
    g_assert_cmpuint(count_frames(path), ==, 30);
}

// The file may not become longer than ten frames and a half: ten whole ones are left in it.
static void test_cut_short(Fixture *fixture, const void *data)
{
    g_autofree char *path = path_of(fixture, "a.pcap");
    CapturePoint *point = add(fixture, path, 0, NULL);
    struct rlimit before, limit;

    (void)data;
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &before), ==, 0);
    limit = (struct rlimit){.rlim_cur = 24 + 10 * 116 + 58, .rlim_max = before.rlim_max};
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
    writer_start(fixture->writer, EPOCH_NS);
    for (uint8_t i = 0; i < 30; i++)
        see(fixture, point, i, 17, i, 100);
    writer_finish(fixture->writer, PATIENT_MS);
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &before), ==, 0);
    assert_result(fixture, 0, 10, 20, "write: File too large");
    g_assert_cmpuint(count_frames(path), ==, 10);
}

static void assert_refused(Fixture *fixture, const char *path, const char *suffix)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(
        capture_point_add(fixture->writer, "london:eth0", path, CAPTURE_ETHERNET, 0, NULL, &error));
    g_assert_true(g_str_has_prefix(error->message, "capture file "));
    g_assert_nonnull(strstr(error->message, path));
    if (!g_str_has_suffix(error->message, suffix))
        g_error("%s", error->message);
}

static void test_refused(Fixture *fixture, const void *data)
{
    g_autofree char *missing = path_of(fixture, "nowhere/a.pcap");
    g_autofree char *forbidden = path_of(fixture, "a.pcap");
    bool is_root = geteuid() == 0;

    (void)data;
    assert_refused(fixture, missing, ": open: No such file or directory: its directory must exist");
    assert_refused(fixture, fixture->directory, ": open: Is a directory");
    g_assert_cmpint(g_chmod(fixture->directory, 0500), ==, 0);
    if (is_root)
        g_assert_cmpint(seteuid(65534), ==, 0);
    assert_refused(fixture, forbidden,
                   ": open: Permission denied: choose a directory you may write to");
    if (is_root)
        g_assert_cmpint(seteuid(0), ==, 0);
    g_assert_cmpint(g_chmod(fixture->directory, 0700), ==, 0);
    g_assert_cmpuint(writer_n_files(fixture->writer), ==, 0);
    writer_start(fixture->writer, EPOCH_NS);
}

// A named pipe in the fixture's directory, open for reading.
static int open_pipe(Fixture *fixture, char **path)
{
    int fd;

    *path = path_of(fixture, "pipe");
    g_assert_cmpint(mkfifo(*path, 0600), ==, 0);
    assert_refused(fixture, *path,
                   ": open: No such device or address: nobody reads this pipe yet, start the "
                   "reader first");
    fd = open(*path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    g_assert_cmpint(fd, >=, 0);
    return fd;
}

static size_t read_bytes(int fd, size_t n_bytes)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    size_t n_read = 0;

    while (n_read < n_bytes && poll(&ready, 1, FRAME_ARRIVES_MS) == 1) {
        uint8_t bytes[65536];
        ssize_t n = read(fd, bytes, MIN(sizeof bytes, n_bytes - n_read));

        if (n <= 0)
            break;
        n_read += (size_t)n;
    }
    return n_read;
}

// A reader at a pipe sees the header and each frame while the run goes on.
static void test_live(Fixture *fixture, const void *data)
{
    g_autofree char *path = NULL;
    int fd = open_pipe(fixture, &path);
    CapturePoint *point = add(fixture, path, 0, NULL);

    (void)data;
    writer_start(fixture->writer, EPOCH_NS);
    g_assert_cmpuint(read_bytes(fd, 24), ==, 24);
    for (uint8_t i = 0; i < 3; i++) {
        see(fixture, point, i, 17, i, 100);
        g_assert_cmpuint(read_bytes(fd, 116), ==, 116);
    }
    writer_finish(fixture->writer, PATIENT_MS);
    assert_result(fixture, 0, 3, 0, NULL);
    g_assert_cmpuint(read_bytes(fd, 1), ==, 0);
    close(fd);
}

static void test_reader_gone(Fixture *fixture, const void *data)
{
    g_autofree char *pipe_path = NULL;
    g_autofree char *path = path_of(fixture, "a.pcap");
    int fd = open_pipe(fixture, &pipe_path);
    CapturePoint *gone = add(fixture, pipe_path, 0, NULL);
    CapturePoint *good = add(fixture, path, 0, NULL);

    (void)data;
    writer_start(fixture->writer, EPOCH_NS);
    see(fixture, gone, 0, 17, 0, 100);
    g_assert_cmpuint(read_bytes(fd, 24 + 116), ==, 24 + 116);
    close(fd);
    for (uint8_t i = 0; i < 20; i++) {
        see(fixture, gone, i, 17, i, 100);
        see(fixture, good, i, 17, i, 100);
    }
    writer_finish(fixture->writer, PATIENT_MS);
    assert_result(fixture, 0, 1, 20, "the reader went away");
    assert_result(fixture, 1, 20, 0, NULL);
}

// A reader that takes nothing: what the pipe holds is written, the rest lost, and the end comes.
static void test_reader_stalled(Fixture *fixture, const void *data)
{
    g_autofree char *pipe_path = NULL;
    g_autofree char *path = path_of(fixture, "a.pcap");
    int fd = open_pipe(fixture, &pipe_path);
    CapturePoint *stalled = add(fixture, pipe_path, 0, NULL);
    CapturePoint *good = add(fixture, path, 0, NULL);
    size_t n_written;

    (void)data;
    g_assert_cmpint(fcntl(fd, F_SETPIPE_SZ, 65536), ==, 65536);
    writer_start(fixture->writer, EPOCH_NS);
    for (unsigned i = 0; i < 100; i++)
        see(fixture, stalled, i, 17, 0, 1000);
    see(fixture, good, 0, 17, 0, 100);
    writer_finish(fixture->writer, 1);
    n_written = (read_bytes(fd, SIZE_MAX) - 24) / 1016;
    g_assert_cmpuint(n_written, >, 0);
    g_assert_cmpuint(n_written, <, 65);
    assert_result(fixture, 0, n_written, 100 - n_written, "the reader stalled");
    assert_result(fixture, 1, 1, 0, NULL);
    close(fd);
}

static gpointer read_all(gpointer data)
{
    return GSIZE_TO_POINTER(read_bytes(GPOINTER_TO_INT(data), SIZE_MAX));
}

// A reader that starts only at the end still gets everything that fits into memory.
static void test_reader_late(Fixture *fixture, const void *data)
{
    g_autofree char *path = NULL;
    int fd = open_pipe(fixture, &path);
    CapturePoint *point = add(fixture, path, 0, NULL);
    GThread *reader;

    (void)data;
    writer_start(fixture->writer, EPOCH_NS);
    for (uint8_t i = 0; i < 200; i++)
        see(fixture, point, i, 17, i, 1000);
    reader = g_thread_new("reader", read_all, GINT_TO_POINTER(fd));
    writer_finish(fixture->writer, PATIENT_MS);
    g_assert_cmpuint(GPOINTER_TO_SIZE(g_thread_join(reader)), ==, 24 + 200 * 1016);
    assert_result(fixture, 0, 200, 0, NULL);
    close(fd);
}

static void test_never_started(Fixture *fixture, const void *data)
{
    g_autofree char *path = path_of(fixture, "a.pcap");

    (void)data;
    add(fixture, path, 0, NULL);
    writer_finish(fixture->writer, 0);
    assert_result(fixture, 0, 0, 0, NULL);
}

#define ADD(path, test) g_test_add("/sim/capture/" path, Fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("stamps-in-nanoseconds", test_stamps);
    ADD("cuts-at-snaplen", test_snaplen);
    ADD("filters-whole-frames", test_filter);
    ADD("super-frame-as-its-segments", test_super_frame);
    ADD("filters-each-segment", test_super_frame_filter);
    ADD("finishes-checksums", test_unfinished_checksum);
    ADD("refuses-wrong-filter", test_wrong_filter);
    ADD("raw-ip", test_raw_ip);
    ADD("a-file-each", test_two_files);
    ADD("full-ring-is-counted", test_full_ring);
    ADD("full-disk-is-reported", test_disk_full);
    ADD("failed-file-ends-with-a-whole-frame", test_cut_short);
    ADD("refused-open-says-why", test_refused);
    ADD("reader-follows-live", test_live);
    ADD("reader-gone-is-reported", test_reader_gone);
    ADD("stalled-reader-ends", test_reader_stalled);
    ADD("late-reader-gets-all", test_reader_late);
    ADD("never-started", test_never_started);
    return g_test_run();
}
