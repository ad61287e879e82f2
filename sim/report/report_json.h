// SPDX-License-Identifier: Apache-2.0
// The report as JSON: for --report, and for `taploom show` of a running lab.
#pragma once

#include <json-glib/json-glib.h>

#include "sim/report/report.h"

// The caller owns the node.
JsonNode *report_to_json(const Report *report);
