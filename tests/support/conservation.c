// SPDX-License-Identifier: Apache-2.0
// Reads the counters that reports read, and counts the held frames one by one.
#include "tests/support/conservation.h"

#include <glib.h>

static void conservation_assert_direction(const Link *link, LinkDirection direction)
{
    const LinkCounters *counters = link_counters(link, direction);
    uint64_t in = counter_get(&counters->in_frames);
    uint64_t copied = counter_get(&counters->copied_frames);
    uint64_t out = counter_get(&counters->out_frames);
    uint64_t dropped = drop_total(&counters->drops);
    uint64_t held = link_held_frames(link, direction);

    if (in + copied != out + dropped + held)
        g_error("link %s, direction %d: in %" G_GUINT64_FORMAT " + copied %" G_GUINT64_FORMAT
                " is not out %" G_GUINT64_FORMAT " + dropped %" G_GUINT64_FORMAT
                " + held %" G_GUINT64_FORMAT,
                link_name(link), (int)direction, in, copied, out, dropped, held);
}

void conservation_assert(const Link *link)
{
    conservation_assert_direction(link, LINK_FORWARD);
    conservation_assert_direction(link, LINK_REVERSE);
}
