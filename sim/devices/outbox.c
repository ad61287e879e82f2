// SPDX-License-Identifier: Apache-2.0
// A burst is made up of trains, which stay until it has been written: only then is it known what
// became of their frames.
#include "sim/devices/outbox.h"

#include <errno.h>
#include <glib.h>

#include "sim/devices/burst.h"
#include "sim/devices/device.h"
#include "sim/devices/train.h"
#include "sim/devices/vnet_header.h"

enum {
    OUTBOX_BURST_BYTES = 64 * 1024, // with one look at the clock
    OUTBOX_LONG_BYTES = 4 * 1024,   // takes so long to copy that its way into the kernel is nothing
    OUTBOX_HALT_NS = 500 * 1000,    // no burst takes so long
};

typedef struct {
    Device *device;
    Train train;
} Departure;

struct Outbox {
    OutboxClock clock;
    const void *clock_data;
    int64_t now_ns; // as the clock was last read
    Device *first;
    Device **last;
    Burst *burst;
    unsigned n_departures; // in the burst
    Departure departures[BURST_MAX_WRITES];
    uint8_t segment[FRAME_HEADROOM_BYTES + FRAME_MAX_BYTES]; // one to be finished for a device
};

Outbox *outbox_new(void)
{
    Outbox *outbox = g_new0(Outbox, 1);

    outbox->last = &outbox->first;
    outbox->burst = burst_new();
    return outbox;
}

void outbox_free(Outbox *outbox)
{
    burst_free(outbox->burst);
    g_free(outbox);
}

void outbox_add(Outbox *outbox, Device *device)
{
    device->next_in_outbox = NULL;
    *outbox->last = device;
    outbox->last = &device->next_in_outbox;
}

static void outbox_remove_first(Outbox *self)
{
    self->first = self->first->next_in_outbox;
    if (self->first == NULL)
        self->last = &self->first;
}

// Ends the way of a frame, or of `n_frames` of its segments, by what a write gave.
static void device_count_written(Device *device, int result, unsigned n_frames, uint64_t n_bytes)
{
    if (result >= 0) {
        counter_add(&device->counters.written_frames, n_frames);
        counter_add(&device->counters.written_bytes, n_bytes);
    } else {
        drop_count(&device->counters.drops, result == -EIO ? DROP_DEVICE_DOWN : DROP_DEVICE_REFUSED,
                   n_frames);
    }
}

static void device_show_written(Device *device, const Frame *frame, int64_t now_ns)
{
    observers_see(device->observers, frame, frame->due_ns);
    meter_depart(device->meter, frame, now_ns);
}

// When what has just been written departed. Who lost the core meanwhile cannot tell which of it had
// left before: all of it is as late as the last may be.
static int64_t outbox_departed_ns(Outbox *self)
{
    int64_t began_ns = self->now_ns;

    self->now_ns = self->clock(self->clock_data);
    return self->now_ns - began_ns > OUTBOX_HALT_NS ? self->now_ns : began_ns;
}

static void outbox_write_burst(Outbox *self)
{
    const int *results;
    int64_t departed_ns;

    if (self->n_departures == 0)
        return;
    results = burst_write(self->burst);
    departed_ns = outbox_departed_ns(self);
    for (unsigned i = 0; i < self->n_departures; i++) {
        const Departure *one = &self->departures[i];

        for (unsigned j = 0; j < one->train.n_frames; j++) {
            Frame *frame = one->train.frames[j];

            device_count_written(one->device, results[i], frame->n_segments,
                                 frame_wire_bytes(frame));
            if (results[i] >= 0)
                device_show_written(one->device, frame, departed_ns);
            frame_free(frame);
        }
    }
    self->n_departures = 0;
}

// For a kernel that does not take it as it is: finishes and writes each segment.
static void outbox_write_segments(Outbox *self, Device *device, Frame *frame)
{
    uint8_t *bytes = self->segment + FRAME_HEADROOM_BYTES;
    uint8_t *header = bytes - VNET_HEADER_BYTES;
    bool has_written = false;

    vnet_header_write(header, NULL, 0);
    for (unsigned i = 0; i < frame->n_segments; i++) {
        uint32_t length_bytes = super_frame_segment(frame, i, bytes, FRAME_MAX_BYTES);
        const struct iovec part = {header, VNET_HEADER_BYTES + length_bytes};
        int result;

        burst_add(self->burst, device->fd, &part, 1);
        result = *burst_write(self->burst);
        device_count_written(device, result, 1, length_bytes);
        has_written |= result >= 0;
    }
    if (has_written)
        device_show_written(device, frame, outbox_departed_ns(self));
    frame_free(frame);
}

// Takes from the head of a device's queue what can be one write, and adds it to the burst.
static void outbox_depart(Outbox *self, Device *device)
{
    Departure *next = &self->departures[self->n_departures];
    Train *train = &next->train;

    train_couple(train, &device->outgoing, device->takes, device->class->has_ethernet);
    if (train->n_frames == 1) {
        Frame *frame = train->frames[0];

        if (frame->offload_flags != 0 && !offload_takes(device->takes, frame->gso_type)) {
            outbox_write_burst(self);
            outbox_write_segments(self, device, frame);
            return;
        }
        vnet_header_put(frame);
        train->parts[0] =
            (struct iovec){vnet_header_of(frame), VNET_HEADER_BYTES + frame->length_bytes};
    } else {
        train_finish(train);
    }
    next->device = device;
    self->n_departures++;
    burst_add(self->burst, device->fd, train->parts,
              train->n_frames == 1 ? 1 : 1 + train->n_frames);
}

bool outbox_is_empty(const Outbox *outbox)
{
    return outbox->first == NULL;
}

int64_t outbox_write(Outbox *outbox, int64_t now_ns, OutboxClock clock, const void *clock_data)
{
    uint64_t left_bytes = OUTBOX_BURST_BYTES;
    Device *device;

    outbox->clock = clock;
    outbox->clock_data = clock_data;
    outbox->now_ns = now_ns;
    for (unsigned n = 0; n < BURST_MAX_WRITES && left_bytes > 0 && (device = outbox->first) != NULL;
         n++) {
        uint64_t n_bytes = device->outgoing.n_bytes;

        outbox_depart(outbox, device);
        n_bytes -= device->outgoing.n_bytes;
        left_bytes -= MIN(left_bytes, n_bytes);
        if (n_bytes > OUTBOX_LONG_BYTES) // waits for no others
            outbox_write_burst(outbox);
        if (frame_queue_peek(&device->outgoing) == NULL)
            outbox_remove_first(outbox);
    }
    outbox_write_burst(outbox);
    return outbox->now_ns;
}
