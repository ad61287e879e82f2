// SPDX-License-Identifier: Apache-2.0
// ExitTimes: how soon what enters a node inside the simulation, which a host is not, may leave it
// at a host: what links are told by link_set_beyond().
#pragma once

#include "links/link.h"
#include "sim/scenario/scenario.h"

typedef struct ExitTimes ExitTimes;

// `links` are those of the scenario, in its order. They are told at once, and again, by an event at
// the same instant, when one of them has been configured. Links must outlive it, and the engine
// both.
ExitTimes *exit_times_new(const Scenario *scenario, Engine *engine, Link *const *links);
void exit_times_free(ExitTimes *times);
