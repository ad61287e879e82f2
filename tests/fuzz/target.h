// SPDX-License-Identifier: Apache-2.0
// What a fuzz target is: libFuzzer's entry, so that the same target runs there and as a test.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Takes any bytes; returns 0.
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);
