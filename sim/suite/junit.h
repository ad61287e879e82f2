// SPDX-License-Identifier: Apache-2.0
// JUnit: the results of tests as the XML that GitLab, Jenkins and GitHub's report actions read.
#pragma once

#include "sim/suite/test.h"

// A test suite for each scenario file. A run that was not valid is told as skipped: neither passed
// nor failed. The caller frees it.
char *junit_to_xml(const GPtrArray *tests);
