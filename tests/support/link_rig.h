// SPDX-License-Identifier: Apache-2.0
// LinkRig: one link on an engine of its own, with a Script in front of and a Probe behind each
// direction. Closing it checks that every frame is accounted for, and freed.
#pragma once

#include "links/link.h"
#include "tests/support/probe.h"
#include "tests/support/script.h"

typedef struct {
    Engine *engine;
    FramePool *pool;
    LinkConfig *config[N_LINK_DIRECTIONS];
    Link *link;
    Script script[N_LINK_DIRECTIONS];
    Probe probe[N_LINK_DIRECTIONS];
} LinkRig;

// A configuration from "rate 3mbit, queue 10 packets, jitter 2ms, jitter.distribution normal"; ""
// impairs nothing. A file is given by its content. Fails the test when it is wrong. The caller
// frees it.
LinkConfig *link_rig_config(const char *text);

// `name` and `seed` key the randomness. `reverse` NULL: the same as `forward`.
void link_rig_open(LinkRig *rig, uint64_t seed, const char *name, const char *forward,
                   const char *reverse);
void link_rig_close(LinkRig *rig);

// Run up to `until_ns`, or until nothing moves any more; then check conservation.
void link_rig_run(LinkRig *rig, int64_t until_ns);
void link_rig_run_to_end(LinkRig *rig);

// How many frames of a direction were lost for `reason`.
uint64_t link_rig_dropped(const LinkRig *rig, LinkDirection direction, DropReason reason);

// Expects that of `n_sent` frames exactly those of `lost`, from 0 on and in order, did not arrive.
void link_rig_assert_lost(const LinkRig *rig, LinkDirection direction, unsigned n_sent,
                          const uint32_t *lost, unsigned n_lost);
