// SPDX-License-Identifier: Apache-2.0
// SourcePosition: a place in the scenario file.
#pragma once

#include <stddef.h>

typedef struct {
    size_t line, column; // both from 1; line 0 for what no file says
} SourcePosition;
