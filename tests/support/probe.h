// SPDX-License-Identifier: Apache-2.0
// Probe: a sink that notes what reaches it and when, then frees it. Stands in for the network
// behind whatever is tested.
#pragma once

#include <glib.h>

#include "core/engine.h"
#include "core/frame.h"
#include "core/sink.h"

enum { PROBE_HEAD_BYTES = 16 }; // of each frame's start are kept

typedef struct {
    int64_t at_ns;      // engine time of the push
    uint64_t index;     // the frame's number on its link direction
    int64_t entered_ns; // as the frame carried them
    int64_t wired_ns;   //
    int64_t due_ns;     //
    uint32_t serial;    // the number a Script wrote into the frame; the first four bytes
    uint32_t length_bytes;
    uint32_t n_segments;                 // frames it stands for
    uint32_t wired_span_ns, due_span_ns; // as the frame carried them
    uint8_t head[PROBE_HEAD_BYTES];      // zeros behind the end of a shorter frame
} ProbeRecord;

typedef struct {
    Sink sink;
    Engine *engine;
    GArray *records; // of ProbeRecord
} Probe;

void probe_init(Probe *probe, Engine *engine);
void probe_clear(Probe *probe);

// Forgets what it has seen so far.
void probe_reset(Probe *probe);

unsigned probe_count(const Probe *probe);

// The n-th record from 0; it must exist.
const ProbeRecord *probe_record(const Probe *probe, unsigned n);

// Fail the test unless exactly these frames came, in this order: by the time of each push, and by
// the serial number.
void probe_assert_times(const Probe *probe, const int64_t *at_ns, unsigned n_times);
void probe_assert_serials(const Probe *probe, const uint32_t *serials, unsigned n_serials);

// Fails the test unless times never go back and serial numbers rise.
void probe_assert_in_order(const Probe *probe);

// Fails the test unless both saw the same frames at the same times, bit for bit.
void probe_assert_same(const Probe *a, const Probe *b);
