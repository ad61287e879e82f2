// SPDX-License-Identifier: Apache-2.0
// Reading into the final buffer, counting, and queueing for the driver's next burst.
#include "sim/devices/device.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sim/devices/vnet_header.h"

enum { READ_BYTES = 16 * 1024 }; // so that the first has not waited for long when the last is there

static void device_push(Sink *sink, Frame *frame)
{
    Device *self = (Device *)sink;

    if (frame_queue_peek(&self->outgoing) == NULL)
        outbox_add(self->outbox, self);
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

bool device_set_carrier(Device *device, bool has_carrier)
{
    return device->class->set_carrier != NULL &&
           device->class->set_carrier(device->fd, has_carrier);
}

// One frame, in place when it fits a small slot; else the rest is in place behind a copy of its
// start. NULL when nothing is there. What finds no memory comes as the spill itself.
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

bool device_read(Device *self, Frame **frames, unsigned *n_frames)
{
    uint32_t n_bytes = 0;

    for (*n_frames = 0; *n_frames < DEVICE_READ_FRAMES && n_bytes < READ_BYTES;) {
        Frame *frame = device_read_frame(self);

        if (frame == NULL)
            return false;
        frames[(*n_frames)++] = frame;
        n_bytes += frame->length_bytes;
        if (frame == self->scratch->spill) // which the next would be read into
            break;
    }
    return true;
}

void device_take(Device *self, Frame *frame)
{
    bool is_well_formed = frame->length_bytes >= self->class->min_frame_bytes &&
                          vnet_header_take(frame, self->class->has_ethernet);

    frame->is_bare_ip = !self->class->has_ethernet;
    counter_add(&self->counters.read_frames, frame->n_segments);
    counter_add(&self->counters.read_bytes, frame_wire_bytes(frame));
    if (is_well_formed && frame != self->scratch->spill) {
        observers_see(self->observers, frame, engine_now(self->engine));
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
