// SPDX-License-Identifier: Apache-2.0
// Schema: the scenario file as a JSON Schema (draft 7, which editors know best).
#pragma once

#include <json-glib/json-glib.h>

JsonNode *schema_to_json(void);
