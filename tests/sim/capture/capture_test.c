// SPDX-License-Identifier: Apache-2.0
// What a capture shows: stamps, lengths, the frames that a filter chose, and super-frames as what
// would have been on a wire.
#include "sim/capture/capture.h"

#include "tests/sim/capture/capture_rig.h"
#include "tests/support/stream.h"

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

static void test_stamps(CaptureRig *rig, const void *data)
{
    g_autofree char *path = rig_path(rig, "a.pcap");
    CapturePoint *point = rig_add(rig, path, 0, NULL);
    pcap_t *pcap;

    (void)data;
    writer_start(rig->writer, EPOCH_NS);
    rig_see(rig, point, 0, 17, 1, 60);
    rig_see(rig, point, 1, 17, 2, 1514);
    rig_see(rig, point, INT64_C(3600000000001), 17, 3, FRAME_MAX_BYTES);
    rig_see(rig, point, INT64_C(3600000000001), 17, 4, 1);
    writer_finish(rig->writer, PATIENT_MS);
    rig_assert_result(rig, 0, 4, 0, NULL);

    pcap = pcap_of(path);
    g_assert_cmpint(pcap_datalink(pcap), ==, DLT_EN10MB);
    assert_frame(pcap, EPOCH_NS, 60, 60);
    assert_frame(pcap, EPOCH_NS + 1, 1514, 1514);
    assert_frame(pcap, EPOCH_NS + INT64_C(3600000000001), FRAME_MAX_BYTES, FRAME_MAX_BYTES);
    assert_frame(pcap, EPOCH_NS + INT64_C(3600000000001), 1, 1);
    pcap_close(pcap);
    g_assert_cmpuint(count_frames(path), ==, 4);
}

static void test_snaplen(CaptureRig *rig, const void *data)
{
    g_autofree char *path = rig_path(rig, "a.pcap");
    CapturePoint *point = rig_add(rig, path, 64, NULL);
    pcap_t *pcap;

    (void)data;
    writer_start(rig->writer, EPOCH_NS);
    rig_see(rig, point, 0, 17, 1, 64);
    rig_see(rig, point, 0, 17, 1, 65);
    writer_finish(rig->writer, PATIENT_MS);
    pcap = pcap_of(path);
    g_assert_cmpint(pcap_snapshot(pcap), ==, 64);
    assert_frame(pcap, EPOCH_NS, 64, 64);
    assert_frame(pcap, EPOCH_NS, 65, 64);
    pcap_close(pcap);
}

// The filter tests bytes that the snaplen cuts off; what it refuses is neither written nor lost.
static void test_filter(CaptureRig *rig, const void *data)
{
    g_autofree char *path = rig_path(rig, "a.pcap");
    CapturePoint *point = rig_add(rig, path, 20, "udp and ether[99] = 7");
    pcap_t *pcap;

    (void)data;
    writer_start(rig->writer, EPOCH_NS);
    rig_see(rig, point, 1, 17, 7, 100);
    rig_see(rig, point, 2, 6, 7, 100);
    rig_see(rig, point, 3, 17, 8, 100);
    rig_see(rig, point, 4, 17, 7, 99);
    writer_finish(rig->writer, PATIENT_MS);
    rig_assert_result(rig, 0, 1, 0, NULL);
    pcap = pcap_of(path);
    assert_frame(pcap, EPOCH_NS + 1, 100, 20);
    pcap_close(pcap);
}

// Ten segments, the last of 168 bytes, seen at 5 ns. The expected frames are appended to
// `segments`.
static void see_super_frame(CaptureRig *rig, CapturePoint *point, FrameQueue *segments)
{
    Stream stream = {.pool = rig->pool, .type = GSO_TCP4, .has_ethernet = true, .size_bytes = 400};
    Frame *frame = stream_next(
        &stream, &(StreamBurst){9 * 400 + 102, .last_flags = 1, .has_cwr = true}, segments);

    observers_see(capture_point_observer(point), frame, 5);
    frame_free(frame);
}

// A file shows what would have been on a wire.
static void test_super_frame(CaptureRig *rig, const void *data)
{
    g_autofree char *whole_path = rig_path(rig, "whole.pcap");
    g_autofree char *cut_path = rig_path(rig, "cut.pcap");
    CapturePoint *whole = rig_add(rig, whole_path, 0, NULL),
                 *cut = rig_add(rig, cut_path, 60, NULL);
    FrameQueue segments;
    const Frame *segment;
    pcap_t *whole_pcap, *cut_pcap;

    (void)data;
    frame_queue_init(&segments);
    writer_start(rig->writer, EPOCH_NS);
    see_super_frame(rig, whole, &segments);
    see_super_frame(rig, cut, NULL);
    writer_finish(rig->writer, PATIENT_MS);
    rig_assert_result(rig, 0, 10, 0, NULL);
    rig_assert_result(rig, 1, 10, 0, NULL);
    whole_pcap = pcap_of(whole_path);
    cut_pcap = pcap_of(cut_path);
    for (segment = frame_queue_peek(&segments); segment != NULL; segment = segment->next) {
        assert_bytes(whole_pcap, EPOCH_NS + 5, segment, segment->length_bytes);
        assert_bytes(cut_pcap, EPOCH_NS + 5, segment, 60);
    }
    pcap_close(whole_pcap);
    pcap_close(cut_pcap);
    frame_queue_clear(&segments);
}

// A filter is asked for each segment, about bytes that are only right in it.
static void test_super_frame_filter(CaptureRig *rig, const void *data)
{
    g_autofree char *path = rig_path(rig, "a.pcap");
    CapturePoint *point =
        rig_add(rig, path, 0, "(tcp[tcpflags] & tcp-fin != 0 and len = 168) or tcp[4:4] = 800");
    FrameQueue segments;
    pcap_t *pcap;

    (void)data;
    frame_queue_init(&segments);
    writer_start(rig->writer, EPOCH_NS);
    see_super_frame(rig, point, &segments);
    writer_finish(rig->writer, PATIENT_MS);
    rig_assert_result(rig, 0, 2, 0, NULL);
    pcap = pcap_of(path);
    assert_bytes(pcap, EPOCH_NS + 5, segments.head->next->next, 466);
    assert_frame(pcap, EPOCH_NS + 5, 168, 168);
    pcap_close(pcap);
    frame_queue_clear(&segments);
}

// What only lacks its checksum gets it.
static void test_unfinished_checksum(CaptureRig *rig, const void *data)
{
    g_autofree char *path = rig_path(rig, "a.pcap");
    CapturePoint *point = rig_add(rig, path, 0, NULL);
    Stream stream = {.pool = rig->pool, .type = GSO_UDP, .has_ethernet = true, .size_bytes = 400};
    FrameQueue segments;
    Frame *frame;
    pcap_t *pcap;

    (void)data;
    frame_queue_init(&segments);
    frame = stream_next(&stream, &(StreamBurst){99}, &segments);
    writer_start(rig->writer, EPOCH_NS);
    observers_see(capture_point_observer(point), frame, 5);
    writer_finish(rig->writer, PATIENT_MS);
    pcap = pcap_of(path);
    assert_bytes(pcap, EPOCH_NS + 5, segments.head, segments.head->length_bytes);
    pcap_close(pcap);
    frame_free(frame);
    frame_queue_clear(&segments);
}

static void test_wrong_filter(CaptureRig *rig, const void *data)
{
    g_autofree char *path = rig_path(rig, "a.pcap");
    g_autoptr(GError) error = NULL;

    (void)data;
    g_assert_null(capture_point_add(rig->writer, "london:eth0", path, CAPTURE_ETHERNET, 0,
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

static void test_raw_ip(CaptureRig *rig, const void *data)
{
    g_autofree char *path = rig_path(rig, "a.pcap");
    pcap_t *pcap;

    (void)data;
    g_assert_nonnull(
        capture_point_add(rig->writer, "london:eth0", path, CAPTURE_RAW_IP, 0, "udp", NULL));
    writer_start(rig->writer, EPOCH_NS);
    writer_finish(rig->writer, PATIENT_MS);
    pcap = pcap_of(path);
    g_assert_cmpint(pcap_datalink(pcap), ==, DLT_RAW);
    pcap_close(pcap);
    g_assert_cmpuint(count_frames(path), ==, 0);
}

#define ADD(path, test)                                                                            \
    g_test_add("/sim/capture/" path, CaptureRig, NULL, capture_rig_set_up, test,                   \
               capture_rig_tear_down)

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
    return g_test_run();
}
