// SPDX-License-Identifier: Apache-2.0
// Outage: why a direction of a link is down: for good, and for a while, each by any number of
// causes. It is down as long as one is left.
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    bool for_good, for_good_shows;
    unsigned n_causes, n_showing; // for a while
    uint32_t age;                 // causes of another age have been forgotten
} Outage;

// Down for good; `shows` where the hosts are to see it, who then see it until it is up.
void outage_begin(Outage *outage, bool shows);

// Up, whatever the causes were.
void outage_forget(Outage *outage);

// One more cause, until outage_release() with what this returned.
uint32_t outage_hold(Outage *outage, bool shows);
void outage_release(Outage *outage, uint32_t age, bool shows);

bool outage_is_down(const Outage *outage);
bool outage_shows(const Outage *outage);
