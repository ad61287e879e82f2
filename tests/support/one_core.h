// SPDX-License-Identifier: Apache-2.0
// A test as on a machine with a single core.
#pragma once

#include <sched.h>

// From now on the calling thread, and what it starts, may use one core only. `before` gets those it
// might use until now, for sched_setaffinity().
void one_core_enter(cpu_set_t *before);
