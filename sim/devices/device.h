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
#include "sim/devices/offload.h"
#include "sim/devices/outbox.h"

typedef struct {
    const char *name;
    const char *summary;
    bool has_ethernet;        // or IP packets
    uint32_t min_frame_bytes; // what is shorter has no link-layer header
    // Opens interface `name` in the calling thread's network namespace, with a header as in
    // sim/devices/vnet_header.h in front of each frame; `*set` is what the kernel takes of what
    // `offload` asks for. -1 on error, which names the call and the remedy.
    int (*open)(const char *name, OffloadMode offload, OffloadSet *set, GError **error);
    // Whether the host sees a carrier on the interface, as on a plugged cable; false where the
    // kernel cannot do that. NULL for a kind that has none.
    bool (*set_carrier)(int fd, bool has_carrier);
} DeviceClass;

extern const DeviceClass tap_device_class;
extern const DeviceClass tun_device_class;

typedef struct {
    Counter read_frames, read_bytes;
    Counter pushed_frames; // given to the device to be written
    Counter written_frames, written_bytes;
    DropCounters drops; // of both directions
} DeviceCounters;

// What all devices of one thread read with.
typedef struct {
    Frame *spill; // a large frame at hand, for what a small one cannot take
} DeviceScratch;

// NULL when the pool has no large frame.
DeviceScratch *device_scratch_new(FramePool *pool);
void device_scratch_free(DeviceScratch *scratch);

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
    DeviceScratch *scratch; // of the driver
    OffloadSet takes;       // of its host's kernel
    DeviceCounters counters;
};

// What a device is opened with; all of it must outlive the device.
typedef struct {
    Engine *engine;
    FramePool *pool;
    Outbox *outbox;
    DeviceScratch *scratch;
} DeviceDriver;

// Opens interface `interface` in the calling thread's network namespace. `name` is for texts.
Device *device_open(const DeviceClass *class, const char *interface, const char *name,
                    OffloadMode offload, const DeviceDriver *driver, GError **error);

// Closes the descriptor, which removes the interface, and frees frames not yet written.
void device_close(Device *device);

// Gives the descriptor to the caller: nothing but device_close() may follow.
int device_take_fd(Device *device);

// As DeviceClass.set_carrier; at first there is a carrier. On the thread that reads the device.
bool device_set_carrier(Device *device, bool has_carrier);

enum { DEVICE_READ_FRAMES = 16 };

// Reads into `frames`, of room for DEVICE_READ_FRAMES, what the host has sent: some microseconds'
// worth. Returns whether more may be there. All of `frames` must be taken before the next reading.
bool device_read(Device *device, Frame **frames, unsigned *n_frames);

// Counts a frame that was read, shows it and pushes it inwards, all at the engine's present time,
// or drops it.
void device_take(Device *device, Frame *frame);
