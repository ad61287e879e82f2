// SPDX-License-Identifier: Apache-2.0
// Counts the frames of a capture file that a filter lets pass.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

// `filter` in pcap-filter(7) syntax, NULL for all. The file must not be written any more.
bool capture_count_frames(const char *path, const char *filter, uint64_t *n_frames, GError **error);
