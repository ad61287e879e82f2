// SPDX-License-Identifier: Apache-2.0
// What holds of CoDel's parameters wherever it is in use.
#include "links/queue/codel_config.h"

bool codel_config_check(int64_t target_ns, int64_t interval_ns, GError **error)
{
    g_autofree char *target = NULL, *interval = NULL;

    if (target_ns <= interval_ns)
        return true;
    target = quantity_format_duration(target_ns);
    interval = quantity_format_duration(interval_ns);
    g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE,
                "queue: the target, %s, is above the interval, %s: lower target (a twentieth of "
                "interval is usual), or raise interval",
                target, interval);
    return false;
}
