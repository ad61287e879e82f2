// SPDX-License-Identifier: Apache-2.0
// Where captures go: files and pipes, which may be full, refused, read late or not at all.
#include "sim/capture/outlet.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/sim/capture/capture_rig.h"

enum {
    FRAME_ARRIVES_MS = 60 * 1000,
    RECORD_OVERHEAD_BYTES = 32, // of the ring, for each frame
};

static void test_two_files(CaptureRig *rig, const void *data)
{
    g_autofree char *path_a = rig_path(rig, "a.pcap");
    g_autofree char *path_b = rig_path(rig, "b.pcap");
    CapturePoint *a = rig_add(rig, path_a, 0, NULL);
    CapturePoint *b = rig_add(rig, path_b, 0, NULL);
    g_autoptr(GError) error = NULL;

    (void)data;
    g_assert_null(
        capture_point_add(rig->writer, "newyork:eth0", path_a, CAPTURE_ETHERNET, 0, NULL, &error));
    g_assert_true(g_str_has_suffix(error->message,
                                   ": already written for london:eth0: give each point its own"));
    writer_start(rig->writer, EPOCH_NS);
    for (uint8_t i = 0; i < 50; i++) {
        rig_see(rig, a, i, 17, i, 1000);
        if (i % 5 == 0)
            rig_see(rig, b, i, 17, i, 100);
    }
    writer_finish(rig->writer, PATIENT_MS);
    rig_assert_result(rig, 0, 50, 0, NULL);
    rig_assert_result(rig, 1, 10, 0, NULL);
    g_assert_cmpuint(count_frames(path_a), ==, 50);
    g_assert_cmpuint(count_frames(path_b), ==, 10);
}

// Nobody takes frames out before the start: what the ring has no room for is lost, and counted.
static void test_full_ring(CaptureRig *rig, const void *data)
{
    g_autofree char *path = rig_path(rig, "a.pcap");
    CapturePoint *point = rig_add(rig, path, 0, NULL);
    unsigned n_fitting = RING_MIN_BYTES / 1024;

    (void)data;
    for (unsigned i = 0; i < n_fitting + 10; i++)
        rig_see(rig, point, i, 17, 0, 1024 - RECORD_OVERHEAD_BYTES);
    writer_start(rig->writer, EPOCH_NS);
    writer_finish(rig->writer, PATIENT_MS);
    rig_assert_result(rig, 0, n_fitting, 10, "frames came faster than they could be written");
    g_assert_cmpuint(count_frames(path), ==, n_fitting);
}

static void test_disk_full(CaptureRig *rig, const void *data)
{
    g_autofree char *path = rig_path(rig, "a.pcap");
    CapturePoint *full = rig_add(rig, "/dev/full", 0, NULL);
    CapturePoint *good = rig_add(rig, path, 0, NULL);

    (void)data;
    writer_start(rig->writer, EPOCH_NS);
    for (uint8_t i = 0; i < 30; i++) {
        rig_see(rig, full, i, 17, i, 100);
        rig_see(rig, good, i, 17, i, 100);
    }
    writer_finish(rig->writer, PATIENT_MS);
    rig_assert_result(rig, 0, 0, 30, "write: No space left on device");
    rig_assert_result(rig, 1, 30, 0, NULL);
    g_assert_cmpuint(count_frames(path), ==, 30);
}

// The file may not become longer than ten frames and a half: ten whole ones are left in it.
static void test_cut_short(CaptureRig *rig, const void *data)
{
    g_autofree char *path = rig_path(rig, "a.pcap");
    CapturePoint *point = rig_add(rig, path, 0, NULL);
    struct rlimit before, limit;

    (void)data;
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &before), ==, 0);
    limit = (struct rlimit){.rlim_cur = 24 + 10 * 116 + 58, .rlim_max = before.rlim_max};
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
    writer_start(rig->writer, EPOCH_NS);
    for (uint8_t i = 0; i < 30; i++)
        rig_see(rig, point, i, 17, i, 100);
    writer_finish(rig->writer, PATIENT_MS);
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &before), ==, 0);
    rig_assert_result(rig, 0, 10, 20, "write: File too large");
    g_assert_cmpuint(count_frames(path), ==, 10);
}

static void assert_refused(CaptureRig *rig, const char *path, const char *suffix)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(
        capture_point_add(rig->writer, "london:eth0", path, CAPTURE_ETHERNET, 0, NULL, &error));
    g_assert_true(g_str_has_prefix(error->message, "capture file "));
    g_assert_nonnull(strstr(error->message, path));
    if (!g_str_has_suffix(error->message, suffix))
        g_error("%s", error->message);
}

static void test_refused(CaptureRig *rig, const void *data)
{
    g_autofree char *missing = rig_path(rig, "nowhere/a.pcap");
    g_autofree char *forbidden = rig_path(rig, "a.pcap");
    bool is_root = geteuid() == 0;

    (void)data;
    assert_refused(rig, missing, ": open: No such file or directory: its directory must exist");
    assert_refused(rig, rig->directory, ": open: Is a directory");
    g_assert_cmpint(g_chmod(rig->directory, 0500), ==, 0);
    if (is_root)
        g_assert_cmpint(seteuid(65534), ==, 0);
    assert_refused(rig, forbidden,
                   ": open: Permission denied: choose a directory you may write to");
    if (is_root)
        g_assert_cmpint(seteuid(0), ==, 0);
    g_assert_cmpint(g_chmod(rig->directory, 0700), ==, 0);
    g_assert_cmpuint(writer_n_files(rig->writer), ==, 0);
    writer_start(rig->writer, EPOCH_NS);
}

// A named pipe in the rig's directory, open for reading.
static int open_pipe(CaptureRig *rig, char **path)
{
    int fd;

    *path = rig_path(rig, "pipe");
    g_assert_cmpint(mkfifo(*path, 0600), ==, 0);
    assert_refused(rig, *path,
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
static void test_live(CaptureRig *rig, const void *data)
{
    g_autofree char *path = NULL;
    int fd = open_pipe(rig, &path);
    CapturePoint *point = rig_add(rig, path, 0, NULL);

    (void)data;
    writer_start(rig->writer, EPOCH_NS);
    g_assert_cmpuint(read_bytes(fd, 24), ==, 24);
    for (uint8_t i = 0; i < 3; i++) {
        rig_see(rig, point, i, 17, i, 100);
        g_assert_cmpuint(read_bytes(fd, 116), ==, 116);
    }
    writer_finish(rig->writer, PATIENT_MS);
    rig_assert_result(rig, 0, 3, 0, NULL);
    g_assert_cmpuint(read_bytes(fd, 1), ==, 0);
    close(fd);
}

static void test_reader_gone(CaptureRig *rig, const void *data)
{
    g_autofree char *pipe_path = NULL;
    g_autofree char *path = rig_path(rig, "a.pcap");
    int fd = open_pipe(rig, &pipe_path);
    CapturePoint *gone = rig_add(rig, pipe_path, 0, NULL);
    CapturePoint *good = rig_add(rig, path, 0, NULL);

    (void)data;
    writer_start(rig->writer, EPOCH_NS);
    rig_see(rig, gone, 0, 17, 0, 100);
    g_assert_cmpuint(read_bytes(fd, 24 + 116), ==, 24 + 116);
    close(fd);
    for (uint8_t i = 0; i < 20; i++) {
        rig_see(rig, gone, i, 17, i, 100);
        rig_see(rig, good, i, 17, i, 100);
    }
    writer_finish(rig->writer, PATIENT_MS);
    rig_assert_result(rig, 0, 1, 20, "the reader went away");
    rig_assert_result(rig, 1, 20, 0, NULL);
}

// A reader that takes one frame: what the pipe then holds is written, the rest lost, and the end
// comes.
static void test_reader_stalled(CaptureRig *rig, const void *data)
{
    g_autofree char *pipe_path = NULL;
    g_autofree char *path = rig_path(rig, "a.pcap");
    int fd = open_pipe(rig, &pipe_path);
    CapturePoint *stalled = rig_add(rig, pipe_path, 0, NULL);
    CapturePoint *good = rig_add(rig, path, 0, NULL);
    size_t n_written;

    (void)data;
    g_assert_cmpint(fcntl(fd, F_SETPIPE_SZ, 65536), ==, 65536);
    writer_start(rig->writer, EPOCH_NS);
    for (unsigned i = 0; i < 100; i++)
        rig_see(rig, stalled, i, 17, 0, 1000);
    rig_see(rig, good, 0, 17, 0, 100);
    g_assert_cmpuint(read_bytes(fd, 24 + 1016), ==, 24 + 1016);
    writer_finish(rig->writer, 1);
    n_written = 1 + read_bytes(fd, SIZE_MAX) / 1016;
    g_assert_cmpuint(n_written, <, 67);
    rig_assert_result(rig, 0, n_written, 100 - n_written, "the reader stalled");
    rig_assert_result(rig, 1, 1, 0, NULL);
    close(fd);
}

static gpointer read_all(gpointer data)
{
    return GSIZE_TO_POINTER(read_bytes(GPOINTER_TO_INT(data), SIZE_MAX));
}

// A reader that starts only at the end still gets everything that fits into memory.
static void test_reader_late(CaptureRig *rig, const void *data)
{
    g_autofree char *path = NULL;
    int fd = open_pipe(rig, &path);
    CapturePoint *point = rig_add(rig, path, 0, NULL);
    GThread *reader;

    (void)data;
    writer_start(rig->writer, EPOCH_NS);
    for (uint8_t i = 0; i < 200; i++)
        rig_see(rig, point, i, 17, i, 1000);
    reader = g_thread_new("reader", read_all, GINT_TO_POINTER(fd));
    writer_finish(rig->writer, PATIENT_MS);
    g_assert_cmpuint(GPOINTER_TO_SIZE(g_thread_join(reader)), ==, 24 + 200 * 1016);
    rig_assert_result(rig, 0, 200, 0, NULL);
    close(fd);
}

static void test_never_started(CaptureRig *rig, const void *data)
{
    g_autofree char *path = rig_path(rig, "a.pcap");

    (void)data;
    rig_add(rig, path, 0, NULL);
    writer_finish(rig->writer, 0);
    rig_assert_result(rig, 0, 0, 0, NULL);
}

#define ADD(path, test)                                                                            \
    g_test_add("/sim/capture/outlet/" path, CaptureRig, NULL, capture_rig_set_up, test,            \
               capture_rig_tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
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
