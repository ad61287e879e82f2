// SPDX-License-Identifier: Apache-2.0
// How far delays that normal scores choose are correlated where the scores are.
#pragma once

#include "links/delay/jitter.h"

// The correlation (0.5 to below 1) that two standard normal scores must have for the delays at
// their ranks to have one of 1/2.
double copula_score_correlation_for_half(const JitterTable *table);
