// SPDX-License-Identifier: Apache-2.0
#include "tests/support/one_core.h"

#include <glib.h>

void one_core_enter(cpu_set_t *before)
{
    cpu_set_t one;
    int core = 0;

    g_assert_cmpint(sched_getaffinity(0, sizeof *before, before), ==, 0);
    while (!CPU_ISSET(core, before))
        core++;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    g_assert_cmpint(sched_setaffinity(0, sizeof one, &one), ==, 0);
}
