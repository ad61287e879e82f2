// SPDX-License-Identifier: Apache-2.0
// TraceRunner: plays the trace of one direction of a link. At each of its rows it puts a
// configuration in force that differs from the present one in the trace's columns only, so it goes
// together with whatever else changes the link.
#pragma once

#include "links/link.h"

typedef struct TraceRunner TraceRunner;

TraceRunner *trace_runner_new(Engine *engine, Link *link, LinkDirection direction);
void trace_runner_free(TraceRunner *runner);

// Takes over the trace of the configuration in force: another one, or one that is to be played
// otherwise, begins now. May call link_configure().
void trace_runner_apply(TraceRunner *runner);
