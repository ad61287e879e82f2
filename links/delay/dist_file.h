// SPDX-License-Identifier: Apache-2.0
// DistFile: a tc-netem distribution table (.dist): whole numbers, of which 8192 is one deviation,
// each as likely as the others. A # begins a comment.
#pragma once

#include "core/param.h"
#include "links/delay/quantiles.h"

enum { DIST_MAX_VALUES = 16384 }; // NETEM_DIST_MAX

typedef struct {
    ParamObject object;
    Quantiles *quantiles;
} DistFile;

extern const ParamObjectClass dist_file_class;
