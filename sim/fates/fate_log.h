// SPDX-License-Identifier: Apache-2.0
// FateLog: a file that says of every frame of some links what became of it: when it came, when it
// left or was dropped and why, and what its delay was made of. Each segment of a super-frame has a
// line of its own. CSV (RFC 4180) with a line of names first, or a JSON object a line.
#pragma once

#include "links/link.h"
#include "sim/capture/writer.h"

typedef struct FateLog FateLog;

typedef enum { FATES_CSV, FATES_JSONL } FateFormat;

// As writer_open(); the log is owned by the writer. Only before the start.
FateLog *fate_log_add(Writer *writer, const char *path, FateFormat format, GError **error);

// From now on writes what becomes of frames in that direction of `link`, which must outlive the
// log's last frame as the log must the link's.
void fate_log_watch(FateLog *log, Link *link, LinkDirection direction);
