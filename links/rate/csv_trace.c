// SPDX-License-Identifier: Apache-2.0
// Reads a table of values over time, exactly: a number is its digits and a power of ten, and only
// its product with the unit is rounded, to the nearest.
#include "links/rate/csv_trace.h"

#include <string.h>

#include "core/quote.h"
#include "core/scale.h"

enum { COLUMN_TIME = N_CSV_COLUMNS, N_COLUMNS, COLUMN_MAX = 16, DIGITS_MAX = 19 };

// A unit, and what it is in the parameter's: `amount` / `divisor`.
typedef struct {
    const char *word;   // behind a value; NULL in a header only
    const char *header; // behind the name of a column; NULL behind a value only
    uint64_t amount, divisor;
    LimitUnit limit;
} CsvUnit;

#define DURATION_UNITS                                                                             \
    {"ns", "ns", 1, 1, LIMIT_TIME}, {"us", "us", 1000, 1, LIMIT_TIME},                             \
        {"ms", "ms", 1000000, 1, LIMIT_TIME}, {"s", "s", 1000000000, 1, LIMIT_TIME},               \
        {"min", "min", UINT64_C(60000000000), 1, LIMIT_TIME},                                      \
    {                                                                                              \
        "h", "h", UINT64_C(3600000000000), 1, LIMIT_TIME                                           \
    }

static const CsvUnit duration_units[] = {DURATION_UNITS, {NULL}};
static const CsvUnit rate_units[] = {{"bit", "bit", 1, 1},
                                     {"kbit", "kbit", 1000, 1},
                                     {"mbit", "mbit", 1000000, 1},
                                     {"gbit", "gbit", 1000000000, 1},
                                     {NULL}};
static const CsvUnit loss_units[] = {
    {"%", "percent", RANDOM_ALWAYS, 100}, {NULL, "ratio", RANDOM_ALWAYS, 1}, {NULL}};
static const CsvUnit queue_units[] = {DURATION_UNITS,
                                      {"B", "bytes", 1, 1, LIMIT_BYTES},
                                      {"kB", "kilobytes", 1000, 1, LIMIT_BYTES},
                                      {"MB", "megabytes", 1000000, 1, LIMIT_BYTES},
                                      {"packets", "packets", 1, 1, LIMIT_PACKETS},
                                      {"packet", NULL, 1, 1, LIMIT_PACKETS},
                                      {NULL}};

typedef struct {
    const char *name;
    const CsvUnit *units;
    uint64_t max;
    const char *expected;
} CsvKind;

static const CsvKind kinds[N_COLUMNS] = {
    [CSV_RATE] = {"rate", rate_units, UINT64_C(100000000000), "a rate such as 10mbit, to 100gbit"},
    [CSV_DELAY] = {"delay", duration_units, UINT64_C(3600000000000),
                   "a duration such as 20ms, to 1h"},
    [CSV_LOSS] = {"loss", loss_units, RANDOM_ALWAYS, "a share such as 0.5%, to 100%"},
    [CSV_QUEUE] = {"queue", queue_units, INT64_MAX, "a limit such as 50ms, 64kB or 100 packets"},
    [COLUMN_TIME] = {"time", duration_units, INT64_MAX / 4, "a time such as 0.5s"},
};

typedef struct {
    const CsvKind *kind;
    const CsvUnit *unit; // of the header; NULL for a unit behind each value
} CsvHeader;

typedef struct {
    const char *name;
    const char *at, *end; // of what is left to read
    uint64_t line;
    CsvHeader headers[COLUMN_MAX];
    unsigned n_headers;
    GArray *columns[N_COLUMNS]; // of uint64_t; NULL where there is none
    GArray *loss_lines;         // of uint32_t; NULL likewise
    bool has_queue_unit;
    LimitUnit queue_unit;
} CsvReader;

G_GNUC_PRINTF(3, 4)
static bool csv_fail(const CsvReader *self, GError **error, const char *format, ...)
{
    g_autofree char *message = NULL;
    va_list arguments;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_FORM, "%s:%" G_GUINT64_FORMAT ": %s",
                self->name, self->line, message);
    return false;
}

static bool word_is(const char *word, const char *start, size_t n_bytes)
{
    return word != NULL && strlen(word) == n_bytes && strncmp(word, start, n_bytes) == 0;
}

// The next cell, up to a comma or the line's end, without blanks around it.
static void csv_next_cell(const char **at, const char *end, const char **start, size_t *n_bytes)
{
    const char *last = *at;

    while (last < end && *last != ',')
        last++;
    *start = *at;
    *at = last < end ? last + 1 : last;
    while (*start < last && g_ascii_isspace(**start))
        (*start)++;
    while (last > *start && g_ascii_isspace(last[-1]))
        last--;
    *n_bytes = (size_t)(last - *start);
}

// "time_s", "delay".
static bool csv_read_header(CsvReader *self, const char *start, size_t n_bytes, GError **error)
{
    const char *underline = memchr(start, '_', n_bytes);
    size_t name_bytes = underline != NULL ? (size_t)(underline - start) : n_bytes;
    g_autofree char *text = g_strndup(start, n_bytes);
    g_autofree char *quote = quote_new(text);

    if (self->n_headers == COLUMN_MAX)
        return csv_fail(self, error, "too many columns");
    for (unsigned i = 0; i < N_COLUMNS; i++) {
        CsvHeader header = {.kind = &kinds[i]};

        if (!word_is(kinds[i].name, start, name_bytes) || self->columns[i] != NULL)
            continue;
        for (const CsvUnit *unit = kinds[i].units; unit->amount != 0; unit++)
            if (underline != NULL && word_is(unit->header, underline + 1, n_bytes - name_bytes - 1))
                header.unit = unit;
        if (underline != NULL && header.unit == NULL)
            break;
        self->columns[i] = g_array_new(FALSE, FALSE, sizeof(uint64_t));
        if (i == CSV_LOSS)
            self->loss_lines = g_array_new(FALSE, FALSE, sizeof(uint32_t));
        self->headers[self->n_headers++] = header;
        return true;
    }
    return csv_fail(self, error,
                    "%s: expected columns of time, rate, delay, loss and queue, each once, with "
                    "a unit (time_s, rate_mbit, delay_ms, loss_percent, queue_ms) or without",
                    quote);
}

// Digits with at most one point, and a power of ten: moves `*at` behind them.
static bool csv_read_number(const char **at, const char *end, uint64_t *digits, int *power)
{
    int n_digits = 0, exponent = 0;
    bool has_point = false, is_negative;
    const char *start = *at;

    *digits = 0;
    *power = 0;
    for (; *at < end && (g_ascii_isdigit(**at) || (**at == '.' && !has_point)); (*at)++) {
        if (**at == '.') {
            has_point = true;
            continue;
        }
        if (*digits > 0 || **at != '0')
            n_digits++;
        if (n_digits <= DIGITS_MAX)
            *digits = *digits * 10 + (uint64_t)(**at - '0');
        *power += (n_digits > DIGITS_MAX) - has_point;
    }
    if (*at == start || (*at == start + 1 && has_point))
        return false;
    if (end - *at < 2 || (**at != 'e' && **at != 'E'))
        return true;
    (*at)++;
    is_negative = **at == '-';
    *at += **at == '-' || **at == '+';
    start = *at;
    for (; *at < end && g_ascii_isdigit(**at); (*at)++)
        exponent = MIN(exponent * 10 + (**at - '0'), 1000);
    *power += is_negative ? -exponent : exponent;
    return *at > start;
}

// digits x 10^power x unit, to the nearest; UINT64_MAX where that does not fit.
static uint64_t csv_amount(uint64_t digits, int power, const CsvUnit *unit)
{
    Uint128 amount = (Uint128)digits * unit->amount, divisor = unit->divisor;

    for (; power > 0 && amount < UINT64_MAX; power--)
        amount *= 10;
    for (; power < 0 && divisor >> 116 == 0; power++) // beyond that nothing is left
        divisor *= 10;
    if (divisor > 1)
        amount = (amount + divisor / 2) / divisor;
    return amount < UINT64_MAX ? (uint64_t)amount : UINT64_MAX;
}

static const CsvUnit *csv_find_unit(const CsvHeader *header, const char *at, const char *end)
{
    while (at < end && *at == ' ')
        at++;
    if (header->unit != NULL)
        return at == end ? header->unit : NULL;
    for (const CsvUnit *unit = header->kind->units; unit->amount != 0; unit++)
        if (word_is(unit->word, at, (size_t)(end - at)))
            return unit;
    return NULL;
}

static bool csv_read_value(CsvReader *self, const CsvHeader *header, const char *start,
                           size_t n_bytes, GError **error)
{
    const char *at = start, *end = start + n_bytes;
    GArray *column = self->columns[header->kind - kinds];
    const CsvUnit *unit = NULL;
    uint64_t digits, amount = UINT64_MAX;
    int power;

    if (n_bytes == 0 && column->len > 0 && header->kind != &kinds[COLUMN_TIME]) {
        amount = g_array_index(column, uint64_t, column->len - 1);
        g_array_append_val(column, amount);
        return true;
    }
    if (csv_read_number(&at, end, &digits, &power))
        unit = csv_find_unit(header, at, end);
    if (unit != NULL)
        amount = csv_amount(digits, power, unit);
    if (amount > header->kind->max || (header->kind == &kinds[CSV_QUEUE] && amount == 0)) {
        g_autofree char *text = g_strndup(start, n_bytes);
        g_autofree char *quote = quote_new(text);

        return csv_fail(self, error, "%s: expected %s%s, and %s was found", header->kind->name,
                        header->unit != NULL ? "without the unit, which the column has: " : "",
                        header->kind->expected, quote);
    }
    if (header->kind == &kinds[CSV_RATE])
        amount = MAX(amount, 1);
    if (header->kind == &kinds[CSV_QUEUE] && self->has_queue_unit &&
        unit->limit != self->queue_unit)
        return csv_fail(self, error, "queue: expected limits of one kind in all rows");
    if (header->kind == &kinds[CSV_QUEUE]) {
        self->has_queue_unit = true;
        self->queue_unit = unit->limit;
    }
    g_array_append_val(column, amount);
    return true;
}

static bool csv_read_row(CsvReader *self, const char *at, const char *end, GError **error)
{
    uint32_t line = (uint32_t)self->line;
    GArray *times;
    const char *start;
    size_t n_bytes;

    for (unsigned i = 0; i < self->n_headers; i++) {
        if (at == end && i > 0 && end[-1] != ',')
            return csv_fail(self, error, "expected %u cells, as in the first line",
                            self->n_headers);
        csv_next_cell(&at, end, &start, &n_bytes);
        if (!csv_read_value(self, &self->headers[i], start, n_bytes, error))
            return false;
    }
    if (at < end)
        return csv_fail(self, error, "expected %u cells, as in the first line", self->n_headers);
    if (self->loss_lines != NULL)
        g_array_append_val(self->loss_lines, line);
    times = self->columns[COLUMN_TIME];
    if (times->len > 1 && g_array_index(times, uint64_t, times->len - 1) <
                              g_array_index(times, uint64_t, times->len - 2))
        return csv_fail(self, error, "time: expected one not before that of the row above");
    return true;
}

static bool csv_read_headers(CsvReader *self, const char *at, const char *end, GError **error)
{
    const char *start;
    size_t n_bytes;

    while (at < end) {
        csv_next_cell(&at, end, &start, &n_bytes);
        if (!csv_read_header(self, start, n_bytes, error))
            return false;
    }
    if (self->columns[COLUMN_TIME] == NULL || self->n_headers < 2)
        return csv_fail(self, error,
                        "expected a column for time, and one at least of rate, delay, "
                        "loss and queue");
    return true;
}

// Empty lines, and those behind a #, are left out.
static bool csv_read(CsvReader *self, GError **error)
{
    while (self->at < self->end) {
        const char *start = self->at;
        const char *end = memchr(start, '\n', (size_t)(self->end - start));

        end = end != NULL ? end : self->end;
        self->at = end < self->end ? end + 1 : end;
        self->line++;
        while (end > start && g_ascii_isspace(end[-1]))
            end--;
        if (end == start || *start == '#')
            continue;
        if (!(self->n_headers == 0 ? csv_read_headers(self, start, end, error)
                                   : csv_read_row(self, start, end, error)))
            return false;
    }
    if (self->n_headers > 0 && self->columns[COLUMN_TIME]->len > 0)
        return true;
    self->line = MAX(self->line, 1);
    return csv_fail(self, error, "expected a line that names the columns, and a row at least");
}

static void csv_set_means(CsvTrace *trace, CsvColumn column)
{
    const uint64_t *values = trace->values[column];
    int64_t length_ns = trace->time_ns[trace->n_rows - 1] - trace->time_ns[0];
    Uint128 steps = 0, lines = 0;

    for (uint64_t row = 0; row + 1 < trace->n_rows; row++) {
        uint64_t ns = (uint64_t)(trace->time_ns[row + 1] - trace->time_ns[row]);

        steps += (Uint128)values[row] * ns;
        lines += ((Uint128)values[row] + values[row + 1]) * ns;
    }
    trace->means[column] = trace->linear_means[column] = values[trace->n_rows - 1];
    if (length_ns == 0)
        return;
    trace->means[column] = (uint64_t)(steps / (uint64_t)length_ns);
    trace->linear_means[column] = (uint64_t)(lines / 2 / (uint64_t)length_ns);
}

static CsvTrace *csv_trace_new(CsvReader *reader)
{
    CsvTrace *trace = g_new0(CsvTrace, 1);

    trace->n_rows = reader->columns[COLUMN_TIME]->len;
    trace->time_ns = (int64_t *)(void *)g_array_steal(reader->columns[COLUMN_TIME], NULL);
    for (int i = 0; i < N_CSV_COLUMNS; i++) {
        if (reader->columns[i] == NULL)
            continue;
        trace->values[i] = (uint64_t *)(void *)g_array_steal(reader->columns[i], NULL);
        csv_set_means(trace, (CsvColumn)i);
    }
    if (reader->loss_lines != NULL)
        trace->loss_lines = (uint32_t *)(void *)g_array_steal(reader->loss_lines, NULL);
    trace->queue_unit = reader->queue_unit;
    trace->least_delay_ns = UINT64_MAX;
    for (uint64_t row = 0; trace->values[CSV_DELAY] != NULL && row < trace->n_rows; row++)
        trace->least_delay_ns = MIN(trace->least_delay_ns, trace->values[CSV_DELAY][row]);
    return trace;
}

static ParamObject *csv_parse(const char *name, const char *text, size_t n_bytes, GError **error)
{
    CsvReader reader = {.name = name, .at = text, .end = text + n_bytes};
    CsvTrace *trace = csv_read(&reader, error) ? csv_trace_new(&reader) : NULL;

    for (int i = 0; i < N_COLUMNS; i++)
        g_clear_pointer(&reader.columns[i], g_array_unref);
    g_clear_pointer(&reader.loss_lines, g_array_unref);
    return trace != NULL ? &trace->object : NULL;
}

static void csv_free(ParamObject *object)
{
    CsvTrace *trace = (CsvTrace *)object;

    for (int i = 0; i < N_CSV_COLUMNS; i++)
        g_free(trace->values[i]);
    g_free(trace->loss_lines);
    g_free(trace->time_ns);
    g_free(trace);
}

const ParamObjectClass csv_trace_class = {
    .noun = "a table of time, rate, delay, loss and queue",
    .from_file = true,
    .parse = csv_parse,
    .free = csv_free,
};
