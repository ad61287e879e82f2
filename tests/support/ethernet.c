// SPDX-License-Identifier: Apache-2.0
// Writes headers by hand, so that a test of a node does not rest on the code it tests.
#include "tests/support/ethernet.h"

#include <glib.h>
#include <string.h>

static void ethernet_write_address(uint8_t *to, uint64_t address)
{
    for (int n = 0; n < 6; n++)
        to[n] = (uint8_t)(address >> (40 - 8 * n));
}

Frame *ethernet_frame_new(FramePool *pool, uint64_t destination, uint64_t source,
                          uint32_t length_bytes)
{
    Frame *frame = frame_new(pool, length_bytes);

    g_assert_nonnull(frame);
    g_assert_cmpuint(length_bytes, >=, FRAME_ETHERNET_HEADER_BYTES);
    frame->length_bytes = length_bytes;
    memset(frame_bytes(frame), 0, length_bytes);
    ethernet_write_address(frame_bytes(frame), destination);
    ethernet_write_address(frame_bytes(frame) + 6, source);
    frame_bytes(frame)[12] = 0x08;
    return frame;
}
