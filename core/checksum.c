// SPDX-License-Identifier: Apache-2.0
// How it works: 32-bit words are added into 64 bits, which cannot overflow for any frame, and the
// carries are folded back at the end (RFC 1071, 2(C)). Four sums at once let the compiler use
// vectors.
#include "core/checksum.h"

#include <string.h>

enum { LANES = 4 };

uint64_t checksum_add(uint64_t sum, const uint8_t *bytes, size_t n_bytes)
{
    uint64_t lanes[LANES] = {0};
    uint32_t words[LANES];
    uint16_t word;

    for (; n_bytes >= sizeof words; bytes += sizeof words, n_bytes -= sizeof words) {
        memcpy(words, bytes, sizeof words);
        for (int i = 0; i < LANES; i++)
            lanes[i] += words[i];
    }
    for (int i = 0; i < LANES; i++)
        sum += lanes[i];
    for (; n_bytes >= sizeof word; bytes += sizeof word, n_bytes -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        sum += word;
    }
    if (n_bytes > 0) {
        word = 0;
        memcpy(&word, bytes, 1);
        sum += word;
    }
    return sum;
}
