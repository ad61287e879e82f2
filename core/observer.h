// SPDX-License-Identifier: Apache-2.0
// Observer: sees frames pass at a point without owning them. A capture is one.
#pragma once

#include <stdint.h>

#include "core/sink.h"

typedef struct Observer Observer;

struct Observer {
    // Sees `frame` at engine time `at_ns`; must neither keep nor change it. Runs on a frame's way.
    void (*see)(Observer *self, const Frame *frame, int64_t at_ns);
    Observer *next; // observers of one point form a list, NULL ends it
};

static inline void observers_see(Observer *first, const Frame *frame, int64_t at_ns)
{
    for (Observer *observer = first; observer != NULL; observer = observer->next)
        observer->see(observer, frame, at_ns);
}
