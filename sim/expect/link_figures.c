// SPDX-License-Identifier: Apache-2.0
#include "sim/expect/link_figures.h"

#include <string.h>

// Plain counts, and where they stand.
static const struct {
    const char *name;
    size_t offset;
} link_counts[] = {
    {"in", offsetof(DirectionReport, in_frames)},
    {"out", offsetof(DirectionReport, out_frames)},
    {"copied", offsetof(DirectionReport, copied_frames)},
    {"marked", offsetof(DirectionReport, marked_frames)},
    {"corrupted", offsetof(DirectionReport, corrupted_frames)},
    {"late", offsetof(DirectionReport, late_frames)},
    {"reordered", offsetof(DirectionReport, reordering.reordered_frames)},
    {"throughput", offsetof(DirectionReport, mean_rate_bps)},
    {"throughput.peak", offsetof(DirectionReport, peak_rate_bps)},
};

static const struct {
    const char *name;
    size_t offset;
} link_spreads[] = {
    {"delay.", offsetof(DirectionReport, delay)},
    {"queue.", offsetof(DirectionReport, queue)},
    {"backlog.", offsetof(DirectionReport, queue_frames)},
    {"lateness.", offsetof(DirectionReport, lateness)},
};

static const struct {
    const char *name;
    size_t offset;
} spread_parts[] = {
    {"p50", offsetof(Spread, p50_ns)},    {"p90", offsetof(Spread, p90_ns)},
    {"p95", offsetof(Spread, p95_ns)},    {"p99", offsetof(Spread, p99_ns)},
    {"p99.9", offsetof(Spread, p999_ns)}, {"max", offsetof(Spread, max_ns)},
};

static bool spread_figure(const Spread *spread, const char *part, double *value,
                          const char **reason)
{
    if (spread->count == 0) {
        *reason = "nothing, since no frame left the link";
        return false;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(spread_parts); i++) {
        if (strcmp(part, spread_parts[i].name) == 0) {
            *value = (double)G_STRUCT_MEMBER(int64_t, spread, spread_parts[i].offset);
            return true;
        }
    }
    g_assert_not_reached();
}

static double dropped_figure(const DirectionReport *entry, const char *reason_name)
{
    uint64_t n_frames = 0;

    for (int reason = 0; reason < N_DROP_REASONS; reason++)
        if (*reason_name == '\0' ||
            strcmp(reason_name + 1, drop_reason_name((DropReason)reason)) == 0)
            n_frames += entry->dropped_frames[reason];
    return (double)n_frames;
}

static bool share_figure(double part, double whole, const char *without, double *value,
                         const char **reason)
{
    if (whole == 0) {
        *reason = without;
        return false;
    }
    *value = part / whole;
    return true;
}

bool link_figure(const DirectionReport *entry, const char *metric, double *value,
                 const char **reason)
{
    if (strcmp(metric, "loss") == 0)
        return share_figure((double)entry->loss.n_hits, (double)entry->loss.n_trials,
                            "nothing, since no frame entered the link", value, reason);
    if (strcmp(metric, "utilisation") == 0)
        return share_figure((double)entry->mean_rate_bps,
                            (double)link_config_rate_bps(entry->link->directions[entry->direction]),
                            "nothing, since the link has no rate:", value, reason);
    if (g_str_has_prefix(metric, "dropped")) {
        *value = dropped_figure(entry, metric + strlen("dropped"));
        return true;
    }
    if (strcmp(metric, "reordered") == 0 && !entry->reordering.is_watched) {
        *value = 0; // nothing on the link could reorder
        return true;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(link_counts); i++) {
        if (strcmp(metric, link_counts[i].name) == 0) {
            *value = (double)G_STRUCT_MEMBER(uint64_t, entry, link_counts[i].offset);
            return true;
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(link_spreads); i++)
        if (g_str_has_prefix(metric, link_spreads[i].name))
            return spread_figure(&G_STRUCT_MEMBER(Spread, entry, link_spreads[i].offset),
                                 metric + strlen(link_spreads[i].name), value, reason);
    g_assert_not_reached();
}
