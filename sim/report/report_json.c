// SPDX-License-Identifier: Apache-2.0
// Writes each part of the report as a JSON object; the names carry their units.
#include "sim/report/report_json.h"

#include "sim/report/change_words.h"
#include "sim/report/json_members.h"
#include "sim/report/links_json.h"
#include "sim/report/tasks_json.h"
#include "sim/version.h"

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

    json_open_list(json, has_links ? "links" : "hosts");
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
    if (entry->action == TIMELINE_RAMP)
        json_number(json, "over_s", (double)entry->over_ns / 1e9);
    if (entry->action == TIMELINE_FLAP) {
        json_number(json, "down_s", (double)entry->outage_ns / 1e9);
        json_number(json, "period_s", (double)entry->period_ns / 1e9);
    }
    if (record->reason != NULL)
        json_text(json, "reason", record->reason);
    json_builder_end_object(json);
}

static void json_changes(JsonBuilder *json, const ChangeLog *changes)
{
    json_count(json, "changes_total", change_log_total(changes));
    json_open_list(json, "changes");
    for (unsigned n = 0; n < change_log_count(changes); n++)
        json_change(json, change_log_get(changes, n));
    json_builder_end_array(json);
}

static void json_files(JsonBuilder *json, const Report *report, WriterFileKind kind)
{
    json_open_list(json, kind == WRITER_CAPTURE ? "captures" : "fates");
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
    json_open_list(json, "invalid_reasons");
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
