// SPDX-License-Identifier: Apache-2.0
// Records go into one array, with padding cleared: two runs are compared as memory.
#include "tests/support/probe.h"

#include <string.h>

static void probe_push(Sink *sink, Frame *frame)
{
    Probe *probe = (Probe *)sink; // the sink is its first member
    ProbeRecord record;

    memset(&record, 0, sizeof record); // padding too: records are compared as bytes
    record.at_ns = engine_now(probe->engine);
    record.index = frame->index;
    record.entered_ns = frame->entered_ns;
    record.wired_ns = frame->wired_ns;
    record.due_ns = frame->due_ns;
    record.length_bytes = frame->length_bytes;
    record.n_segments = frame->n_segments;
    record.wired_span_ns = frame->wired_span_ns;
    record.due_span_ns = frame->due_span_ns;
    memcpy(record.head, frame_bytes(frame), MIN(frame->length_bytes, PROBE_HEAD_BYTES));
    memcpy(&record.serial, record.head, sizeof record.serial);
    g_array_append_val(probe->records, record);
    frame_free(frame);
}

void probe_init(Probe *probe, Engine *engine)
{
    *probe = (Probe){
        .sink.push = probe_push,
        .engine = engine,
        .records = g_array_new(FALSE, FALSE, sizeof(ProbeRecord)),
    };
}

void probe_clear(Probe *probe)
{
    g_array_unref(g_steal_pointer(&probe->records));
}

void probe_reset(Probe *probe)
{
    g_array_set_size(probe->records, 0);
}

unsigned probe_count(const Probe *probe)
{
    return probe->records->len;
}

const ProbeRecord *probe_record(const Probe *probe, unsigned n)
{
    g_assert_cmpuint(n, <, probe->records->len);
    return &g_array_index(probe->records, ProbeRecord, n);
}

void probe_assert_times(const Probe *probe, const int64_t *at_ns, unsigned n_times)
{
    g_assert_cmpuint(probe_count(probe), ==, n_times);
    for (unsigned n = 0; n < n_times; n++)
        g_assert_cmpint(probe_record(probe, n)->at_ns, ==, at_ns[n]);
}

void probe_assert_serials(const Probe *probe, const uint32_t *serials, unsigned n_serials)
{
    g_assert_cmpuint(probe_count(probe), ==, n_serials);
    for (unsigned n = 0; n < n_serials; n++)
        g_assert_cmpuint(probe_record(probe, n)->serial, ==, serials[n]);
}

void probe_assert_in_order(const Probe *probe)
{
    for (unsigned n = 1; n < probe_count(probe); n++) {
        g_assert_cmpint(probe_record(probe, n)->at_ns, >=, probe_record(probe, n - 1)->at_ns);
        g_assert_cmpuint(probe_record(probe, n)->serial, >, probe_record(probe, n - 1)->serial);
    }
}

void probe_assert_same(const Probe *a, const Probe *b)
{
    g_assert_cmpmem(a->records->data, a->records->len * sizeof(ProbeRecord), b->records->data,
                    b->records->len * sizeof(ProbeRecord));
}
