// SPDX-License-Identifier: Apache-2.0
// Target: a direction of a link as a timeline changes it: the configuration that is to be in force
// next, and who holds which of its parameters for a while.
//
// Who sets a parameter for a while holds it, with what was before. When two hold the same one, what
// the earlier puts back goes to the later, who puts it back in turn: whichever ends first, the last
// leaves what was before the first. What is set for good stays: nobody holds it any more.
#pragma once

#include "sim/scenario/timeline_spec.h"
#include "sim/timeline/outage.h"

typedef struct Hold Hold;

typedef struct {
    const LinkSpec *spec;
    Link *link;
    LinkDirection direction;
    LinkConfig *wanted; // while is_wanted; NULL before the first time
    LinkConfig *tried;  // while is_tried, likewise
    bool is_wanted, is_tried;
    bool is_noted; // what is wanted will be put in force; of whoever does that
    Hold *first;   // in the order in which they began
    Outage outage; // applied by whoever changes it
} Target;

void target_init(Target *target, const LinkSpec *spec, Link *link, LinkDirection direction);
void target_clear(Target *target);

// Starts from what is in force, unless something is wanted already.
void target_want(Target *target);

// Tries an entry of TIMELINE_SET, TIMELINE_RAMP or TIMELINE_RESET upon what is wanted, and upon
// what has been tried since. The error reads "NAME: what is wrong".
bool target_try(Target *target, const TimelineEntry *entry, GError **error);

// After all have been tried: an entry that was takes hold, as `owner`, if it is a ramp or ends.
// Then what was tried is wanted, or forgotten.
void target_hold(Target *target, const TimelineEntry *entry, const void *owner);
void target_keep(Target *target);
void target_forget(Target *target);

// Whether anything is left of what its owner has taken hold of.
bool target_is_held(const Target *target, const void *owner);

// Of a ramp: takes what its owner still holds `part` / `whole` of the way.
void target_step(Target *target, const void *owner, uint64_t part, uint64_t whole);

// Puts back what its owner still holds, if it ends, and lets go.
void target_release(Target *target, const void *owner);
