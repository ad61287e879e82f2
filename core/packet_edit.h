// SPDX-License-Identifier: Apache-2.0
// PacketEdit: changes to a packet on its way. Checksums are exchanged, not made anew (RFC 1624,
// equation 3): what was right stays right, what was wrong stays wrong.
#pragma once

#include "core/packet.h"

typedef struct {
    uint8_t *bytes;
    uint32_t length_bytes;
    Packet packet;
    bool is_partial; // the transport checksum holds only the sum over the pseudo-header
} PacketEdit;

// Finds the headers in a frame; the bytes stay the caller's. False when it is no IP packet.
bool packet_edit_init(PacketEdit *edit, uint8_t *bytes, uint32_t length_bytes, bool has_ethernet,
                      bool is_partial);

// Of the whole IP packet, as its header says.
uint32_t packet_edit_packet_bytes(const PacketEdit *edit);

// Whether it is a TCP segment, not a fragment, that has an option of that kind (RFC 9293, 3.1), and
// putting no-operations in the place of each.
bool packet_edit_has_tcp_option(const PacketEdit *edit, uint8_t kind);
void packet_edit_strip_tcp_option(PacketEdit *edit, uint8_t kind);

// The maximum segment size that a SYN names, 0 for what names none; to be set only where it is not.
uint16_t packet_edit_mss(const PacketEdit *edit);
void packet_edit_set_mss(PacketEdit *edit, uint16_t mss_bytes);

// Writes the byte at `at_bytes` of the frame; the checksums that cover it follow, but for the one
// that it is part of.
void packet_edit_set_byte(PacketEdit *edit, uint32_t at_bytes, uint8_t value);

// Cuts the frame behind `length_bytes`, at most what it has: lengths of IP and UDP and the
// checksums become those of a packet that ends there, as far as the headers are left.
void packet_edit_truncate(PacketEdit *edit, uint32_t length_bytes);
