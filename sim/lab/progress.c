// SPDX-License-Identifier: Apache-2.0
#include "sim/lab/progress.h"

#include "core/scale.h"

char *progress_text(Progress *self, const Lab *lab, const TaskSpec *task)
{
    LinkTotals totals = lab_link_totals(lab);
    int64_t now_ns = lab_elapsed_ns(lab);
    bool has_host = task != NULL && task->node != NULL;
    uint64_t bps = 0;

    if (now_ns > self->at_ns)
        bps = scale(totals.out_bytes - self->bytes, 8 * UINT64_C(1000000000),
                    (uint64_t)(now_ns - self->at_ns));
    self->at_ns = now_ns;
    self->bytes = totals.out_bytes;
    return g_strdup_printf(
        "%.1f s  %" G_GUINT64_FORMAT " frames, %" G_GUINT64_FORMAT " dropped, %.2f Mbit/s  %s%s%s",
        (double)now_ns / 1e9, totals.out_frames, totals.dropped_frames, (double)bps / 1e6,
        has_host       ? task->node->name
        : task != NULL ? ""
                       : "until Ctrl-C",
        has_host ? ": " : "", task != NULL ? task->command : "");
}
