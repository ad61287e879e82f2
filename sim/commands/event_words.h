// SPDX-License-Identifier: Apache-2.0
// EventWords: rules of `faults` and events of the `timeline`, as the file has them, in plain words.
// The loader has checked them; what is not known here is told as it stands.
#pragma once

#include <stdbool.h>

#include "sim/scenario/document.h"

// The value of a key in a map; NULL without it, and where `map` is none.
const Value *event_entry(const Value *map, const char *key);

// "frames 5, 6, 9 that match "udp" are dropped"; the caller frees it.
char *event_fault_words(const Value *rule);

// Whether a rule is for frames of that direction, which enter at the interface `interface` of
// `node`.
bool event_fault_concerns(const Value *rule, unsigned direction, const char *node,
                          const char *interface);

// "at 10s the loss of atlantic becomes 5%"; the caller frees it.
char *event_timeline_words(const Value *event);
