// SPDX-License-Identifier: Apache-2.0
#include "sim/report/json_members.h"

void json_count(JsonBuilder *json, const char *name, uint64_t value)
{
    json_builder_set_member_name(json, name);
    json_builder_add_int_value(json, (gint64)value);
}

void json_difference(JsonBuilder *json, const char *name, int64_t value)
{
    json_builder_set_member_name(json, name);
    json_builder_add_int_value(json, value);
}

void json_number(JsonBuilder *json, const char *name, double value)
{
    json_builder_set_member_name(json, name);
    json_builder_add_double_value(json, value);
}

// json-glib 1.6 escapes all control characters but the last, U+001F, which JSON forbids as it
// is: it becomes a blank.
void json_text(JsonBuilder *json, const char *name, const char *value)
{
    g_autofree char *text = g_strdelimit(g_strdup(value), "\x1f", ' ');

    json_builder_set_member_name(json, name);
    json_builder_add_string_value(json, text);
}

void json_flag(JsonBuilder *json, const char *name, bool value)
{
    json_builder_set_member_name(json, name);
    json_builder_add_boolean_value(json, value);
}

void json_open(JsonBuilder *json, const char *name)
{
    json_builder_set_member_name(json, name);
    json_builder_begin_object(json);
}

void json_open_list(JsonBuilder *json, const char *name)
{
    json_builder_set_member_name(json, name);
    json_builder_begin_array(json);
}

void json_spread(JsonBuilder *json, const char *name, const Spread *spread, double unit_ns)
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

void json_drops(JsonBuilder *json, const uint64_t dropped[N_DROP_REASONS], uint64_t always_mask)
{
    json_open(json, "dropped_frames");
    for (int reason = 0; reason < N_DROP_REASONS; reason++)
        if (dropped[reason] > 0 || (always_mask >> reason & 1) != 0)
            json_count(json, drop_reason_name((DropReason)reason), dropped[reason]);
    json_builder_end_object(json);
}
