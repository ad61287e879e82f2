// SPDX-License-Identifier: Apache-2.0
// The configuration of a direction's spacing.
#pragma once

#include "links/stage.h"

typedef struct {
    int64_t spacing_ns;
} SpacingConfig;

extern const StageClass spacing_stage_class;
