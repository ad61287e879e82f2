// SPDX-License-Identifier: Apache-2.0
// ChangeRequest: what `taploom set`, `link` and `reset` ask a lab for, as entries of a timeline.
//
// {"command": "change", "changes": [{"action": "set", "links": ["atlantic", "tag:wan"],
//   "direction": "forward", "set": ["loss", "5%", "delay", "50ms"], "over": "5s", "for": "10s"}]}
// with the actions set, ramp, down, up and reset; all but action and links may be missing.
#pragma once

#include <json-glib/json-glib.h>

#include "sim/scenario/timeline_spec.h"

// An array of TimelineEntry that owns them; NULL after an error that is the user's.
GPtrArray *change_request_entries(JsonObject *request, const Scenario *scenario, GError **error);
