// SPDX-License-Identifier: Apache-2.0
// ExpectSpec: one thing that the section `expect:` asks of a run; an entry of the file that names
// several metrics makes one for each.
#pragma once

#include "sim/scenario/bounds.h"
#include "sim/scenario/scenario.h"

typedef enum { EXPECT_TASK, EXPECT_LINK, EXPECT_CAPTURE, EXPECT_PROBE } ExpectSubject;

typedef struct {
    char *name; // "link wire forward: queue.p99", or what the file says
    ExpectSubject subject;
    const TaskSpec *task;
    const LinkSpec *link;
    unsigned direction; // of the link, as a LinkDirection
    const CaptureSpec *capture;
    char *filter;             // of frames of the capture, or NULL
    const MetricSpec *metric; // NULL: what the task printed
    Bounds bounds;
    GRegex *pattern;     // of the output; or
    char *words;         // that it has to contain
    bool output_without; // or neither may be there
    char *expected;      // as the file says it
    bool soft;           // only warns
    SourcePosition position;
} ExpectSpec;

void expect_spec_free(ExpectSpec *spec);
