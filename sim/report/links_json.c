// SPDX-License-Identifier: Apache-2.0
#include "sim/report/links_json.h"

#include "sim/report/change_words.h"
#include "sim/report/json_members.h"

static void json_config(JsonBuilder *json, const char *name, const LinkConfig *config)
{
    json_open(json, name);
    json_number(json, "delay_ms", (double)link_config_mean_delay_ns(config) / 1e6);
    json_number(json, "jitter_ms", (double)link_config_jitter_ns(config) / 1e6);
    json_number(json, "loss", probability_to_double(link_config_loss(config)));
    if (link_config_rate_bps(config) > 0) {
        g_autofree char *queue = quantity_format_limit(link_config_queue_limit(config));

        json_count(json, "rate_bps", link_config_rate_bps(config));
        json_text(json, "queue", queue);
    }
    json_builder_end_object(json);
}

// The classes that occurred, each by its shortest and longest length.
static void json_run_classes(JsonBuilder *json, const RunLengths *lengths)
{
    json_open_list(json, "classes");
    for (unsigned class = 0; class < RUN_LENGTHS_N_CLASSES; class ++) {
        if (counter_get(&lengths->classes[class]) == 0)
            continue;
        json_builder_begin_object(json);
        json_count(json, "from", run_lengths_class_low(class));
        json_count(json, "to", MIN(run_lengths_class_high(class), counter_get(&lengths->max)));
        json_count(json, "count", counter_get(&lengths->classes[class]));
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
}

static void json_run_lengths(JsonBuilder *json, const char *name, const RunLengths *lengths)
{
    json_open(json, name);
    json_count(json, "count", counter_get(&lengths->count));
    json_number(json, "mean", run_lengths_mean(lengths));
    json_count(json, "p50", run_lengths_percentile(lengths, 50));
    json_count(json, "p99", run_lengths_percentile(lengths, 99));
    json_count(json, "max", counter_get(&lengths->max));
    json_run_classes(json, lengths);
    json_builder_end_object(json);
}

static void json_reordering(JsonBuilder *json, const ReorderingReport *reordering)
{
    json_open(json, "reordering");
    json_count(json, "reordered_frames", reordering->reordered_frames);
    json_number(json, "ratio", reordering->ratio);
    json_number(json, "mean_extent", reordering->mean_extent);
    json_count(json, "max_extent", reordering->max_extent);
    json_count(json, "3_reordered_frames", reordering->n_reordered_frames);
    json_number(json, "3_reordered_ratio", reordering->n_ratio);
    json_builder_end_object(json);
}

static void json_in_force(JsonBuilder *json, const LinkInForce *in_force)
{
    g_autofree char *words = link_state_words(in_force->config, in_force->is_down);

    json_count(json, "changes", in_force->n_changes);
    json_flag(json, "down", in_force->is_down);
    json_text(json, "now", words);
    if (in_force->n_changes > 0)
        json_config(json, "in_force", in_force->config);
}

static void json_measured(JsonBuilder *json, const DirectionReport *entry)
{
    json_open(json, "measured");
    json_spread(json, "delay_ms", &entry->delay, 1e6);
    json_spread(json, "queue_ms", &entry->queue, 1e6);
    json_spread(json, "queue_frames", &entry->queue_frames, 1);
    json_number(json, "loss", entry->loss.share);
    json_open_list(json, "loss_interval_95");
    json_builder_add_double_value(json, entry->loss.low);
    json_builder_add_double_value(json, entry->loss.high);
    json_builder_end_array(json);
    json_run_lengths(json, "loss_burst_frames", &entry->loss_bursts);
    json_run_lengths(json, "loss_gap_frames", &entry->loss_gaps);
    json_count(json, "rate_bps", entry->mean_rate_bps);
    json_count(json, "busiest_second_bps", entry->peak_rate_bps);
    json_spread(json, "lateness_us", &entry->lateness, 1e3);
    json_count(json, "late_frames", entry->late_frames);
    json_number(json, "late_above_ms", (double)entry->late_ns / 1e6);
    if (entry->reordering.is_watched)
        json_reordering(json, &entry->reordering);
    json_builder_end_object(json);
}

static void json_faults(JsonBuilder *json, const GArray *faults)
{
    if (faults->len == 0)
        return;
    json_open_list(json, "faults");
    for (guint i = 0; i < faults->len; i++) {
        const FaultReport *entry = &g_array_index(faults, FaultReport, i);

        json_builder_begin_object(json);
        json_count(json, "number", entry->rule->number);
        json_text(json, "rule", entry->rule->text);
        json_count(json, "matched_frames", entry->matched_frames);
        json_count(json, "hit_frames", entry->hit_frames);
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
}

static void json_direction(JsonBuilder *json, const DirectionReport *entry)
{
    json_open(json, entry->direction == LINK_FORWARD ? "forward" : "reverse");
    json_text(json, "from", entry->from);
    json_text(json, "to", entry->to);
    json_count(json, "in_frames", entry->in_frames);
    json_count(json, "in_bytes", entry->in_bytes);
    json_count(json, "out_frames", entry->out_frames);
    json_count(json, "out_bytes", entry->out_bytes);
    json_count(json, "copied_frames", entry->copied_frames);
    json_count(json, "held_frames", entry->held_frames);
    json_count(json, "marked_frames", entry->marked_frames);
    json_count(json, "corrupted_frames", entry->corrupted_frames);
    json_drops(json, entry->dropped_frames, 1u << DROP_QUEUE_FULL | 1u << DROP_LOSS);
    json_difference(json, "unaccounted_frames", entry->unaccounted_frames);
    json_config(json, "configured", entry->link->directions[entry->direction]);
    json_in_force(json, &entry->in_force);
    json_measured(json, entry);
    json_faults(json, entry->faults);
    if (entry->is_replayed)
        json_count(json, "unrecorded_frames", entry->unrecorded_frames);
    json_builder_end_object(json);
}

void json_links(JsonBuilder *json, const Report *report)
{
    json_open(json, "links");
    for (guint i = 0; i + 1 < report->directions->len; i += N_LINK_DIRECTIONS) {
        const DirectionReport *pair = &g_array_index(report->directions, DirectionReport, i);

        json_open(json, pair->link->name);
        json_direction(json, &pair[LINK_FORWARD]);
        json_direction(json, &pair[LINK_REVERSE]);
        json_builder_end_object(json);
    }
    json_builder_end_object(json);
}
