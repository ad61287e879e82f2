// SPDX-License-Identifier: Apache-2.0
// TimelineSpec: what is to change while a scenario runs, and when. A TimelineEntry is one such
// change, of the file or of a command to a running lab.
#pragma once

#include "links/link.h"
#include "links/link_change.h"
#include "sim/scenario/scenario.h"

typedef enum {
    TIMELINE_SET,
    TIMELINE_RAMP,
    TIMELINE_DOWN,
    TIMELINE_UP,
    TIMELINE_FLAP,
    TIMELINE_RESTART,
    TIMELINE_RESET, // back to what the file says
} TimelineAction;

#define TIMELINE_FOR_GOOD_NS INT64_C(0)

// The bounds of for_ns and over_ns, and of all times the upper one, so that the instants that come
// of them can be told.
#define TIMELINE_MIN_NS UINT64_C(1000)
#define TIMELINE_MAX_NS (UINT64_C(31622400) * 1000000000)

struct TimelineEntry {
    gint n_references;
    TimelineAction action;
    bool is_partition;            // a TIMELINE_DOWN of the links between groups
    int64_t at_ns;                // from the start of the timeline
    int64_t every_ns;             // 0: once
    int64_t for_ns;               // or TIMELINE_FOR_GOOD_NS
    GPtrArray *links;             // of const LinkSpec, each once; empty for a restart
    bool in[N_LINK_DIRECTIONS];   // the directions of these links
    LinkChange *change;           // of set and ramp
    int64_t over_ns, step_ns;     // of a ramp
    int64_t period_ns, outage_ns; // of a flap: down at the start of each period for so long
    bool carrier;                 // a link that is down both ways shows at its hosts
    GPtrArray *hosts;             // of const NodeSpec: a restart's
    SourcePosition position;      // line 0 for a command
};

typedef enum { TIMELINE_AT_LAUNCH, TIMELINE_AT_FIRST_FRAME, TIMELINE_AT_READY } TimelineStart;

struct TimelineSpec {
    TimelineStart start;
    GPtrArray *tasks;   // of const TaskSpec: those that must be ready
    GPtrArray *entries; // of TimelineEntry, owned, in the file's order
};

// Of both directions, with the defaults of the file.
TimelineEntry *timeline_entry_new(TimelineAction action);
TimelineEntry *timeline_entry_ref(TimelineEntry *entry);
void timeline_entry_unref(TimelineEntry *entry);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(TimelineEntry, timeline_entry_unref)

// "set", "ramp", "down" …; static.
const char *timeline_action_name(const TimelineEntry *entry);

// "both", "forward" or "reverse"; static.
const char *timeline_direction_name(const TimelineEntry *entry);

// Carries out a set or a ramp, as far as it leads, on `to`, which is a copy of `from`. The error
// reads "NAME: what is wrong"; `to` may then be half changed.
bool timeline_entry_try(const TimelineEntry *entry, const LinkConfig *from, LinkConfig *to,
                        GError **error);

TimelineSpec *timeline_spec_new(void);
void timeline_spec_free(TimelineSpec *spec);

// Whether a pattern is more than the name of one link.
bool links_pattern_is_wide(const char *pattern);

// Adds the links that `pattern` means, a name, a glob with * and ?, or "tag:NAME", and that are not
// in `seen`, which gets them as well. False where it means none at all.
bool links_match(const Scenario *scenario, const char *pattern, GHashTable *seen, GPtrArray *links);
