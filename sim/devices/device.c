// SPDX-License-Identifier: Apache-2.0
// Reading into the final buffer, queueing for the driver's next burst, writing, and counting.
#include "sim/devices/device.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sim/devices/vnet_header.h"

enum {
    DEVICE_READ_BYTES = 256 * 1024, // before what was read is written: a part of a core's own cache
    DEVICE_WRITE_BYTES = 64 * 1024, // with one look at the clock
};

void outbox_init(Outbox *outbox)
{
    outbox->first = NULL;
    outbox->last = &outbox->first;
}

static void device_push(Sink *sink, Frame *frame)
{
    Device *self = (Device *)sink;

    if (frame_queue_peek(&self->outgoing) == NULL) {
        self->next_in_outbox = NULL;
        *self->outbox->last = self;
        self->outbox->last = &self->next_in_outbox;
    }
    counter_add(&self->counters.pushed_frames, frame->n_segments);
    frame_queue_append(&self->outgoing, frame);
}

DeviceScratch *device_scratch_new(FramePool *pool)
{
    DeviceScratch *scratch = g_new0(DeviceScratch, 1);

    scratch->spill = frame_new(pool, FRAME_MAX_BYTES);
    if (scratch->spill == NULL)
        g_clear_pointer(&scratch, g_free);
    return scratch;
}

void device_scratch_free(DeviceScratch *scratch)
{
    frame_free(scratch->spill);
    g_free(scratch);
}

Device *device_open(const DeviceClass *class, const char *interface, const char *name,
                    OffloadMode offload, const DeviceDriver *driver, GError **error)
{
    OffloadSet takes = 0;
    int fd = class->open(interface, offload, &takes, error);
    Device *device;

    if (fd < 0) {
        g_prefix_error(error, "%s: ", name);
        return NULL;
    }
    device = g_new0(Device, 1);
    device->sink.push = device_push;
    device->class = class;
    device->name = g_strdup(name);
    device->fd = fd;
    device->takes = takes;
    device->engine = driver->engine;
    device->pool = driver->pool;
    device->outbox = driver->outbox;
    device->scratch = driver->scratch;
    frame_queue_init(&device->outgoing);
    return device;
}

void device_close(Device *device)
{
    frame_queue_clear(&device->outgoing);
    if (device->fd >= 0)
        close(device->fd);
    g_free(device->name);
    g_free(device);
}

int device_take_fd(Device *device)
{
    int fd = device->fd;

    device->fd = -1;
    return fd;
}

// Reads one frame, in place when it fits a small slot; else the rest is in place behind a copy of
// its start. NULL when nothing is there. What finds no memory comes as the spill itself.
static Frame *device_read_frame(Device *self)
{
    Frame *spill = self->scratch->spill, *frame = frame_new(self->pool, FRAME_SMALL_BYTES);
    Frame *first = frame != NULL ? frame : spill;
    const struct iovec parts[2] = {
        {vnet_header_of(first), VNET_HEADER_BYTES + FRAME_SMALL_BYTES},
        {spill->buffer + FRAME_SMALL_BYTES, FRAME_MAX_BYTES - FRAME_SMALL_BYTES}};
    ssize_t n_read;

    do
        n_read = readv(self->fd, parts, 2);
    while (n_read < 0 && errno == EINTR);
    if (n_read <= VNET_HEADER_BYTES) {
        g_clear_pointer(&frame, frame_free);
        return NULL;
    }
    if (n_read > VNET_HEADER_BYTES + (ssize_t)FRAME_SMALL_BYTES && frame != NULL) {
        Frame *next_spill = frame_new(self->pool, FRAME_MAX_BYTES);

        memcpy(vnet_header_of(spill), vnet_header_of(frame), VNET_HEADER_BYTES + FRAME_SMALL_BYTES);
        frame_free(frame);
        first = spill;
        if (next_spill != NULL)
            self->scratch->spill = next_spill;
    }
    first->length_bytes = (uint32_t)n_read - VNET_HEADER_BYTES;
    return first;
}

static void device_take(Device *self, Frame *frame, int64_t now_ns)
{
    bool is_well_formed = frame->length_bytes >= self->class->min_frame_bytes &&
                          vnet_header_take(frame, self->class->has_ethernet);

    counter_add(&self->counters.read_frames, frame->n_segments);
    counter_add(&self->counters.read_bytes, frame_wire_bytes(frame));
    if (is_well_formed && frame != self->scratch->spill) {
        observers_see(self->observers, frame, now_ns);
        sink_push(self->inward, frame);
        return;
    }
    drop_count(&self->counters.drops, is_well_formed ? DROP_NO_MEMORY : DROP_MALFORMED,
               frame->n_segments);
    if (frame == self->scratch->spill)
        frame_reset(frame);
    else
        frame_free(frame);
}

bool device_read(Device *self, unsigned budget)
{
    int64_t now_ns = engine_now(self->engine);
    uint32_t n_bytes = 0;

    for (; budget > 0 && n_bytes < DEVICE_READ_BYTES; budget--) {
        Frame *frame = device_read_frame(self);

        if (frame == NULL)
            return false;
        n_bytes += frame->length_bytes;
        device_take(self, frame, now_ns);
    }
    return true;
}

// Ends the way of a frame, or of `n_frames` of its segments, by what a write said.
static void device_count_written(Device *self, ssize_t written, unsigned n_frames, uint64_t n_bytes)
{
    if (written >= 0) {
        counter_add(&self->counters.written_frames, n_frames);
        counter_add(&self->counters.written_bytes, n_bytes);
    } else {
        drop_count(&self->counters.drops, errno == EIO ? DROP_DEVICE_DOWN : DROP_DEVICE_REFUSED,
                   n_frames);
    }
}

static void device_count_frame(Device *self, const Frame *frame, ssize_t written, int64_t now_ns)
{
    device_count_written(self, written, frame->n_segments, frame_wire_bytes(frame));
    if (written < 0)
        return;
    observers_see(self->observers, frame, frame->due_ns);
    meter_depart(self->meter, frame, now_ns);
}

static ssize_t device_write_bytes(const Device *self, const uint8_t *bytes, size_t n_bytes)
{
    ssize_t written;

    do
        written = write(self->fd, bytes, n_bytes);
    while (written < 0 && errno == EINTR);
    return written;
}

// For a kernel that does not take it as it is: finishes and writes each segment.
static void device_write_segments(Device *self, const Frame *frame, int64_t now_ns)
{
    uint8_t *bytes = self->scratch->segment + FRAME_HEADROOM_BYTES;
    uint8_t *header = bytes - VNET_HEADER_BYTES;
    bool has_written = false;

    vnet_header_write(header, NULL, 0);
    for (unsigned i = 0; i < frame->n_segments; i++) {
        uint32_t length_bytes = super_frame_segment(frame, i, bytes, FRAME_MAX_BYTES);
        ssize_t written = device_write_bytes(self, header, VNET_HEADER_BYTES + length_bytes);

        device_count_written(self, written, 1, length_bytes);
        has_written |= written >= 0;
    }
    if (!has_written)
        return;
    observers_see(self->observers, frame, frame->due_ns);
    meter_depart(self->meter, frame, now_ns);
}

static void device_write_frame(Device *self, Frame *frame, int64_t now_ns)
{
    bool is_finished = frame->offload_flags == 0;

    if (is_finished || offload_takes(self->takes, frame->gso_type)) {
        vnet_header_put(frame);
        device_count_frame(self, frame,
                           device_write_bytes(self, vnet_header_of(frame),
                                              VNET_HEADER_BYTES + frame->length_bytes),
                           now_ns);
    } else {
        device_write_segments(self, frame, now_ns);
    }
    frame_free(frame);
}

static void device_write_train(Device *self, Train *train, int64_t now_ns)
{
    ssize_t written;

    train_finish(train);
    do
        written = writev(self->fd, train->parts, 1 + (int)train->n_frames);
    while (written < 0 && errno == EINTR);
    for (unsigned i = 0; i < train->n_frames; i++) {
        device_count_frame(self, train->frames[i], written, now_ns);
        frame_free(train->frames[i]);
    }
}

bool device_write(Device *self, unsigned budget, int64_t now_ns)
{
    Train *train = &self->scratch->train;

    uint64_t left_bytes = self->outgoing.n_bytes - MIN(self->outgoing.n_bytes, DEVICE_WRITE_BYTES);

    for (; budget > 0 && self->outgoing.n_bytes > left_bytes; budget--) {
        train_couple(train, &self->outgoing, self->takes, self->class->has_ethernet);
        if (train->n_frames == 1)
            device_write_frame(self, train->frames[0], now_ns);
        else
            device_write_train(self, train, now_ns);
    }
    return frame_queue_peek(&self->outgoing) == NULL;
}
