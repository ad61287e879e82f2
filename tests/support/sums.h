// SPDX-License-Identifier: Apache-2.0
// Sums: the checksums and lengths of a finished frame, judged from scratch as a receiver would.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Fails the test with what is wrong in an IP packet: its header's checksum, its length, that of
// UDP, the checksum of TCP, UDP, ICMP or ICMPv6.
void sums_assert(const uint8_t *bytes, uint32_t length_bytes, bool has_ethernet);

// Whether the transport checksum is right.
bool sums_transport_is_right(const uint8_t *bytes, uint32_t length_bytes, bool has_ethernet);
