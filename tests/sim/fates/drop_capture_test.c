// SPDX-License-Identifier: Apache-2.0
// What a link drops is found in a file for its reason, segments of super-frames each by itself;
// reasons that never came leave no file.
#include "sim/fates/drop_capture.h"

#include <glib/gstdio.h>
#include <pcap/pcap.h>
#include <string.h>

#include "tests/support/link_rig.h"
#include "tests/support/stream.h"

enum { PATIENT_MS = 60 * 1000, N_FRAMES = 300 };

typedef struct {
    char *directory;
    char *stem;
    Writer *writer;
    DropCapture *capture;
    LinkRig rig;
} Fixture;

static void set_up(Fixture *fixture, const void *config)
{
    fixture->directory = g_dir_make_tmp("dropped-XXXXXX", NULL);
    g_assert_nonnull(fixture->directory);
    fixture->stem = g_build_filename(fixture->directory, "wire.dropped", NULL);
    fixture->writer = writer_new(0);
    link_rig_open(&fixture->rig, 1, "wire", config, NULL);
}

static void tear_down(Fixture *fixture, const void *config)
{
    g_autoptr(GDir) directory = g_dir_open(fixture->directory, 0, NULL);
    const char *name;

    (void)config;
    link_rig_close(&fixture->rig);
    writer_free(fixture->writer);
    g_clear_pointer(&fixture->capture, drop_capture_free);
    while ((name = g_dir_read_name(directory)) != NULL) {
        g_autofree char *path = g_build_filename(fixture->directory, name, NULL);

        g_unlink(path);
    }
    g_assert_cmpint(g_rmdir(fixture->directory), ==, 0);
    g_free(fixture->stem);
    g_free(fixture->directory);
}

static void watch(Fixture *fixture, const char *filter)
{
    g_autoptr(GError) error = NULL;
    const DropCaptureOptions options = {fixture->stem, CAPTURE_ETHERNET, 0, filter};

    fixture->capture = drop_capture_new(fixture->writer, fixture->rig.link, &options, &error);
    g_assert_no_error(error);
    writer_start(fixture->writer, 0);
}

static void finish(Fixture *fixture)
{
    link_rig_run_to_end(&fixture->rig);
    writer_finish(fixture->writer, PATIENT_MS);
}

// The file of one reason, NULL when there is none.
static pcap_t *open_file(const Fixture *fixture, DropReason reason)
{
    g_autofree char *path = g_strdup_printf("%s.%s.pcap", fixture->stem, drop_reason_name(reason));
    char message[PCAP_ERRBUF_SIZE];

    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return NULL;
    return pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, message);
}

static unsigned n_files(const Fixture *fixture)
{
    g_autoptr(GDir) directory = g_dir_open(fixture->directory, 0, NULL);
    unsigned n = 0;

    while (g_dir_read_name(directory) != NULL)
        n++;
    return n;
}

// That many frames, of that length each if it is not 0.
static void assert_frames(const Fixture *fixture, DropReason reason, uint64_t n_frames,
                          uint32_t length_bytes)
{
    pcap_t *pcap = open_file(fixture, reason);
    struct pcap_pkthdr *header;
    const uint8_t *bytes;
    uint64_t n_found = 0;

    g_assert_cmpint(pcap != NULL, ==, n_frames > 0);
    if (pcap == NULL)
        return;
    while (pcap_next_ex(pcap, &header, &bytes) == 1) {
        n_found++;
        g_assert_cmpuint(header->caplen, ==, header->len);
        if (length_bytes > 0)
            g_assert_cmpuint(header->len, ==, length_bytes);
    }
    g_assert_cmpuint(n_found, ==, n_frames);
    pcap_close(pcap);
}

static void test_one_file_for_each_reason(Fixture *fixture, const void *config)
{
    unsigned n_reasons = 0;

    (void)config;
    watch(fixture, NULL);
    for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++)
        script_add(&fixture->rig.script[direction], 0, 500000, N_FRAMES, 1000);
    finish(fixture);
    for (DropReason reason = 0; reason < N_DROP_REASONS; reason++) {
        uint64_t n_dropped = link_rig_dropped(&fixture->rig, LINK_FORWARD, reason) +
                             link_rig_dropped(&fixture->rig, LINK_REVERSE, reason);

        n_reasons += n_dropped > 0;
        assert_frames(fixture, reason, n_dropped, 1000);
    }
    g_assert_cmpuint(n_reasons, ==, 3);
    g_assert_cmpuint(n_files(fixture), ==, 3);
}

// Which frames they are, and when: the probe's are those that are missing.
static void test_the_frames_that_are_missing(Fixture *fixture, const void *config)
{
    bool is_there[N_FRAMES] = {false};
    struct pcap_pkthdr *header;
    const uint8_t *bytes;
    pcap_t *pcap;

    (void)config;
    watch(fixture, NULL);
    script_add(&fixture->rig.script[LINK_FORWARD], 0, 500000, N_FRAMES, 100);
    finish(fixture);
    for (unsigned i = 0; i < probe_count(&fixture->rig.probe[LINK_FORWARD]); i++)
        is_there[probe_record(&fixture->rig.probe[LINK_FORWARD], i)->serial] = true;
    pcap = open_file(fixture, DROP_LOSS);
    while (pcap_next_ex(pcap, &header, &bytes) == 1) {
        uint32_t serial;

        memcpy(&serial, bytes, sizeof serial);
        g_assert_false(is_there[serial]);
        is_there[serial] = true;
        g_assert_cmpint(header->ts.tv_sec * INT64_C(1000000000) + header->ts.tv_usec, ==,
                        serial * INT64_C(500000));
    }
    pcap_close(pcap);
    for (unsigned serial = 0; serial < N_FRAMES; serial++)
        g_assert_true(is_there[serial]);
}

static void test_segments(Fixture *fixture, const void *config)
{
    Stream stream = {
        .pool = fixture->rig.pool, .type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1000};
    Frame *frame = stream_next(&stream, &(StreamBurst){.payload_bytes = 30000}, NULL);
    uint32_t segment_bytes = frame_segment_bytes(frame);

    (void)config;
    watch(fixture, NULL);
    sink_push(link_entry(fixture->rig.link, LINK_FORWARD), frame);
    finish(fixture);
    g_assert_cmpuint(n_files(fixture), ==, 1);
    assert_frames(fixture, DROP_LOSS, 10, segment_bytes);
}

static void test_filter(Fixture *fixture, const void *config)
{
    (void)config;
    watch(fixture, "less 500");
    script_add(&fixture->rig.script[LINK_FORWARD], 0, 1000, 5, 1000);
    script_add(&fixture->rig.script[LINK_FORWARD], 100000, 1000, 3, 100);
    finish(fixture);
    assert_frames(fixture, DROP_LOSS, 3, 100);
    g_assert_cmpuint(n_files(fixture), ==, 1);
}

static void test_wrong_file(Fixture *fixture, const void *config)
{
    const DropCaptureOptions options = {"/nowhere/x", CAPTURE_ETHERNET, 0, NULL};
    g_autoptr(GError) error = NULL;

    (void)config;
    g_assert_null(drop_capture_new(fixture->writer, fixture->rig.link, &options, &error));
    g_assert_nonnull(strstr(error->message, "/nowhere/x.queue-full.pcap"));
}

static void add(const char *name, const char *config,
                void (*test)(Fixture *fixture, const void *config))
{
    g_autofree char *path = g_strconcat("/sim/fates/drop-capture/", name, NULL);

    g_test_add(path, Fixture, config, set_up, test, tear_down);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    add("one-file-for-each-reason", "rate 10mbit, queue 5 packets, loss 10%, corrupt 5%",
        test_one_file_for_each_reason);
    add("the-frames-that-are-missing", "loss 20%", test_the_frames_that_are_missing);
    add("segments", "loss.model pattern, loss.pattern ..x", test_segments);
    add("filter", "loss 100%", test_filter);
    add("wrong-file", "", test_wrong_file);
    return g_test_run();
}
