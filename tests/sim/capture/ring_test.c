// SPDX-License-Identifier: Apache-2.0
#include "sim/capture/ring.h"

#include <poll.h>
#include <string.h>

static bool is_readable(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};

    return poll(&ready, 1, 0) == 1;
}

// Each record is its serial number, then as many bytes of that number's lowest byte as fit.
static bool put(Ring *ring, uint32_t serial, size_t n_bytes)
{
    uint8_t *bytes = ring_reserve(ring, n_bytes);

    if (bytes == NULL)
        return false;
    memset(bytes, (int)(serial & 0xff), n_bytes);
    memcpy(bytes, &serial, sizeof serial);
    ring_commit(ring);
    return true;
}

static void assert_take(Ring *ring, uint32_t serial, size_t n_bytes)
{
    const uint8_t *bytes = ring_peek(ring);
    uint32_t found;

    g_assert_nonnull(bytes);
    memcpy(&found, bytes, sizeof found);
    g_assert_cmpuint(found, ==, serial);
    for (size_t i = sizeof serial; i < n_bytes; i++)
        g_assert_cmpuint(bytes[i], ==, serial & 0xff);
    ring_release(ring);
}

// Lengths that share no factor with the size, so that the end falls at every place of a record.
static size_t length_of(uint32_t serial)
{
    return sizeof serial + serial * 37 % 9000;
}

static void test_wraps(void)
{
    Ring *ring = ring_new(0, NULL);
    uint32_t n_put = 0, n_taken = 0;

    while (n_taken < 2000) {
        while (put(ring, n_put, length_of(n_put)))
            n_put++;
        for (int i = 0; i < 7; i++, n_taken++)
            assert_take(ring, n_taken, length_of(n_taken));
    }
    for (; n_taken < n_put; n_taken++)
        assert_take(ring, n_taken, length_of(n_taken));
    g_assert_null(ring_peek(ring));
    ring_free(ring);
}

static void test_full(void)
{
    Ring *ring = ring_new(0, NULL);
    uint32_t n_put = 0;

    // 1016 bytes and their length are 1 KiB.
    while (put(ring, n_put, 1016))
        n_put++;
    g_assert_cmpuint(n_put, ==, RING_MIN_BYTES / 1024);
    g_assert_null(ring_reserve(ring, 0));
    assert_take(ring, 0, 1016);
    g_assert_true(put(ring, n_put, 1016));
    g_assert_false(put(ring, n_put + 1, 8));
    ring_free(ring);
}

// Wherever the empty ring stands, the longest record fits.
static void test_longest(void)
{
    Ring *ring = ring_new(0, NULL);
    size_t longest = ring_max_record_bytes(ring);

    for (uint32_t serial = 0; serial < 300; serial++) {
        g_assert_true(put(ring, serial, longest));
        assert_take(ring, serial, longest);
        g_assert_true(put(ring, serial, 1000));
        assert_take(ring, serial, 1000);
    }
    ring_free(ring);
}

static void test_uncommitted(void)
{
    Ring *ring = ring_new(0, NULL);

    g_assert_nonnull(ring_reserve(ring, 100));
    g_assert_null(ring_peek(ring));
    g_assert_true(put(ring, 7, 50));
    assert_take(ring, 7, 50);
    g_assert_null(ring_peek(ring));
    ring_free(ring);
}

static void test_wakes_only_sleepers(void)
{
    Ring *ring = ring_new(0, NULL);

    put(ring, 0, 100);
    g_assert_false(is_readable(ring_wake_fd(ring)));
    g_assert_false(ring_sleep(ring, 1));
    ring_rise(ring);
    assert_take(ring, 0, 100);

    g_assert_true(ring_sleep(ring, 1));
    put(ring, 1, 100);
    g_assert_true(is_readable(ring_wake_fd(ring)));
    ring_rise(ring);
    g_assert_false(is_readable(ring_wake_fd(ring)));
    put(ring, 2, 100);
    g_assert_false(is_readable(ring_wake_fd(ring)));
    ring_free(ring);
}

static void test_wakes_at_threshold(void)
{
    Ring *ring = ring_new(0, NULL);

    g_assert_true(ring_sleep(ring, 4096));
    for (uint32_t serial = 0; serial < 3; serial++)
        put(ring, serial, 1016);
    g_assert_false(is_readable(ring_wake_fd(ring)));
    put(ring, 3, 1016);
    g_assert_true(is_readable(ring_wake_fd(ring)));
    ring_free(ring);
}

enum { N_THREADED = 200000 };

static gpointer produce(gpointer data)
{
    for (uint32_t serial = 0; serial < N_THREADED; serial++)
        while (!put(data, serial, 4 + serial % 61))
            g_thread_yield();
    return NULL;
}

// A consumer that sleeps whenever the ring is empty and is woken each time, or this never ends.
static void test_two_threads(void)
{
    Ring *ring = ring_new(0, NULL);
    GThread *producer = g_thread_new("producer", produce, ring);

    for (uint32_t serial = 0; serial < N_THREADED;) {
        if (ring_peek(ring) != NULL) {
            assert_take(ring, serial, 4 + serial % 61);
            serial++;
            continue;
        }
        if (ring_sleep(ring, 1)) {
            struct pollfd wake = {.fd = ring_wake_fd(ring), .events = POLLIN};

            g_assert_cmpint(poll(&wake, 1, 60 * 1000), ==, 1);
        }
        ring_rise(ring);
    }
    g_thread_join(producer);
    g_assert_null(ring_peek(ring));
    ring_free(ring);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/capture/ring/keeps-records-across-wraps", test_wraps);
    g_test_add_func("/sim/capture/ring/refuses-when-full", test_full);
    g_test_add_func("/sim/capture/ring/empty-takes-longest-anywhere", test_longest);
    g_test_add_func("/sim/capture/ring/uncommitted-was-never-there", test_uncommitted);
    g_test_add_func("/sim/capture/ring/wakes-only-sleepers", test_wakes_only_sleepers);
    g_test_add_func("/sim/capture/ring/wakes-at-threshold", test_wakes_at_threshold);
    g_test_add_func("/sim/capture/ring/two-threads", test_two_threads);
    return g_test_run();
}
