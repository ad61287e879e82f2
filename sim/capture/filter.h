// SPDX-License-Identifier: Apache-2.0
// Filter: an expression of pcap-filter(7), compiled.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Filter Filter;

typedef enum { CAPTURE_ETHERNET, CAPTURE_RAW_IP } CaptureLinkType;

enum { FILTER_MAX_BYTES = 16384 }; // what libpcap compiles in good time

// NULL when it is wrong, or longer than FILTER_MAX_BYTES.
Filter *filter_new(CaptureLinkType type, const char *text, GError **error);
void filter_free(Filter *filter);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Filter, filter_free)

// Whether a whole frame passes. Takes no memory; may run in several threads at once.
bool filter_passes(const Filter *filter, const uint8_t *bytes, uint32_t length_bytes);
