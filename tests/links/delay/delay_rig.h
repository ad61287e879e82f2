// SPDX-License-Identifier: Apache-2.0
// One link whose forward direction delays, for tests of how.
#pragma once

#include "links/delay/delay.h"
#include "tests/support/link_rig.h"

#define HOUR_NS INT64_C(3600000000000)

static inline void rig_open(LinkRig *rig, const char *config)
{
    link_rig_open(rig, 7, "atlantic", config, "");
}

// Frames from 0 on, until the last has left; all leave, in order.
static inline void rig_send(LinkRig *rig, int64_t gap_ns, unsigned n_frames)
{
    script_add(&rig->script[LINK_FORWARD], 0, gap_ns, n_frames, 60);
    link_rig_run_to_end(rig);
    g_assert_cmpuint(probe_count(&rig->probe[LINK_FORWARD]), ==, n_frames);
    probe_assert_in_order(&rig->probe[LINK_FORWARD]);
}

static inline int64_t rig_delay_ns(const LinkRig *rig, unsigned n)
{
    const ProbeRecord *record = probe_record(&rig->probe[LINK_FORWARD], n);

    return record->at_ns - record->entered_ns;
}

static inline void assert_within(double got, double wanted, double bound)
{
    g_assert_cmpfloat(got, >=, wanted - bound);
    g_assert_cmpfloat(got, <=, wanted + bound);
}
