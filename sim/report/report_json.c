// SPDX-License-Identifier: Apache-2.0
// Writes each part of the report as a JSON object; the names carry their units.
#include "sim/report/report_json.h"

#include "sim/report/change_words.h"
#include "sim/report/json_members.h"
#include "sim/report/tasks_json.h"
#include "sim/version.h"

static void json_spread(JsonBuilder *json, const char *name, const Spread *spread, double unit_ns)
{
    json_open(json, name);
    json_count(json, "count", spread->count);
    json_number(json, "p50", (double)spread->p50_ns / unit_ns);
    json_number(json, "p90", (double)spread->p90_ns / unit_ns);
    json_number(json, "p95", (double)spread->p95_ns / unit_ns);
    json_number(json, "p99", (double)spread->p99_ns / unit_ns);
    json_number(json, "p999", (double)spread->p999_ns / unit_ns);
    json_number(json, "max", (double)spread->max_ns / unit_ns);
    json_builder_end_object(json);
}

// All reasons that occurred; those of `always` also at 0.
static void json_drops(JsonBuilder *json, const uint64_t dropped[N_DROP_REASONS],
                       uint64_t always_mask)
{
    json_open(json, "dropped_frames");
    for (int reason = 0; reason < N_DROP_REASONS; reason++)
        if (dropped[reason] > 0 || (always_mask >> reason & 1) != 0)
            json_count(json, drop_reason_name((DropReason)reason), dropped[reason]);
    json_builder_end_object(json);
}

static void json_config(JsonBuilder *json, const char *name, const LinkConfig *config)
{
    json_open(json, name);
    json_number(json, "delay_ms", (double)link_config_delay_ns(config) / 1e6);
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
    json_builder_set_member_name(json, "classes");
    json_builder_begin_array(json);
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
    json_builder_set_member_name(json, "loss_interval_95");
    json_builder_begin_array(json);
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
    json_builder_set_member_name(json, "faults");
    json_builder_begin_array(json);
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

static void json_links(JsonBuilder *json, const Report *report)
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

static void json_devices(JsonBuilder *json, const Report *report)
{
    json_open(json, "devices");
    for (guint i = 0; i < report->devices->len; i++) {
        const DeviceReport *entry = &g_array_index(report->devices, DeviceReport, i);
        g_autofree char *name =
            g_strdup_printf("%s:%s", entry->interface->node->name, entry->interface->name);

        json_open(json, name);
        json_count(json, "read_frames", entry->read_frames);
        json_count(json, "read_bytes", entry->read_bytes);
        json_count(json, "written_frames", entry->written_frames);
        json_count(json, "written_bytes", entry->written_bytes);
        json_count(json, "held_frames", entry->held_frames);
        json_drops(json, entry->dropped_frames, 0);
        json_difference(json, "unaccounted_frames", entry->unaccounted_frames);
        if (entry->has_kernel_drops) {
            json_count(json, "kernel_dropped_frames", entry->kernel_dropped_to_us);
            json_flag(json, "lost_carrier", entry->has_lost_carrier);
            json_count(json, "host_dropped_frames", entry->kernel_dropped_to_host);
        }
        json_builder_end_object(json);
    }
    json_builder_end_object(json);
}

static void json_nodes(JsonBuilder *json, const Report *report)
{
    json_open(json, "nodes");
    for (guint i = 0; i < report->nodes->len; i++) {
        const NodeReport *entry = &g_array_index(report->nodes, NodeReport, i);

        json_open(json, entry->node->name);
        json_count(json, "in_frames", entry->in_frames);
        json_count(json, "out_frames", entry->out_frames);
        json_count(json, "copied_frames", entry->copied_frames);
        json_drops(json, entry->dropped_frames, 0);
        json_difference(json, "unaccounted_frames", entry->unaccounted_frames);
        json_builder_end_object(json);
    }
    json_builder_end_object(json);
}

static void json_names_of_change(JsonBuilder *json, const TimelineEntry *entry)
{
    bool has_links = entry->action != TIMELINE_RESTART;
    const GPtrArray *places = has_links ? entry->links : entry->hosts;

    json_builder_set_member_name(json, has_links ? "links" : "hosts");
    json_builder_begin_array(json);
    for (guint i = 0; i < places->len; i++) {
        const char *name = has_links ? ((LinkSpec *)g_ptr_array_index(places, i))->name
                                     : ((NodeSpec *)g_ptr_array_index(places, i))->name;

        json_builder_add_string_value(json, name);
    }
    json_builder_end_array(json);
}

static void json_change(JsonBuilder *json, const ChangeRecord *record)
{
    static const char *const kinds[] = {[CHANGE_BEGUN] = "begun",
                                        [CHANGE_ENDED] = "ended",
                                        [CHANGE_PUT_BACK] = "put-back",
                                        [CHANGE_REFUSED] = "left-out"};
    const TimelineEntry *entry = record->entry;
    g_autofree char *origin = change_origin_words(entry);

    json_builder_begin_object(json);
    json_number(json, "at_s", (double)record->at_ns / 1e9);
    json_text(json, "by", origin);
    json_text(json, "action", timeline_action_name(entry));
    json_text(json, "event", kinds[record->kind]);
    json_names_of_change(json, entry);
    json_text(json, "direction", timeline_direction_name(entry));
    if (link_change_count(entry->change) > 0) {
        json_open(json, "set");
        for (unsigned n = 0; n < link_change_count(entry->change); n++)
            json_text(json, link_change_name(entry->change, n), link_change_text(entry->change, n));
        json_builder_end_object(json);
    }
    if (record->reason != NULL)
        json_text(json, "reason", record->reason);
    json_builder_end_object(json);
}

static void json_changes(JsonBuilder *json, const ChangeLog *changes)
{
    json_count(json, "changes_total", change_log_total(changes));
    json_builder_set_member_name(json, "changes");
    json_builder_begin_array(json);
    for (unsigned n = 0; n < change_log_count(changes); n++)
        json_change(json, change_log_get(changes, n));
    json_builder_end_array(json);
}

static void json_files(JsonBuilder *json, const Report *report, WriterFileKind kind)
{
    json_builder_set_member_name(json, kind == WRITER_CAPTURE ? "captures" : "fates");
    json_builder_begin_array(json);
    for (guint i = 0; i < report->files->len; i++) {
        const WriterResult *entry = &g_array_index(report->files, WriterResult, i);

        if (entry->kind != kind)
            continue;
        json_builder_begin_object(json);
        json_text(json, "file", entry->path);
        if (kind == WRITER_CAPTURE)
            json_text(json, "interface", entry->point);
        json_count(json, "written_frames", entry->written_frames);
        json_count(json, "lost_frames", entry->lost_frames);
        if (entry->error != NULL)
            json_text(json, "error", entry->error);
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
}

static void json_grants(JsonBuilder *json, const Grants *grants)
{
    json_open(json, "realtime");
    for (GrantKind kind = 0; kind < N_GRANTS; kind++) {
        const Grant *grant = grants_get(grants, kind);

        if (!grant->is_asked)
            continue;
        json_open(json, grant->name);
        json_flag(json, "granted", grant->refusal == NULL);
        if (grant->refusal != NULL)
            json_text(json, "refusal", grant->refusal);
        else if (kind == GRANT_PINNED_CORE)
            json_count(json, "core", (uint64_t)grants_core(grants));
        json_builder_end_object(json);
    }
    json_builder_end_object(json);
}

static void json_machine(JsonBuilder *json, const MachineShares *machine)
{
    if (!machine->is_known)
        return;
    json_open(json, "machine");
    json_number(json, "busy", machine->busy);
    json_number(json, "stolen", machine->stolen);
    json_number(json, "others", machine->others);
    json_number(json, "held_back", machine->held_back);
    json_builder_end_object(json);
}

static void json_variables(JsonBuilder *json, const GPtrArray *variables)
{
    if (variables->len == 0)
        return;
    json_open(json, "variables");
    for (guint i = 0; i < variables->len; i++) {
        const SettingSpec *variable = g_ptr_array_index(variables, i);

        json_text(json, variable->key, variable->value);
    }
    json_builder_end_object(json);
}

JsonNode *report_to_json(const Report *report)
{
    g_autoptr(JsonBuilder) json = json_builder_new();

    json_builder_begin_object(json);
    json_text(json, "taploom", TAPLOOM_VERSION);
    json_text(json, "scenario", report->scenario->name);
    json_count(json, "seed", report->seed);
    json_variables(json, report->scenario->variables);
    json_number(json, "elapsed_s", (double)report->elapsed_ns / 1e9);
    json_flag(json, "interrupted", report->interrupted);
    json_flag(json, "valid", report->verdict.valid);
    json_builder_set_member_name(json, "invalid_reasons");
    json_builder_begin_array(json);
    for (guint i = 0; i < report->verdict.reasons->len; i++)
        json_builder_add_string_value(json, g_ptr_array_index(report->verdict.reasons, i));
    json_builder_end_array(json);
    json_spread(json, "lateness_us", &report->lateness, 1e3);
    json_machine(json, &report->machine);
    json_links(json, report);
    json_devices(json, report);
    json_nodes(json, report);
    if (report->changes != NULL)
        json_changes(json, report->changes);
    json_tasks(json, report);
    json_expectations(json, report);
    json_files(json, report, WRITER_CAPTURE);
    json_files(json, report, WRITER_FATES);
    if (report->grants != NULL)
        json_grants(json, report->grants);
    json_builder_end_object(json);
    return json_builder_get_root(json);
}
