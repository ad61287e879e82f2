// SPDX-License-Identifier: Apache-2.0
//   push --> Device a --+-- Outbox -->  socket pair a --> test
//   push --> Device b --+          -->  socket pair b --> test
//
// Socket pairs stand in for TAP devices; one that was closed refuses what is written.
#include "sim/devices/outbox.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/devices/device.h"
#include "sim/devices/vnet_header.h"
#include "tests/support/socket_device.h"

enum {
    N_DEVICES = 2,
    POOL_BYTES = 64 * 1024 * 1024,
    FRAME_BYTES = 64,
    LONG_FRAME_BYTES = 10000,
    BURST_WRITES = 16,
    BURST_BYTES = 64 * 1024,
    SERIAL_AT = 12, // where a frame has its number
    MAX_SEEN = 64,
    NOW_NS = 1000,
};

typedef struct {
    Observer observer;
    uint8_t serials[MAX_SEEN];
    unsigned n_serials;
} Witness;

typedef struct {
    Engine *engine;
    FramePool *pool;
    DeviceScratch *scratch;
    Outbox *outbox;
    Device *devices[N_DEVICES];
    Meter meters[N_DEVICES];
    MeterRoom *rooms[N_DEVICES];
    int host_fds[N_DEVICES];
    Witness witness; // of all devices
    uint8_t n_pushed;
} Rig;

static void witness_see(Observer *observer, const Frame *frame, int64_t at_ns)
{
    Witness *self = (Witness *)observer; // its first member

    g_assert_cmpint(at_ns, ==, frame->due_ns);
    g_assert_cmpuint(self->n_serials, <, MAX_SEEN);
    self->serials[self->n_serials++] = frame_bytes_const(frame)[SERIAL_AT];
}

static void rig_open(Rig *rig)
{
    *rig = (Rig){.witness.observer.see = witness_see};
    rig->engine = engine_new();
    rig->pool = frame_pool_new(POOL_BYTES);
    rig->scratch = device_scratch_new(rig->pool);
    rig->outbox = outbox_new();
    for (unsigned i = 0; i < N_DEVICES; i++) {
        rig->devices[i] =
            device_open(&socket_device_class, "eth0", "host:eth0", OFFLOAD_OFF,
                        &(DeviceDriver){rig->engine, rig->pool, rig->outbox, rig->scratch}, NULL);
        rig->host_fds[i] = socket_device_host_fd();
        rig->rooms[i] = g_new0(MeterRoom, 1);
        meter_init(&rig->meters[i], rig->rooms[i]);
        rig->devices[i]->meter = &rig->meters[i];
        rig->devices[i]->observers = &rig->witness.observer;
    }
}

static void rig_close(Rig *rig)
{
    for (unsigned i = 0; i < N_DEVICES; i++) {
        device_close(rig->devices[i]);
        close(rig->host_fds[i]);
        g_free(rig->rooms[i]);
    }
    outbox_free(rig->outbox);
    device_scratch_free(rig->scratch);
    frame_pool_free(rig->pool); // asserts that no frame is out
    engine_free(rig->engine);
}

// Frames have rising serial numbers, whatever device they go to.
static Frame *rig_push(Rig *rig, unsigned device, uint32_t length_bytes)
{
    Frame *frame = frame_new(rig->pool, length_bytes);

    frame->length_bytes = length_bytes;
    frame->due_ns = rig->n_pushed;
    memset(frame_bytes(frame), 0, length_bytes);
    frame_bytes(frame)[SERIAL_AT] = rig->n_pushed++;
    sink_push(&rig->devices[device]->sink, frame);
    return frame;
}

static int64_t rig_clock(const void *data)
{
    return *(const int64_t *)data;
}

// Writes one burst, which lasts until `done_ns`. Returns what time it is then.
static int64_t rig_write_until(Rig *rig, int64_t done_ns)
{
    return outbox_write(rig->outbox, NOW_NS, rig_clock, &done_ns);
}

// Writes one burst. Returns the frames that were seen in it.
static unsigned rig_write(Rig *rig)
{
    unsigned before = rig->witness.n_serials;

    rig_write_until(rig, NOW_NS);
    return rig->witness.n_serials - before;
}

static void rig_expect(Rig *rig, unsigned device, uint8_t serial)
{
    uint8_t bytes[VNET_HEADER_BYTES + FRAME_BYTES];

    g_assert_cmpint(recv(rig->host_fds[device], bytes, sizeof bytes, 0), ==, sizeof bytes);
    g_assert_cmpuint(bytes[VNET_HEADER_BYTES + SERIAL_AT], ==, serial);
}

static void rig_expect_nothing(Rig *rig, unsigned device)
{
    uint8_t byte;

    g_assert_cmpint(recv(rig->host_fds[device], &byte, 1, 0), <, 0);
    g_assert_cmpint(errno, ==, EAGAIN);
}

static void rig_assert_counts(const Rig *rig, unsigned device, unsigned n_written,
                              unsigned n_refused)
{
    const DeviceCounters *counters = &rig->devices[device]->counters;

    g_assert_cmpuint(counter_get(&counters->pushed_frames), ==, n_written + n_refused);
    g_assert_cmpuint(counter_get(&counters->written_frames), ==, n_written);
    g_assert_cmpuint(counter_get(&counters->written_bytes), ==, n_written * FRAME_BYTES);
    g_assert_cmpuint(counter_get(&counters->drops.frames[DROP_DEVICE_REFUSED]), ==, n_refused);
    g_assert_cmpuint(drop_total(&counters->drops), ==, n_refused);
    g_assert_cmpuint(counter_get(&rig->meters[device].bytes), ==, n_written * FRAME_BYTES);
}

static void rig_assert_seen(const Rig *rig, const uint8_t *serials, unsigned n_serials)
{
    g_assert_cmpmem(rig->witness.serials, rig->witness.n_serials, serials, n_serials);
}

static void test_burst_spans_devices(void)
{
    Rig rig;

    rig_open(&rig);
    g_assert_true(outbox_is_empty(rig.outbox));
    rig_push(&rig, 1, FRAME_BYTES);
    rig_push(&rig, 0, FRAME_BYTES);
    rig_push(&rig, 1, FRAME_BYTES);
    g_assert_false(outbox_is_empty(rig.outbox));
    g_assert_cmpuint(rig_write(&rig), ==, 3);
    g_assert_true(outbox_is_empty(rig.outbox));
    rig_assert_seen(&rig, (const uint8_t[]){0, 2, 1}, 3); // one device after the other
    rig_expect(&rig, 0, 1);
    rig_expect(&rig, 1, 0);
    rig_expect(&rig, 1, 2);
    rig_assert_counts(&rig, 0, 1, 0);
    rig_assert_counts(&rig, 1, 2, 0);
    rig_close(&rig);
}

static void test_device_comes_back(void)
{
    Rig rig;

    rig_open(&rig);
    for (uint8_t serial = 0; serial < 4; serial++) {
        rig_push(&rig, serial % N_DEVICES, FRAME_BYTES);
        g_assert_cmpuint(rig_write(&rig), ==, 1);
        rig_expect(&rig, serial % N_DEVICES, serial);
    }
    rig_close(&rig);
}

static void test_burst_is_bounded_in_writes(void)
{
    Rig rig;

    rig_open(&rig);
    for (unsigned i = 0; i < 2 * BURST_WRITES + 1; i++)
        rig_push(&rig, 0, FRAME_BYTES);
    g_assert_cmpuint(rig_write(&rig), ==, BURST_WRITES);
    g_assert_cmpuint(rig_write(&rig), ==, BURST_WRITES);
    g_assert_false(outbox_is_empty(rig.outbox));
    g_assert_cmpuint(rig_write(&rig), ==, 1);
    g_assert_true(outbox_is_empty(rig.outbox));
    rig_close(&rig);
}

static void test_burst_is_bounded_in_bytes(void)
{
    enum { N_IN_BURST = (BURST_BYTES + LONG_FRAME_BYTES - 1) / LONG_FRAME_BYTES };
    Rig rig;

    rig_open(&rig);
    for (unsigned i = 0; i < N_IN_BURST + 1; i++)
        rig_push(&rig, 0, LONG_FRAME_BYTES);
    g_assert_cmpuint(rig_write(&rig), ==, N_IN_BURST);
    g_assert_cmpuint(rig_write(&rig), ==, 1);
    rig_close(&rig);
}

// The one between two that are written is neither seen nor metered, and does not hold them up.
static void test_refused_frame_is_counted_as_such(void)
{
    Rig rig;

    rig_open(&rig);
    close(device_take_fd(rig.devices[0]));
    rig_push(&rig, 1, FRAME_BYTES);
    rig_push(&rig, 0, FRAME_BYTES);
    rig_push(&rig, 1, FRAME_BYTES);
    g_assert_cmpuint(rig_write(&rig), ==, 2);
    rig_push(&rig, 0, FRAME_BYTES);
    rig_push(&rig, 1, FRAME_BYTES);
    g_assert_cmpuint(rig_write(&rig), ==, 1);
    rig_assert_seen(&rig, (const uint8_t[]){0, 2, 4}, 3);
    rig_assert_counts(&rig, 0, 0, 2);
    rig_assert_counts(&rig, 1, 3, 0);
    rig_close(&rig);
}

// A frame that the device does not take unfinished is written on its own, in its turn.
static void test_finished_frame_keeps_its_place(void)
{
    Rig rig;

    rig_open(&rig);
    for (uint8_t serial = 0; serial < 4; serial++) {
        Frame *frame = rig_push(&rig, 0, FRAME_BYTES);

        if (serial == 1 || serial == 2) {
            frame->offload_flags = FRAME_CHECKSUM_PARTIAL;
            frame->csum_start_bytes = FRAME_BYTES / 2;
        }
    }
    g_assert_cmpuint(rig_write(&rig), ==, 4);
    rig_assert_seen(&rig, (const uint8_t[]){0, 1, 2, 3}, 4);
    for (uint8_t serial = 0; serial < 4; serial++)
        rig_expect(&rig, 0, serial);
    rig_expect_nothing(&rig, 0);
    rig_assert_counts(&rig, 0, 4, 0);
    rig_close(&rig);
}

// Whoever writes may lose the core at any moment of it.
static void test_what_was_long_in_being_written_is_late(void)
{
    enum { SHORT_NS = 100 * 1000, LONG_NS = 20 * 1000 * 1000 };
    Rig rig;

    rig_open(&rig);
    rig.meters[0].late_ns = SHORT_NS;
    rig_push(&rig, 0, FRAME_BYTES);
    g_assert_cmpint(rig_write_until(&rig, NOW_NS + SHORT_NS), ==, NOW_NS + SHORT_NS);
    g_assert_cmpuint(counter_get(&rig.meters[0].last_departed_ns), ==, NOW_NS);
    rig_push(&rig, 0, FRAME_BYTES);
    rig_write_until(&rig, NOW_NS + LONG_NS);
    g_assert_cmpuint(counter_get(&rig.meters[0].last_departed_ns), ==, NOW_NS + LONG_NS);
    g_assert_cmpuint(counter_get(&rig.meters[0].late_frames), ==, 1);
    rig_close(&rig);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/devices/outbox/burst-spans-devices", test_burst_spans_devices);
    g_test_add_func("/devices/outbox/device-comes-back", test_device_comes_back);
    g_test_add_func("/devices/outbox/burst-is-bounded-in-writes", test_burst_is_bounded_in_writes);
    g_test_add_func("/devices/outbox/burst-is-bounded-in-bytes", test_burst_is_bounded_in_bytes);
    g_test_add_func("/devices/outbox/refused-frame-is-counted-as-such",
                    test_refused_frame_is_counted_as_such);
    g_test_add_func("/devices/outbox/finished-frame-keeps-its-place",
                    test_finished_frame_keeps_its_place);
    g_test_add_func("/devices/outbox/what-was-long-in-being-written-is-late",
                    test_what_was_long_in_being_written_is_late);
    return g_test_run();
}
