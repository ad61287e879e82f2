// SPDX-License-Identifier: Apache-2.0
// The virtual-time driver of tests: jumps from one instant to the next and never waits.
#pragma once

#include "core/engine.h"

// Runs `engine` up to and including `until_ns`, instant by instant, and checks the heap after each.
void virtual_run(Engine *engine, int64_t until_ns);

// The same until no event is left; returns the time at which the last one fired.
int64_t virtual_run_to_end(Engine *engine);
