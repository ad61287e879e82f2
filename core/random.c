// SPDX-License-Identifier: Apache-2.0
// How it works: the key of a stream is the start of SHA-256 over its name; a draw is Philox4x32-10
// (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011) of the
// frame's number under that key. Philox passes BigCrush as a counter-based generator, so
// neighbouring frames and neighbouring streams are independent, and any draw is reached in constant
// time.
#include "core/random.h"

#include <glib.h>
#include <string.h>

enum { PHILOX_ROUNDS = 10 };

static const uint32_t philox_multiplier[2] = {0xD2511F53, 0xCD9E8D57};
static const uint32_t philox_weyl[2] = {0x9E3779B9, 0xBB67AE85};

RandomKey random_key(uint64_t seed, const char *link, int direction, const char *stage)
{
    g_autoptr(GChecksum) sha = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree char *name =
        g_strdup_printf("%" G_GUINT64_FORMAT "\n%s\n%d\n%s", seed, link, direction, stage);
    uint8_t digest[32];
    gsize n_digest_bytes = sizeof digest;
    RandomKey key;

    g_checksum_update(sha, (const guchar *)name, (gssize)strlen(name));
    g_checksum_get_digest(sha, digest, &n_digest_bytes);
    for (int i = 0; i < 2; i++)
        key.word[i] = (uint32_t)digest[4 * i] | (uint32_t)digest[4 * i + 1] << 8 |
                      (uint32_t)digest[4 * i + 2] << 16 | (uint32_t)digest[4 * i + 3] << 24;
    return key;
}

uint64_t random_draw(RandomKey key, uint64_t index, uint32_t draw)
{
    uint32_t counter[4] = {(uint32_t)index, (uint32_t)(index >> 32), draw, 0};

    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        uint64_t product0 = (uint64_t)philox_multiplier[0] * counter[0];
        uint64_t product1 = (uint64_t)philox_multiplier[1] * counter[2];

        counter[0] = (uint32_t)(product1 >> 32) ^ counter[1] ^ key.word[0];
        counter[1] = (uint32_t)product1;
        counter[2] = (uint32_t)(product0 >> 32) ^ counter[3] ^ key.word[1];
        counter[3] = (uint32_t)product0;
        key.word[0] += philox_weyl[0];
        key.word[1] += philox_weyl[1];
    }
    return (uint64_t)counter[0] << 32 | counter[1];
}
