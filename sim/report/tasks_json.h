// SPDX-License-Identifier: Apache-2.0
// What has come of tasks, with the figures of probes, and of expectations, as JSON.
#pragma once

#include <json-glib/json-glib.h>

#include "sim/report/report.h"

// Each adds a list under its own name to the object that `json` has open.
void json_tasks(JsonBuilder *json, const Report *report);
void json_expectations(JsonBuilder *json, const Report *report);
