// SPDX-License-Identifier: Apache-2.0
// Burst: writes, to any descriptors, that enter the kernel together and happen in their order.
#pragma once

#include <sys/uio.h>

enum { BURST_MAX_WRITES = 16 };

typedef struct Burst Burst;

// Where the kernel refuses io_uring, each write enters by itself.
Burst *burst_new(void);
void burst_free(Burst *burst);

// Adds a write to `fd`, which does not block, to the at most BURST_MAX_WRITES of a burst. The parts
// and what they point at stay as they are until burst_write().
void burst_add(Burst *burst, int fd, const struct iovec *parts, unsigned n_parts);

// Writes all that was added, and empties the burst. Returns of each write, in order, the bytes
// written or a negative errno, valid until the next call.
const int *burst_write(Burst *burst);
