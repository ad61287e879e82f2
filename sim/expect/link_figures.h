// SPDX-License-Identifier: Apache-2.0
// What a direction of a link came to, by the names of link_metrics.
#pragma once

#include "sim/report/report.h"

// False where nothing was measured that it could be known from; `reason`, static, then says why.
bool link_figure(const DirectionReport *entry, const char *metric, double *value,
                 const char **reason);
