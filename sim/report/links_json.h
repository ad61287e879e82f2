// SPDX-License-Identifier: Apache-2.0
// What the directions of links were asked for and have done, as JSON.
#pragma once

#include <json-glib/json-glib.h>

#include "sim/report/report.h"

// Adds an object under its own name, "links", to the object that `json` has open.
void json_links(JsonBuilder *json, const Report *report);
