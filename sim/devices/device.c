// SPDX-License-Identifier: Apache-2.0
// Reading into the final buffer, queueing for the driver's next burst, writing, and counting.
#include "sim/devices/device.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

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
    counter_add(&self->counters.pushed_frames, 1);
    frame_queue_append(&self->outgoing, frame);
}

Device *device_open(const DeviceClass *class, const char *interface, const char *name,
                    Engine *engine, FramePool *pool, Outbox *outbox, uint8_t *spill, GError **error)
{
    int fd = class->open(interface, error);
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
    device->engine = engine;
    device->pool = pool;
    device->outbox = outbox;
    device->spill = spill;
    frame_queue_init(&device->outgoing);
    return device;
}

void device_close(Device *device)
{
    frame_queue_clear(&device->outgoing);
    close(device->fd);
    g_free(device->name);
    g_free(device);
}

// Reads one frame, in place when it fits a small slot. Returns NULL with `*read_bytes` 0 when
// nothing is there, or with the length of a frame that found no memory.
static Frame *device_read_frame(Device *self, size_t *read_bytes)
{
    Frame *frame = frame_new(self->pool, FRAME_SMALL_BYTES);
    struct iovec parts[2] = {
        {frame != NULL ? frame->bytes : NULL, frame != NULL ? FRAME_SMALL_BYTES : 0},
        {self->spill, FRAME_MAX_BYTES}};
    Frame *large = NULL;
    ssize_t length;

    do
        length = readv(self->fd, parts, 2);
    while (length < 0 && errno == EINTR);
    *read_bytes = length > 0 ? (size_t)length : 0;
    if (frame == NULL)
        return NULL;
    if (length > 0 && length <= (ssize_t)FRAME_SMALL_BYTES) {
        frame->length_bytes = (uint32_t)length;
        return frame;
    }
    if (length > (ssize_t)FRAME_SMALL_BYTES && length <= FRAME_MAX_BYTES)
        large = frame_new(self->pool, (uint32_t)length);
    if (large != NULL) {
        memcpy(large->bytes, frame->bytes, FRAME_SMALL_BYTES);
        memcpy(large->bytes + FRAME_SMALL_BYTES, self->spill, (size_t)length - FRAME_SMALL_BYTES);
        large->length_bytes = (uint32_t)length;
    }
    frame_free(frame);
    return large;
}

unsigned device_read(Device *self, unsigned budget)
{
    int64_t now_ns = engine_now(self->engine);
    unsigned n_read = 0;

    for (; n_read < budget; n_read++) {
        size_t read_bytes;
        Frame *frame = device_read_frame(self, &read_bytes);

        if (read_bytes == 0)
            break;
        counter_add(&self->counters.read_frames, 1);
        counter_add(&self->counters.read_bytes, read_bytes);
        if (frame == NULL) {
            drop_count(&self->counters.drops, DROP_NO_MEMORY);
        } else if (frame->length_bytes < self->class->min_frame_bytes) {
            drop_count(&self->counters.drops, DROP_MALFORMED);
            frame_free(frame);
        } else {
            observers_see(self->observers, frame, now_ns);
            sink_push(self->inward, frame);
        }
    }
    return n_read;
}

static void device_write_frame(Device *self, Frame *frame, int64_t now_ns)
{
    ssize_t written;

    do
        written = write(self->fd, frame->bytes, frame->length_bytes);
    while (written < 0 && errno == EINTR);
    if (written >= 0) {
        observers_see(self->observers, frame, frame->due_ns);
        counter_add(&self->counters.written_frames, 1);
        counter_add(&self->counters.written_bytes, frame->length_bytes);
        meter_depart(self->meter, frame, now_ns);
    } else {
        drop_count(&self->counters.drops, errno == EIO ? DROP_DEVICE_DOWN : DROP_DEVICE_REFUSED);
    }
    frame_free(frame);
}

bool device_write(Device *self, unsigned budget, int64_t now_ns)
{
    for (; budget > 0; budget--) {
        Frame *frame = frame_queue_take(&self->outgoing);

        if (frame == NULL)
            break;
        device_write_frame(self, frame, now_ns);
    }
    return frame_queue_peek(&self->outgoing) == NULL;
}
