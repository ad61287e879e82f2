// SPDX-License-Identifier: Apache-2.0
// Reads a trace of delays, in one go: millions of lines are no work.
#include "links/delay/delay_trace.h"

#include <math.h>
#include <string.h>

// A line without blanks around it, ended by a NUL; of an empty one, or a comment, nothing.
static char *trace_trim(char *line)
{
    line[strcspn(line, "#")] = '\0';
    return g_strstrip(line);
}

static bool trace_add(GArray *delays, const char *name, unsigned number, const char *line,
                      GError **error)
{
    g_autoptr(GError) reason = NULL;
    int64_t delay_ns;

    if (!quantity_parse_duration_ns(line, &delay_ns, &reason)) {
        g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_FORM,
                    "%s:%u: %s; expected a delay, such as 12.5ms", name, number, reason->message);
        return false;
    }
    if (delay_ns > DELAY_TRACE_MAX_NS) {
        g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE,
                    "%s:%u: \"%s\" is out of range: expected a delay of 0ns to 1h", name, number,
                    line);
        return false;
    }
    g_array_append_val(delays, delay_ns);
    return true;
}

static DelayTrace *trace_new(GArray *delays)
{
    DelayTrace *trace = g_new0(DelayTrace, 1);
    double squares = 0;

    trace->n_delays = delays->len;
    trace->delay_ns = (int64_t *)(void *)g_array_free(delays, FALSE);
    trace->least_ns = INT64_MAX;
    for (uint64_t i = 0; i < trace->n_delays; i++) {
        trace->least_ns = MIN(trace->least_ns, trace->delay_ns[i]);
        trace->mean_ns += (double)trace->delay_ns[i] / (double)trace->n_delays;
    }
    for (uint64_t i = 0; i < trace->n_delays; i++) {
        double off_ns = (double)trace->delay_ns[i] - trace->mean_ns;

        squares += off_ns * off_ns / (double)trace->n_delays;
    }
    trace->deviation_ns = sqrt(squares);
    return trace;
}

static ParamObject *delay_trace_parse(const char *name, const char *text, size_t n_bytes,
                                      GError **error)
{
    g_autofree char *copy = g_memdup2(text, n_bytes + 1);
    g_autoptr(GArray) delays = g_array_new(FALSE, FALSE, sizeof(int64_t));
    unsigned number = 0;

    for (char *line = copy, *end; line < copy + n_bytes; line = end + 1) {
        char *trimmed;

        number++;
        end = line + strcspn(line, "\n");
        *end = '\0';
        trimmed = trace_trim(line);
        if (*trimmed != '\0' && !trace_add(delays, name, number, trimmed, error))
            return NULL;
    }
    if (delays->len == 0) {
        g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_FORM,
                    "%s:%u: the trace is empty: expected a delay a line, such as 12.5ms", name,
                    MAX(number, 1));
        return NULL;
    }
    return &trace_new(g_steal_pointer(&delays))->object;
}

static void delay_trace_free(ParamObject *object)
{
    g_free(((DelayTrace *)object)->delay_ns);
    g_free(object);
}

const ParamObjectClass delay_trace_class = {
    .noun = "a delay a line, such as 12.5ms",
    .from_file = true,
    .parse = delay_trace_parse,
    .free = delay_trace_free,
};
