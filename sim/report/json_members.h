// SPDX-License-Identifier: Apache-2.0
// JsonMembers: one named value each, into the object that a builder has open.
#pragma once

#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/report/report.h"

void json_count(JsonBuilder *json, const char *name, uint64_t value);
void json_difference(JsonBuilder *json, const char *name, int64_t value);
void json_number(JsonBuilder *json, const char *name, double value);
void json_text(JsonBuilder *json, const char *name, const char *value);
void json_flag(JsonBuilder *json, const char *name, bool value);

// An object, which the caller ends.
void json_open(JsonBuilder *json, const char *name);

// A list, which the caller ends.
void json_open_list(JsonBuilder *json, const char *name);

// An object with the count and the percentiles, in units of `unit_ns`.
void json_spread(JsonBuilder *json, const char *name, const Spread *spread, double unit_ns);

// "dropped_frames": all reasons that occurred; those of `always_mask`, a bit each, also at 0.
void json_drops(JsonBuilder *json, const uint64_t dropped[N_DROP_REASONS], uint64_t always_mask);
