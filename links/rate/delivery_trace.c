// SPDX-License-Identifier: Apache-2.0
// Reads a trace of delivery opportunities, and walks along it without a step for each.
#include "links/rate/delivery_trace.h"

#include "core/engine.h"
#include "core/scale.h"

#define NS_PER_MS INT64_C(1000000)

static bool trace_fail(GError **error, const char *name, uint64_t line, const char *expected)
{
    g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_FORM, "%s:%" G_GUINT64_FORMAT ": expected %s",
                name, line, expected);
    return false;
}

// Reads the lines of `text` into `at_ms`.
static bool trace_read(const char *name, const char *text, const char *end, GArray *at_ms,
                       GError **error)
{
    uint64_t line = 0, before_ms = 0;

    while (text < end) {
        const char *start = text;
        uint64_t ms = 0;
        uint32_t stored;

        line++;
        while (text < end && g_ascii_isdigit(*text) && ms <= UINT32_MAX)
            ms = ms * 10 + (uint64_t)(*text++ - '0');
        if (text == start || ms > UINT32_MAX)
            return trace_fail(error, name, line, "a time in whole milliseconds, 0 to 4294967295");
        if (text < end && *text == '\r')
            text++;
        if (text < end && *text++ != '\n')
            return trace_fail(error, name, line, "nothing behind the time, and a line for each");
        if (ms < before_ms)
            return trace_fail(error, name, line, "a time not before that of the line above");
        before_ms = ms;
        stored = (uint32_t)ms;
        g_array_append_val(at_ms, stored);
    }
    if (before_ms == 0)
        return trace_fail(error, name, MAX(line, 1), "a time above 0 in the end");
    return true;
}

static ParamObject *trace_parse(const char *name, const char *text, size_t n_bytes, GError **error)
{
    g_autoptr(GArray) at_ms = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    DeliveryTrace *trace;
    gsize n_opportunities;

    if (!trace_read(name, text, text + n_bytes, at_ms, error))
        return NULL;
    trace = g_new0(DeliveryTrace, 1);
    trace->at_ms = g_array_steal(at_ms, &n_opportunities);
    trace->n_opportunities = n_opportunities;
    return &trace->object;
}

static void trace_free(ParamObject *object)
{
    DeliveryTrace *trace = (DeliveryTrace *)object;

    g_free(trace->at_ms);
    g_free(trace);
}

const ParamObjectClass delivery_trace_class = {
    .noun = "a trace of delivery opportunities, a time in milliseconds on each line",
    .from_file = true,
    .parse = trace_parse,
    .free = trace_free,
};

static uint32_t trace_length_ms(const DeliveryTrace *trace)
{
    return trace->at_ms[trace->n_opportunities - 1];
}

uint64_t delivery_trace_rate_bps(const DeliveryTrace *trace)
{
    return scale(trace->n_opportunities, DELIVERY_BYTES * UINT64_C(8000), trace_length_ms(trace));
}

void delivery_cursor_init(DeliveryCursor *cursor, int64_t at_ns)
{
    *cursor = (DeliveryCursor){.at_ns = at_ns - 1};
}

// When the opportunity `n_ahead` behind the next one is; the cursor's own fields become those of
// the one behind it. ENGINE_NEVER_NS where there is none.
static int64_t cursor_use(DeliveryCursor *cursor, const DeliveryPlay *play, uint64_t n_ahead)
{
    const DeliveryTrace *trace = play->trace;
    uint64_t used = cursor->next + n_ahead, ms;

    cursor->n_loops += used / trace->n_opportunities;
    used %= trace->n_opportunities;
    if (cursor->n_loops > 0 && !play->is_looped)
        return ENGINE_NEVER_NS;
    ms = cursor->n_loops * trace_length_ms(trace) + trace->at_ms[used];
    cursor->next = used + 1;
    return play->origin_ns + (int64_t)ms * NS_PER_MS;
}

// Moves to the first opportunity later than `from_ns`: by steps that double from where it is, and
// then by halving.
static void cursor_seek(DeliveryCursor *cursor, const DeliveryPlay *play, int64_t from_ns)
{
    const DeliveryTrace *trace = play->trace;
    uint64_t ms = (uint64_t)(from_ns - play->origin_ns) / (uint64_t)NS_PER_MS;
    uint64_t n_loops = ms / trace_length_ms(trace);
    uint32_t within_ms = (uint32_t)(ms % trace_length_ms(trace));
    uint64_t low = n_loops == cursor->n_loops ? cursor->next : 0, high = low, step = 1;

    // Invariant: those before `low` are not later; `high`, unless it is behind the end, is.
    while (high < trace->n_opportunities && trace->at_ms[high] <= within_ms) {
        low = high + 1;
        high += step;
        step *= 2;
    }
    high = MIN(high, trace->n_opportunities);
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (trace->at_ms[middle] <= within_ms)
            low = middle + 1;
        else
            high = middle;
    }
    cursor->n_loops = n_loops;
    cursor->next = low;
    cursor->left_bytes = 0;
}

int64_t delivery_cursor_pass(DeliveryCursor *cursor, const DeliveryPlay *play, uint64_t bytes,
                             int64_t from_ns)
{
    uint64_t n_needed;

    if (bytes == 0)
        return from_ns;
    if (from_ns > cursor->at_ns)
        cursor_seek(cursor, play, from_ns);
    if (bytes > cursor->left_bytes) {
        n_needed = (bytes - cursor->left_bytes + DELIVERY_BYTES - 1) / DELIVERY_BYTES;
        cursor->at_ns = cursor_use(cursor, play, n_needed - 1);
        cursor->left_bytes += n_needed * DELIVERY_BYTES;
    }
    cursor->left_bytes -= bytes;
    return cursor->at_ns;
}

uint64_t delivery_cursor_advance(DeliveryCursor *cursor, const DeliveryPlay *play, int64_t from_ns,
                                 int64_t until_ns)
{
    uint64_t n_bytes;

    if (from_ns > cursor->at_ns)
        cursor_seek(cursor, play, from_ns);
    n_bytes = cursor->left_bytes;
    for (;;) {
        DeliveryCursor used = *cursor;

        if (cursor_use(&used, play, 0) > until_ns)
            break;
        *cursor = used;
        n_bytes += DELIVERY_BYTES;
    }
    cursor->left_bytes = 0;
    cursor->at_ns = until_ns;
    return n_bytes;
}
