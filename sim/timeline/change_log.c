// SPDX-License-Identifier: Apache-2.0
// Two arrays: one is filled once, the other is a ring.
#include "sim/timeline/change_log.h"

struct ChangeLog {
    uint64_t total;
    ChangeRecord first[CHANGE_LOG_FIRST];
    ChangeRecord last[CHANGE_LOG_LAST];
};

ChangeLog *change_log_new(void)
{
    return g_new0(ChangeLog, 1);
}

static void record_clear(ChangeRecord *record)
{
    timeline_entry_unref(record->entry);
    g_free(record->reason);
    *record = (ChangeRecord){0};
}

void change_log_free(ChangeLog *log)
{
    if (log == NULL)
        return;
    for (unsigned i = 0; i < CHANGE_LOG_FIRST; i++)
        record_clear(&log->first[i]);
    for (unsigned i = 0; i < CHANGE_LOG_LAST; i++)
        record_clear(&log->last[i]);
    g_free(log);
}

static ChangeRecord *change_log_room(ChangeLog *log, uint64_t number)
{
    return number < CHANGE_LOG_FIRST ? &log->first[number]
                                     : &log->last[(number - CHANGE_LOG_FIRST) % CHANGE_LOG_LAST];
}

void change_log_add(ChangeLog *log, int64_t at_ns, TimelineEntry *entry, ChangeKind kind,
                    char *reason)
{
    ChangeRecord *record = change_log_room(log, log->total++);

    record_clear(record);
    *record = (ChangeRecord){at_ns, timeline_entry_ref(entry), kind, reason};
}

void change_log_follow(ChangeLog *log, const ChangeLog *from)
{
    uint64_t kept_from = MAX(from->total, CHANGE_LOG_FIRST + CHANGE_LOG_LAST) - CHANGE_LOG_LAST;

    while (log->total < from->total) {
        const ChangeRecord *record;

        if (log->total >= CHANGE_LOG_FIRST)
            log->total = MAX(log->total, kept_from);
        record = change_log_room((ChangeLog *)from, log->total);
        change_log_add(log, record->at_ns, record->entry, record->kind, g_strdup(record->reason));
    }
}

uint64_t change_log_total(const ChangeLog *log)
{
    return log->total;
}

unsigned change_log_count(const ChangeLog *log)
{
    return (unsigned)MIN(log->total, CHANGE_LOG_FIRST + CHANGE_LOG_LAST);
}

unsigned change_log_first_count(const ChangeLog *log)
{
    return (unsigned)MIN(log->total, CHANGE_LOG_FIRST);
}

const ChangeRecord *change_log_get(const ChangeLog *log, unsigned n)
{
    uint64_t n_left_out = log->total - change_log_count(log);

    return change_log_room((ChangeLog *)log, n < CHANGE_LOG_FIRST ? n : n + n_left_out);
}
