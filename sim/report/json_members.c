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
