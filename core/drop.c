// SPDX-License-Identifier: Apache-2.0
// The names of the drop reasons, made from the list in drop.h.
#include "core/drop.h"

static const char *const drop_names[] = {
#define DROP_NAME(constant, name, meaning) [constant] = name,
    DROP_REASONS(DROP_NAME)
#undef DROP_NAME
};

const char *drop_reason_name(DropReason reason)
{
    return drop_names[reason];
}

uint64_t drop_total(const DropCounters *drops)
{
    uint64_t total = 0;

    for (int reason = 0; reason < N_DROP_REASONS; reason++)
        total += counter_get(&drops->frames[reason]);
    return total;
}
