// SPDX-License-Identifier: Apache-2.0
// Device: a descriptor with frames on the other side. DeviceClass: how to open, read and write one
// kind of it. Frames pushed to a device wait in its outgoing queue until the driver writes them.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/drop.h"
#include "core/engine.h"
#include "core/frame_queue.h"
#include "core/observer.h"
#include "core/sink.h"
#include "links/meter.h"

typedef struct Device Device;
typedef struct Outbox Outbox;

typedef struct {
    const char *name;
    const char *summary;
    uint32_t min_frame_bytes; // what is shorter has no link-layer header
    // Opens interface `name` in the calling thread's network namespace; -1 on error, which names
    // the call and the remedy.
    int (*open)(const char *name, GError **error);
} DeviceClass;

extern const DeviceClass tap_device_class;
extern const DeviceClass tun_device_class;

typedef struct {
    Counter read_frames, read_bytes;
    Counter pushed_frames; // given to the device to be written
    Counter written_frames, written_bytes;
    DropCounters drops; // of both directions
} DeviceCounters;

// Devices with frames to write, in the order in which they got the first.
struct Outbox {
    Device *first;
    Device **last;
};

void outbox_init(Outbox *outbox);

struct Device {
    Sink sink; // takes frames to be written
    const DeviceClass *class;
    char *name; // "london:eth0"
    int fd;
    Engine *engine;
    FramePool *pool;
    Sink *inward;        // where frames that were read go
    Meter *meter;        // of the link direction that ends here
    Observer *observers; // see frames as the host's interface does
    Outbox *outbox;      // of the driver
    Device *next_in_outbox;
    FrameQueue outgoing;
    uint8_t *spill; // of the driver: room for what a small frame cannot take
    DeviceCounters counters;
};

// Opens interface `interface` in the calling thread's network namespace. `name` is for texts;
// engine, pool, outbox and spill (FRAME_MAX_BYTES of it, shared by all devices of one thread)
// must outlive the device.
Device *device_open(const DeviceClass *class, const char *interface, const char *name,
                    Engine *engine, FramePool *pool, Outbox *outbox, uint8_t *spill,
                    GError **error);

// Closes the descriptor, which removes the interface, and frees frames not yet written.
void device_close(Device *device);

// Reads at most `budget` frames and pushes each inwards at the engine's present time. Returns the
// number read: less than the budget when nothing more is there.
unsigned device_read(Device *device, unsigned budget);

// Writes at most `budget` frames of the outgoing queue; their departure is `now_ns` of engine time.
// Returns whether the queue is empty.
bool device_write(Device *device, unsigned budget, int64_t now_ns);
