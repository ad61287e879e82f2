// SPDX-License-Identifier: Apache-2.0
// ChangeLog: what was changed while a scenario ran, and when: the first and the last changes one by
// one, those between as a number.
#pragma once

#include <stdint.h>

#include "sim/scenario/timeline_spec.h"

typedef struct ChangeLog ChangeLog;

typedef enum {
    CHANGE_BEGUN,    // put in force, or the start of a ramp
    CHANGE_ENDED,    // a ramp has come to its end
    CHANGE_PUT_BACK, // what `for:` was asked for is over
    CHANGE_REFUSED,  // left out: it made no sense to its links as they were
} ChangeKind;

typedef struct {
    int64_t at_ns; // engine time
    TimelineEntry *entry;
    ChangeKind kind;
    char *reason; // why it was refused; else NULL
} ChangeRecord;

enum { CHANGE_LOG_FIRST = 1000, CHANGE_LOG_LAST = 1000 };

ChangeLog *change_log_new(void);
void change_log_free(ChangeLog *log);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ChangeLog, change_log_free)

// Takes a reference to the entry, and `reason`.
void change_log_add(ChangeLog *log, int64_t at_ns, TimelineEntry *entry, ChangeKind kind,
                    char *reason);

// Adds what has been added to `from` since `log` was the same, or empty.
void change_log_follow(ChangeLog *log, const ChangeLog *from);

// All that were ever added; those that are kept; and how many of these come before the gap.
uint64_t change_log_total(const ChangeLog *log);
unsigned change_log_count(const ChangeLog *log);
unsigned change_log_first_count(const ChangeLog *log);

// The n-th of those kept, in order.
const ChangeRecord *change_log_get(const ChangeLog *log, unsigned n);
