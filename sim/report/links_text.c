// SPDX-License-Identifier: Apache-2.0
#include "sim/report/links_text.h"

#include <string.h>

#include "sim/report/change_words.h"
#include "sim/report/measured.h"

enum { LINK_CONFIGURED_COLUMNS = 14, LINK_MEASURED_AT = 28 };

static void text_row(TextReport *self, const char *what, const char *configured,
                     const char *measured)
{
    g_string_append_printf(self->text, "    %-8s %-*s", what, LINK_CONFIGURED_COLUMNS, configured);
    if (strlen(configured) > LINK_CONFIGURED_COLUMNS)
        g_string_append_printf(self->text, "\n%*s", LINK_MEASURED_AT - 1, "");
    g_string_append_printf(self->text, " %s\n", measured);
}

static char *spread_words(const Spread *spread)
{
    g_autofree char *p50 = measured_duration(spread->p50_ns);
    g_autofree char *p99 = measured_duration(spread->p99_ns);
    g_autofree char *max = measured_duration(spread->max_ns);

    return g_strdup_printf("%s median, %s p99, %s max", p50, p99, max);
}

static void text_delay(TextReport *self, const DirectionReport *entry, const LinkConfig *config)
{
    g_autofree char *delay = quantity_format_duration(link_config_mean_delay_ns(config));
    g_autofree char *jitter = quantity_format_duration(link_config_jitter_ns(config));
    g_autofree char *configured = link_config_jitter_ns(config) > 0
                                      ? g_strdup_printf("%s +- %s", delay, jitter)
                                      : g_strdup(delay);
    g_autofree char *measured = spread_words(&entry->delay);

    text_row(self, "delay", configured, entry->delay.count > 0 ? measured : "no frames");
}

static void text_rate(TextReport *self, const DirectionReport *entry, const LinkConfig *config)
{
    g_autofree char *mean = measured_rate(entry->mean_rate_bps);
    g_autofree char *peak = measured_rate(entry->peak_rate_bps);
    g_autofree char *measured = g_strdup_printf("%s mean, %s busiest second", mean, peak);
    g_autofree char *rate = quantity_format_rate(link_config_rate_bps(config));
    g_autofree char *limit = quantity_format_limit(link_config_queue_limit(config));
    g_autofree char *queue = spread_words(&entry->queue);
    g_autofree char *backlog = g_strdup_printf(
        "%" G_GINT64_FORMAT " frames median, %" G_GINT64_FORMAT " p99, %" G_GINT64_FORMAT " max",
        entry->queue_frames.p50_ns, entry->queue_frames.p99_ns, entry->queue_frames.max_ns);

    if (link_config_rate_bps(config) == 0) {
        text_row(self, "rate", "unlimited", measured);
        return;
    }
    text_row(self, "rate", rate, measured);
    text_row(self, "queue", limit, queue);
    text_row(self, "backlog", "", backlog);
}

// The share that the model asks for, or its name where that is none (a list that ends).
static char *text_configured_loss(const LinkConfig *config)
{
    if (link_config_loss(config) == 0 && link_config_loses_in_runs(config))
        return g_strdup(link_config_loss_model(config));
    return quantity_format_probability(link_config_loss(config));
}

static void text_loss(TextReport *self, const DirectionReport *entry, const LinkConfig *config)
{
    g_autofree char *configured = text_configured_loss(config);
    g_autofree char *measured = NULL;

    if (link_config_loss(config) == 0 && entry->loss.n_hits == 0)
        return;
    measured =
        g_strdup_printf("%.3g%% (%.3g to %.3g%% at 95 %% confidence)", 100 * entry->loss.share,
                        100 * entry->loss.low, 100 * entry->loss.high);
    text_row(self, "loss", configured, entry->loss.n_trials > 0 ? measured : "no frames");
}

// How long bursts were and how far apart; of independent losses that says nothing new.
static void text_loss_runs(TextReport *self, const DirectionReport *entry, const LinkConfig *config)
{
    double burst = run_lengths_mean(&entry->loss_bursts), gap = run_lengths_mean(&entry->loss_gaps);
    char max_burst[MEASURED_COUNT_BYTES], max_gap[MEASURED_COUNT_BYTES];
    g_autofree char *measured = NULL;

    if (burst == 0 || !link_config_loses_in_runs(config))
        return;
    measured = g_strdup_printf(
        "mean %.*f, max %s; gaps: mean %.*f, max %s", burst < 100 ? 2 : 0, burst,
        measured_count(max_burst, counter_get(&entry->loss_bursts.max)), gap < 100 ? 2 : 0, gap,
        measured_count(max_gap, counter_get(&entry->loss_gaps.max)));
    text_row(self, "bursts", link_config_loss_model(config), measured);
}

// By RFC 4737. What was asked for has no short form: a share of frames, or any jitter.
static void text_reordering(TextReport *self, const DirectionReport *entry)
{
    const ReorderingReport *reordering = &entry->reordering;
    g_autofree char *measured = NULL;

    if (!reordering->is_watched)
        return;
    measured =
        g_strdup_printf("%.3g%%, extent %.3g mean, %" G_GUINT64_FORMAT " max, %.3g%% 3-reordered",
                        100 * reordering->ratio, reordering->mean_extent, reordering->max_extent,
                        100 * reordering->n_ratio);
    text_row(self, "reorder", "", measured);
}

// "in 12,345 = out 12,200 + dropped 145 (loss 123, queue-full 22) + held 0"
static void text_accounts(TextReport *self, const DirectionReport *entry)
{
    g_autoptr(GString) words = g_string_new("frames: ");
    char room[MEASURED_COUNT_BYTES];
    const char *separator = " (";
    uint64_t n_dropped = 0;

    for (int reason = 0; reason < N_DROP_REASONS; reason++)
        n_dropped += entry->dropped_frames[reason];
    g_string_append_printf(words, "in %s", measured_count(room, entry->in_frames));
    if (entry->copied_frames > 0)
        g_string_append_printf(words, " + copied %s", measured_count(room, entry->copied_frames));
    g_string_append_printf(words, " = out %s", measured_count(room, entry->out_frames));
    g_string_append_printf(words, " + dropped %s", measured_count(room, n_dropped));
    for (int reason = 0; reason < N_DROP_REASONS; reason++) {
        if (entry->dropped_frames[reason] == 0)
            continue;
        g_string_append_printf(words, "%s%s %s", separator, drop_reason_name((DropReason)reason),
                               measured_count(room, entry->dropped_frames[reason]));
        separator = ", ";
    }
    g_string_append_printf(words, "%s + held %s", n_dropped > 0 ? ")" : "",
                           measured_count(room, entry->held_frames));
    if (entry->unaccounted_frames != 0)
        g_string_append_printf(words, " + UNACCOUNTED %" G_GINT64_FORMAT,
                               entry->unaccounted_frames);
    if (entry->marked_frames > 0)
        g_string_append_printf(words, "; marked %s", measured_count(room, entry->marked_frames));
    if (entry->corrupted_frames > 0)
        g_string_append_printf(words, "; corrupted %s",
                               measured_count(room, entry->corrupted_frames));
    text_wrapped(self, words->str, 4);
}

// "fault 1 (drop, which 5, 6, 9): matched 12, hit 3"
static void text_faults(TextReport *self, const GArray *faults)
{
    char matched[MEASURED_COUNT_BYTES], hit[MEASURED_COUNT_BYTES];

    for (guint i = 0; i < faults->len; i++) {
        const FaultReport *entry = &g_array_index(faults, FaultReport, i);
        g_autofree char *words = g_strdup_printf(
            "fault %u (%s): matched %s, hit %s", entry->rule->number, entry->rule->text,
            measured_count(matched, entry->matched_frames), measured_count(hit, entry->hit_frames));

        text_wrapped(self, words, 4);
    }
}

static void text_ends(TextReport *self, const DirectionReport *entry)
{
    g_autofree char *words = g_strdup_printf("%s to %s", entry->from, entry->to);

    text_wrapped(self, words, 2);
}

// What the figures are compared with is the file; a link may have been something else.
static void text_in_force(TextReport *self, const LinkInForce *in_force)
{
    g_autofree char *state = NULL, *words = NULL;
    char room[MEASURED_COUNT_BYTES];

    if (in_force->n_changes == 0 && !in_force->is_down)
        return;
    state = link_state_words(in_force->config, in_force->is_down);
    words = in_force->n_changes == 1
                ? g_strdup_printf("changed once from what the file says: %s", state)
                : g_strdup_printf("changed %s times from what the file says, at last: %s",
                                  measured_count(room, in_force->n_changes), state);
    text_wrapped(self, words, 4);
}

static void text_replay(TextReport *self, const DirectionReport *entry)
{
    g_autofree char *words = NULL;
    char room[MEASURED_COUNT_BYTES];

    if (!entry->is_replayed)
        return;
    words =
        entry->unrecorded_frames == 0
            ? g_strdup("fates as recorded")
            : g_strdup_printf("fates as recorded, but for %s frames beyond the recording, which "
                              "met rate and delay only",
                              measured_count(room, entry->unrecorded_frames));
    text_wrapped(self, words, 4);
}

void text_links(TextReport *self, const Report *report)
{
    for (guint i = 0; i < report->directions->len; i++) {
        const DirectionReport *entry = &g_array_index(report->directions, DirectionReport, i);
        const LinkConfig *config = entry->link->directions[entry->direction];

        if (entry->direction == LINK_FORWARD) {
            g_autofree char *heading = g_strdup_printf("link %s", entry->link->name);

            text_heading(self, heading);
        }
        text_ends(self, entry);
        text_in_force(self, &entry->in_force);
        text_replay(self, entry);
        if (entry->in_frames == 0) {
            g_string_append(self->text, "    no frames\n");
            continue;
        }
        text_rate(self, entry, config);
        text_delay(self, entry, config);
        text_loss(self, entry, config);
        text_loss_runs(self, entry, config);
        text_reordering(self, entry);
        text_accounts(self, entry);
        text_faults(self, entry->faults);
    }
}
