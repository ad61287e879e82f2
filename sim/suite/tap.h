// SPDX-License-Identifier: Apache-2.0
// TAP: results in the Test Anything Protocol, version 13, which readers of 14 take too.
#pragma once

#include "sim/suite/test.h"

// The version and the plan; and one result, the `number`-th from 1. A run that was not valid is a
// skipped one: neither passed nor failed. The caller frees both.
char *tap_plan(guint n_tests);
char *tap_point(const Test *test, guint number);
