// SPDX-License-Identifier: Apache-2.0
// Offload: what the kernel of a host leaves to us, and takes from us, unfinished.
#pragma once

#include "core/frame.h"

typedef enum {
    OFFLOAD_AUTO,     // all that this kernel has: super-frames of TCP and, from Linux 6.2, of UDP
    OFFLOAD_CHECKSUM, // single frames whose checksums may be unfinished
    OFFLOAD_OFF,      // finished single frames
} OffloadMode;

// What a device takes: bits of 1 << GsoType, where GSO_NONE stands for unfinished checksums.
typedef unsigned OffloadSet;

static inline bool offload_takes(OffloadSet set, GsoType type)
{
    return (set >> type & 1) != 0;
}
