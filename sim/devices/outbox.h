// SPDX-License-Identifier: Apache-2.0
// Outbox: the devices of one thread that have frames to write, in the order in which they got the
// first. It writes them in bursts, and counts what became of each frame.
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct Device Device;
typedef struct Outbox Outbox;

Outbox *outbox_new(void);

// Frames not yet written stay with their devices.
void outbox_free(Outbox *outbox);

// Adds a device that has frames to write and had none before.
void outbox_add(Outbox *outbox, Device *device);

bool outbox_is_empty(const Outbox *outbox);

// What time it is by the engine.
typedef int64_t (*OutboxClock)(const void *data);

// Writes one burst: at most 16 writes, or about 64 KB. What is written departs at `now_ns` of
// engine time, or when it has been written, if that took longer than writing does. Returns what
// time it is.
int64_t outbox_write(Outbox *outbox, int64_t now_ns, OutboxClock clock, const void *clock_data);
