// SPDX-License-Identifier: Apache-2.0
// FaultScript: rules of `faults` made from words, for tests of what they do.
#pragma once

#include "links/fault/faults.h"

// Adds a rule to `list`: "corrupt", with its parameters as "offset 60B, mask 1" ("" for none) and
// the choice of frames. It may be changed until the list is put into a configuration.
FaultRule *fault_script_add(FaultList *list, const char *action, const char *settings,
                            const char *which);

// A matcher of frames whose byte at `at` (where that is not beyond the end), under `mask`, is
// `value`; to be freed by its rule.
FaultMatcher *fault_script_byte(uint32_t at, uint8_t mask, uint8_t value);

// A matcher of frames of at least that length.
FaultMatcher *fault_script_length(uint32_t length_bytes);
