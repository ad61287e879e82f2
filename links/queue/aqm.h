// SPDX-License-Identifier: Apache-2.0
// AqmQueue: what an algorithm that judges packets as they leave a queue (CoDel, COBALT) asks of it.
// The algorithm knows times and lengths only; frames, their marks and counters are the queue's.
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int64_t queued_ns;     // when it entered the queue
    uint64_t behind_bytes; // that wait behind it
} AqmPacket;

typedef struct {
    // Takes the next packet out of the queue: it is the one at hand. False when there is none.
    bool (*next)(void *queue, AqmPacket *packet);
    // Marks the one at hand as having experienced congestion; false when it cannot be marked.
    bool (*mark)(void *queue);
    // Drops the one at hand.
    void (*drop)(void *queue);
    // 32 random bits for the one at hand; only COBALT asks.
    uint32_t (*draw)(void *queue);
} AqmQueue;
