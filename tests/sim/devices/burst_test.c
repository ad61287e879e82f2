// SPDX-License-Identifier: Apache-2.0
// Each property holds with io_uring and, in a process whose kernel refuses it, without.
#include "sim/devices/burst.h"

#include <errno.h>
#include <glib.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct {
    int writer_fd;
    int reader_fd;
} Pair;

// Keeps the bounds of what is written.
static Pair pair_open(void)
{
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), ==,
                    0);
    return (Pair){fds[0], fds[1]};
}

static void pair_close(const Pair *pair)
{
    close(pair->writer_fd);
    close(pair->reader_fd);
}

static void pair_expect(const Pair *pair, const char *text)
{
    char bytes[64];
    ssize_t n_read = read(pair->reader_fd, bytes, sizeof bytes);

    g_assert_cmpint(n_read, >=, 0);
    g_assert_cmpmem(bytes, (size_t)n_read, text, strlen(text));
}

static void pair_expect_nothing(const Pair *pair)
{
    char byte;

    g_assert_cmpint(read(pair->reader_fd, &byte, 1), <, 0);
    g_assert_cmpint(errno, ==, EAGAIN);
}

static struct iovec part_of(const char *text)
{
    return (struct iovec){(void *)(uintptr_t)text, strlen(text)};
}

static void test_writes_keep_their_order(void)
{
    static const char *const texts[BURST_MAX_WRITES] = {
        "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"};
    Burst *burst = burst_new();
    Pair pair = pair_open();
    struct iovec parts[BURST_MAX_WRITES];

    for (unsigned n_writes = 0; n_writes <= BURST_MAX_WRITES; n_writes++) {
        const int *results;

        for (unsigned i = 0; i < n_writes; i++) {
            parts[i] = part_of(texts[i]);
            burst_add(burst, pair.writer_fd, &parts[i], 1);
        }
        results = burst_write(burst);
        for (unsigned i = 0; i < n_writes; i++) {
            g_assert_cmpint(results[i], ==, (int)strlen(texts[i]));
            pair_expect(&pair, texts[i]);
        }
        pair_expect_nothing(&pair);
    }
    pair_close(&pair);
    burst_free(burst);
}

static void test_parts_are_one_write(void)
{
    Burst *burst = burst_new();
    Pair pair = pair_open();
    struct iovec joined[] = {part_of("he"), part_of("ad"), part_of("er")}, single = part_of("tail");
    const int *results;

    burst_add(burst, pair.writer_fd, joined, G_N_ELEMENTS(joined));
    burst_add(burst, pair.writer_fd, &single, 1);
    results = burst_write(burst);
    g_assert_cmpint(results[0], ==, 6);
    g_assert_cmpint(results[1], ==, 4);
    pair_expect(&pair, "header");
    pair_expect(&pair, "tail");
    burst_add(burst, pair.writer_fd, joined, 2); // alone
    g_assert_cmpint(*burst_write(burst), ==, 4);
    pair_expect(&pair, "head");
    pair_close(&pair);
    burst_free(burst);
}

static void test_failed_write_does_not_end_a_burst(void)
{
    Burst *burst = burst_new();
    Pair good = pair_open(), other = pair_open();
    struct iovec parts[] = {part_of("first"), part_of("lost"), part_of("other"), part_of("last")};
    const int *results;

    burst_add(burst, good.writer_fd, &parts[0], 1);
    burst_add(burst, -1, &parts[1], 1);
    burst_add(burst, other.writer_fd, &parts[2], 1);
    burst_add(burst, good.writer_fd, &parts[3], 1);
    results = burst_write(burst);
    g_assert_cmpint(results[0], ==, 5);
    g_assert_cmpint(results[1], ==, -EBADF);
    g_assert_cmpint(results[2], ==, 5);
    g_assert_cmpint(results[3], ==, 4);
    pair_expect(&good, "first");
    pair_expect(&good, "last");
    pair_expect(&other, "other");
    pair_close(&good);
    pair_close(&other);
    burst_free(burst);
}

// Nobody reads: a write that waited for room would never end.
static void test_no_room_is_a_result(void)
{
    enum { N_ENOUGH = 100000 };
    Burst *burst = burst_new();
    Pair pair = pair_open();
    struct iovec part = part_of("frame");
    int result = 0;

    for (unsigned i = 0; i < N_ENOUGH && result >= 0; i++) {
        burst_add(burst, pair.writer_fd, &part, 1);
        burst_add(burst, pair.writer_fd, &part, 1);
        result = burst_write(burst)[1];
    }
    g_assert_cmpint(result, ==, -EAGAIN);
    pair_close(&pair);
    burst_free(burst);
}

// As a file in memory is one.
static void test_file_without_nowait_is_written_too(void)
{
    Burst *burst = burst_new();
    Pair pair = pair_open();
    int fd = memfd_create("burst", MFD_CLOEXEC);
    struct iovec parts[] = {part_of("one"), part_of("between"), part_of("two")};
    char bytes[64];
    const int *results;

    g_assert_cmpint(fd, >=, 0);
    for (unsigned i = 0; i < 2; i++) { // what the first has shown is kept for the second
        burst_add(burst, fd, &parts[0], 1);
        burst_add(burst, pair.writer_fd, &parts[1], 1);
        burst_add(burst, fd, &parts[2], 1);
        results = burst_write(burst);
        g_assert_cmpint(results[0], ==, 3);
        g_assert_cmpint(results[1], ==, 7);
        g_assert_cmpint(results[2], ==, 3);
        pair_expect(&pair, "between");
        pair_expect_nothing(&pair);
    }
    g_assert_cmpint(pread(fd, bytes, sizeof bytes, 0), ==, 12);
    g_assert_cmpmem(bytes, 12, "onetwoonetwo", 12);
    close(fd);
    pair_close(&pair);
    burst_free(burst);
}

static void refuse(uint32_t call)
{
    struct sock_filter instructions[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {G_N_ELEMENTS(instructions), instructions};

    g_assert_cmpint(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), ==, 0);
    g_assert_cmpint(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), ==, 0);
    g_assert_cmpint(syscall((long)call, -1, 0, 0, 0, NULL, 0), ==, -1);
    g_assert_cmpint(errno, ==, EPERM);
}

static void assert_changes_nothing_when_refused(uint32_t call)
{
    if (g_test_subprocess()) {
        refuse(call);
        test_writes_keep_their_order();
        test_parts_are_one_write();
        test_failed_write_does_not_end_a_burst();
        test_no_room_is_a_result();
        return;
    }
    g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_passed();
}

static void test_refused_ring_changes_nothing(void)
{
    assert_changes_nothing_when_refused(__NR_io_uring_setup);
}

static void test_refused_entry_changes_nothing(void)
{
    assert_changes_nothing_when_refused(__NR_io_uring_enter);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/devices/burst/writes-keep-their-order", test_writes_keep_their_order);
    g_test_add_func("/devices/burst/parts-are-one-write", test_parts_are_one_write);
    g_test_add_func("/devices/burst/failed-write-does-not-end-a-burst",
                    test_failed_write_does_not_end_a_burst);
    g_test_add_func("/devices/burst/no-room-is-a-result", test_no_room_is_a_result);
    g_test_add_func("/devices/burst/file-without-nowait-is-written-too",
                    test_file_without_nowait_is_written_too);
    g_test_add_func("/devices/burst/refused-ring-changes-nothing",
                    test_refused_ring_changes_nothing);
    g_test_add_func("/devices/burst/refused-entry-changes-nothing",
                    test_refused_entry_changes_nothing);
    return g_test_run();
}
