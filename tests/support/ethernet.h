// SPDX-License-Identifier: Apache-2.0
// Ethernet frames for tests of nodes: addresses are written as one number, 0x0200_0000_0001.
#pragma once

#include "core/frame.h"

#define ETHERNET_BROADCAST UINT64_C(0xffffffffffff)

// A frame of `length_bytes` (14 at least) with these addresses, an IPv4 EtherType and zeros.
Frame *ethernet_frame_new(FramePool *pool, uint64_t destination, uint64_t source,
                          uint32_t length_bytes);
