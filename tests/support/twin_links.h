// SPDX-License-Identifier: Apache-2.0
// TwinLinks: two equal links on one engine. The same bursts go over one of them as super-frames and
// over the other segment by segment, and what comes out is compared:
//
//     stream --+-- super-frames ---> link "same" ---> cut into segments --+
//              +-- segments -------> link "same" -------------------------+--> equal?
#pragma once

#include <glib.h>

#include "links/link.h"
#include "tests/support/stream.h"

enum { TWIN_BURST_MAX_BYTES = 65000 };

typedef struct {
    int64_t at_ns;
    uint64_t index;
    uint32_t length_bytes;
    char *digest; // of the bytes
} TwinArrival;

typedef struct {
    Sink sink;
    Engine *engine;
    Link *link;
    GArray *arrivals; // of TwinArrival, one for each segment
} TwinLink;

typedef struct {
    Engine *engine;
    FramePool *pool;
    LinkConfig *config; // of both, in both directions
    TwinLink wholes, segments;
} TwinLinks;

// `text` configures both, as link_rig_config() has it.
void twin_links_open(TwinLinks *twins, const char *text);
void twin_links_close(TwinLinks *twins);

// One burst, over both links, now.
void twin_links_push(TwinLinks *twins, Stream *stream, const StreamBurst *burst);

// `n_bursts` random bursts of several streams, `gap_ns` apart at most, until nothing moves any
// more. Between them one of `changes`, ended by NULL, is put in force now and then; NULL: the
// configuration stays.
void twin_links_load(TwinLinks *twins, unsigned n_bursts, int64_t gap_ns,
                     const char *const *changes, uint64_t seed);

void twin_links_run_to_end(TwinLinks *twins);

// Fails the test unless all counters agree, and all that arrived does, but for its time: as
// super-frames it may come later, by at most `tolerance_ns`.
void twin_links_assert_same(const TwinLinks *twins, int64_t tolerance_ns);

// The sum of what segments came later as super-frames.
int64_t twin_links_waited_ns(const TwinLinks *twins);
