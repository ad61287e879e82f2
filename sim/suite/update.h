// SPDX-License-Identifier: Apache-2.0
// Update: writes what was measured into the scenario files that expected something else.
#pragma once

#include "sim/suite/test.h"

typedef struct {
    guint n_failed;   // tests that would still fail
    bool was_refused; // a file could not be written
} UpdateResult;

// Changes each value of `expect:` that did not hold in a run, so that it allows what all `tests`
// with it came to (revision_new()), and nothing else of the file (rewrite_scalar()). Runs that were
// not valid, or in which a task failed, have no say. `tell` is given one line, without its end, for
// each change, for each value that did not hold and is left as it was, for each run without a say
// and for each file that could not be written.
UpdateResult update_scenarios(const GPtrArray *tests, void (*tell)(void *data, const char *line),
                              void *data);
