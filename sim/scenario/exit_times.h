// SPDX-License-Identifier: Apache-2.0
// ExitTimes: how soon what enters a node inside the simulation, which a host is not, may leave it
// at a host: what links are told by link_set_beyond().
#pragma once

#include "links/link.h"
#include "sim/scenario/scenario.h"

typedef struct ExitTimes ExitTimes;

// `links` are those of the scenario, in its order; they are told at once, and must outlive it.
ExitTimes *exit_times_new(const Scenario *scenario, Link *const *links);
void exit_times_free(ExitTimes *times);

// After a direction of the n-th link has been configured; exit_times_settle() follows when all are.
void exit_times_update(ExitTimes *times, unsigned link, LinkDirection direction);

// Tells the links what has changed for them.
void exit_times_settle(ExitTimes *times);
