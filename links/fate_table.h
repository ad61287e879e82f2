// SPDX-License-Identifier: Apache-2.0
// FateTable: what once became of the frames of one direction of a link, by their numbers. It is
// filled, then completed, then only read.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/drop.h"

typedef struct FateTable FateTable;

enum { FATE_DELIVERED = UINT8_MAX };

typedef struct {
    uint64_t number;   // of the frame, as Frame.index
    int64_t flight_ns; // of what was delivered: from its last bit sent to its arrival
    uint32_t order;    // among all that was added: set by fate_table_add()
    uint8_t copy;      // as Frame.copy
    uint8_t fate;      // FATE_DELIVERED or a DropReason
    bool is_marked;    // it left with ECN's codepoint CE
    bool was_sent;     // of what was dropped: behind the queue, not before
} Fate;

// Whether what was dropped for that reason, so long after it had come, had been sent before.
static inline bool fate_was_sent(DropReason reason, int64_t after_ns)
{
    return reason == DROP_LOSS || reason == DROP_CORRUPT ||
           (reason == DROP_LINK_DOWN && after_ns > 0);
}

FateTable *fate_table_new(void);
void fate_table_free(FateTable *table);

// To be called in the order in which frames met their fates.
void fate_table_add(FateTable *table, const Fate *fate);

// Puts what was added in order. False when a frame, copies apart, has more than one fate: then
// `*twice` is one of them.
bool fate_table_complete(FateTable *table, const Fate **twice);

size_t fate_table_size(const FateTable *table);

// The fate of that frame or copy; NULL when none is known. `*place`, at first 0, is where the one
// before was found: frames that come in order are found at once.
const Fate *fate_table_find(const FateTable *table, uint64_t number, uint8_t copy, size_t *place);

// The fate of the frame's next copy that is known of; NULL behind the last.
const Fate *fate_table_next_copy(const FateTable *table, const Fate *fate);
