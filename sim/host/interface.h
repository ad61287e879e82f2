// SPDX-License-Identifier: Apache-2.0
// Interface: what the kernel knows of a network interface. All of it acts in the network namespace
// of the calling thread; errors name call and interface.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/scenario/scenario.h"

// Frames that an interface holds until its device is read: what a pause of the data thread of 50 ms
// lets come in at 1 Gbit/s. A frame beyond is dropped and counted, never queued out of our sight.
enum { INTERFACE_TX_QUEUE_FRAMES = 4096 };

// What the kernel counted at an interface inside a host, as `ip -s link` there shows it.
typedef struct {
    uint64_t rx_frames, rx_dropped; // towards the host
    uint64_t tx_frames, tx_dropped; // from the host: dropped is what the device had no room for
} InterfaceStats;

// MAC (unless a TUN device), MTU, queue, addresses; then brings it up.
bool interface_configure(const InterfaceSpec *spec, GError **error);

bool interface_bring_up(const char *name, GError **error);

bool interface_read_stats(const char *name, InterfaceStats *stats, GError **error);
