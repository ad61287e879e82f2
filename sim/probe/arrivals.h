// SPDX-License-Identifier: Apache-2.0
// Arrivals: which of the numbered packets sent by a probe came, in which order, and what that says
// of the way.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    GByteArray *has_come; // one byte a packet, by number from 0
    uint64_t received, duplicates, reordered;
    int64_t newest;     // the greatest number that came, -1 before the first
    double jitter_ns;   // RFC 3550
    int64_t transit_ns; // of the last packet
} Arrivals;

void arrivals_init(Arrivals *arrivals);
void arrivals_clear(Arrivals *arrivals);

// A packet came `transit_ns` after it had been sent. Reordered is one that is behind a later one
// (RFC 4737); the jitter takes packets in the order in which they come (RFC 3550, section 6.4.1).
// False for one that had come before.
bool arrivals_add(Arrivals *arrivals, uint64_t number, int64_t transit_ns);

// Runs of packets that did not come, of the first `n_sent`.
typedef struct {
    uint64_t bursts, longest;
} LossBursts;

LossBursts arrivals_bursts(const Arrivals *arrivals, uint64_t n_sent);
