// SPDX-License-Identifier: Apache-2.0
// The Internet checksum (RFC 1071): the complement of the ones' complement sum of 16-bit words.
// Sums are kept in the order in which the words lie in memory, so that none is swapped.
#pragma once

#include <stddef.h>
#include <stdint.h>

// `sum` plus the words of `bytes`; an odd last byte counts as the first of a word. A sum of several
// stretches needs all but the last to be even.
uint64_t checksum_add(uint64_t sum, const uint8_t *bytes, size_t n_bytes);

// A sum as 16 bits, to be stored by checksum_store(); its complement is the checksum.
static inline uint16_t checksum_fold(uint64_t sum)
{
    sum = (sum & UINT32_MAX) + (sum >> 32);
    sum = (sum & UINT32_MAX) + (sum >> 32);
    sum = (sum & UINT16_MAX) + (sum >> 16);
    sum = (sum & UINT16_MAX) + (sum >> 16);
    return (uint16_t)sum;
}
