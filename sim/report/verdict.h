// SPDX-License-Identifier: Apache-2.0
// Verdict: whether the figures of a run can be trusted, by the rule in taploom-scenario(5).
#pragma once

#include "sim/report/report.h"

// Fills report->verdict from its numbers and the scenario's `fidelity:`.
void verdict_reach(Report *report);

// Once tasks and expectations are judged: where one failed on a machine that others had taken, its
// programs may have waited for a core, and nobody can say what it was due to.
void verdict_weigh_failure(Report *report);
