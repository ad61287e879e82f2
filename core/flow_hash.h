// SPDX-License-Identifier: Apache-2.0
// FlowHash: which flow a frame belongs to, as a number spread evenly: by the addresses, protocol
// and ports of an IP packet, also behind VLAN tags (the 5-tuple of RFC 8290, section 4.1.1).
// Fragments and protocols without ports, as ICMP, go by addresses and protocol; what is not IP by
// its Ethernet addresses and type.
#pragma once

#include "core/frame.h"
#include "core/random.h"

// All bits are spread; the segments of a super-frame belong to one flow. `key` is the salt, without
// which the flows that meet cannot be told in advance.
uint64_t flow_hash(const Frame *frame, RandomKey key);

// A hash as an index below `n_buckets`.
static inline uint32_t flow_hash_bucket(uint64_t hash, uint32_t n_buckets)
{
    return (uint32_t)((hash >> 32) * n_buckets >> 32);
}
