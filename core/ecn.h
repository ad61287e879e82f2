// SPDX-License-Identifier: Apache-2.0
// Ecn: the traffic class of an IP packet in a frame (IPv4's TOS, IPv6's traffic class), also behind
// VLAN tags: six bits of DSCP (RFC 2474) and two of ECN (RFC 3168).
#pragma once

#include "core/frame.h"

// The codepoints of RFC 3168, section 5. ECT(1) is also the identifier of L4S (RFC 9331).
typedef enum { ECN_NOT_ECT = 0, ECN_ECT1 = 1, ECN_ECT0 = 2, ECN_CE = 3 } EcnCodepoint;

enum { ECN_MASK = 0x03, ECN_DSCP_SHIFT = 2, ECN_NO_TRAFFIC_CLASS = -1 };

// The octet of the traffic class, or ECN_NO_TRAFFIC_CLASS when the frame holds no IP packet.
int ecn_traffic_class(const Frame *frame);

// The codepoint; ECN_NOT_ECT when the frame holds no IP packet.
EcnCodepoint ecn_codepoint(const Frame *frame);

// Sets the bits of `mask` in the traffic class to those of `value`, and keeps an IPv4 header
// checksum as right as it was (RFC 1624). Returns false when the frame holds no IP packet.
// All segments of a super-frame share the traffic class: it is set in all of them.
bool ecn_set_traffic_class(Frame *frame, uint8_t mask, uint8_t value);

// Marks a frame of ECN-capable transport as having experienced congestion; one that is marked
// already stays so. Returns false, and changes nothing, when it is not ECN-capable.
bool ecn_mark(Frame *frame);
