// SPDX-License-Identifier: Apache-2.0
// Counts causes.
#include "sim/timeline/outage.h"

void outage_begin(Outage *outage, bool shows)
{
    outage->for_good = true;
    outage->for_good_shows |= shows;
}

void outage_forget(Outage *outage)
{
    *outage = (Outage){.age = outage->age + 1};
}

uint32_t outage_hold(Outage *outage, bool shows)
{
    outage->n_causes++;
    outage->n_showing += shows;
    return outage->age;
}

void outage_release(Outage *outage, uint32_t age, bool shows)
{
    if (age != outage->age)
        return;
    outage->n_causes--;
    outage->n_showing -= shows;
}

bool outage_is_down(const Outage *outage)
{
    return outage->for_good || outage->n_causes > 0;
}

bool outage_shows(const Outage *outage)
{
    return (outage->for_good && outage->for_good_shows) || outage->n_showing > 0;
}
