// SPDX-License-Identifier: Apache-2.0
// CSV traces: exact values in every unit, empty cells, and what is wrong with a file by its line.
#include "links/rate/csv_trace.h"

#include <string.h>

static const CsvTrace *trace_new(const char *text)
{
    GError *error = NULL;
    ParamObject *trace = param_object_new(&csv_trace_class, "x.csv", text, strlen(text), &error);

    g_assert_no_error(error);
    return (const CsvTrace *)trace;
}

static void trace_free(const CsvTrace *trace)
{
    param_object_unref((ParamObject *)(uintptr_t)trace);
}

static void assert_values(const uint64_t *values, const uint64_t *expected, unsigned n_values)
{
    for (unsigned n = 0; n < n_values; n++)
        g_assert_cmpuint(values[n], ==, expected[n]);
}

static void test_units_in_the_first_line(void)
{
    const CsvTrace *trace = trace_new("# a drive through town\n"
                                      "loss_percent,time_s,rate_mbit,delay_ms,queue_packets\n"
                                      "0,0,1,0.001,100\n"
                                      "\n"
                                      "50,0.5,2.5,20,1\n"
                                      "100, 1e0 ,0,1.5e3,7\r\n"
                                      "1e-12,1.0000000000,100000,2.0000004e1,8");

    g_assert_cmpuint(trace->n_rows, ==, 4);
    g_assert_cmpint(trace->time_ns[1], ==, 500000000);
    g_assert_cmpint(trace->time_ns[2], ==, 1000000000);
    g_assert_cmpint(trace->time_ns[3], ==, 1000000000);
    assert_values(trace->values[CSV_LOSS],
                  (const uint64_t[]){0, RANDOM_ALWAYS / 2, RANDOM_ALWAYS, 0}, 4);
    assert_values(trace->values[CSV_RATE],
                  (const uint64_t[]){1000000, 2500000, 1, UINT64_C(100000000000)}, 4);
    assert_values(trace->values[CSV_DELAY],
                  (const uint64_t[]){1000, 20000000, 1500000000, 20000004}, 4);
    assert_values(trace->values[CSV_QUEUE], (const uint64_t[]){100, 1, 7, 8}, 4);
    g_assert_cmpint(trace->queue_unit, ==, LIMIT_PACKETS);
    g_assert_cmpuint(trace->least_delay_ns, ==, 1000);
    trace_free(trace);
}

static void test_units_behind_the_values(void)
{
    const CsvTrace *trace = trace_new("time,rate,delay,loss,queue\n"
                                      "0s,10mbit,20 ms,0.5%,50ms\n"
                                      "250ms,1.5gbit,1s,100%,1s\n"
                                      "1min,7bit,5us,0%,1h\n");

    g_assert_cmpint(trace->time_ns[2], ==, INT64_C(60000000000));
    assert_values(trace->values[CSV_RATE], (const uint64_t[]){10000000, 1500000000, 7}, 3);
    assert_values(trace->values[CSV_DELAY], (const uint64_t[]){20000000, 1000000000, 5000}, 3);
    assert_values(trace->values[CSV_LOSS], (const uint64_t[]){21474836, RANDOM_ALWAYS, 0}, 3);
    assert_values(trace->values[CSV_QUEUE],
                  (const uint64_t[]){50000000, 1000000000, UINT64_C(3600000000000)}, 3);
    g_assert_cmpint(trace->queue_unit, ==, LIMIT_TIME);
    trace_free(trace);
}

static void test_many_digits_are_rounded_once(void)
{
    const CsvTrace *trace = trace_new("time_s,delay_s,loss_ratio\n"
                                      "0.30000000000000004,0.000000123456789012345678901,1\n"
                                      "1234567890.1234567891234567,3600,5e-1\n");

    g_assert_cmpint(trace->time_ns[0], ==, 300000000);
    g_assert_cmpint(trace->time_ns[1], ==, INT64_C(1234567890123456789));
    assert_values(trace->values[CSV_DELAY], (const uint64_t[]){123, UINT64_C(3600000000000)}, 2);
    assert_values(trace->values[CSV_LOSS], (const uint64_t[]){RANDOM_ALWAYS, RANDOM_ALWAYS / 2}, 2);
    trace_free(trace);
}

static void test_empty_cells_are_as_the_row_above(void)
{
    const CsvTrace *trace = trace_new("time_s,rate_kbit,delay_ms\n"
                                      "0,5,7\n"
                                      "1,,8\n"
                                      "2,,\n"
                                      "3,6,\n");

    assert_values(trace->values[CSV_RATE], (const uint64_t[]){5000, 5000, 5000, 6000}, 4);
    assert_values(trace->values[CSV_DELAY], (const uint64_t[]){7000000, 8000000, 8000000, 8000000},
                  4);
    g_assert_null(trace->values[CSV_LOSS]);
    g_assert_null(trace->values[CSV_QUEUE]);
    trace_free(trace);
}

// 10 Mbit/s for 1 s and 1 Mbit/s for 2 s; the last row is for no time.
static void test_means_are_over_time(void)
{
    const CsvTrace *trace = trace_new("time_s,rate_mbit,loss_percent\n5,10,100\n6,1,25\n8,7,0\n");

    g_assert_cmpuint(trace->means[CSV_RATE], ==, 4000000);
    g_assert_cmpuint(trace->means[CSV_LOSS], ==, RANDOM_ALWAYS / 2);
    g_assert_cmpuint(trace->linear_means[CSV_RATE], ==, 4500000);
    trace_free(trace);
    trace = trace_new("time_s,rate_mbit\n5,10\n");
    g_assert_cmpuint(trace->means[CSV_RATE], ==, 10000000);
    trace_free(trace);
}

static void test_errors_name_the_line(void)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"", "x.csv:1: expected a line that names the columns, and a row at least"},
        {"# nothing\n\n", "x.csv:2: expected a line that names the columns, and a row at least"},
        {"time_s,rate_mbit\n",
         "x.csv:1: expected a line that names the columns, and a row at least"},
        {"rate_mbit\n1\n", "x.csv:1: expected a column for time, and one at least of rate, delay, "
                           "loss and queue"},
        {"time_s\n1\n", "x.csv:1: expected a column for time, and one at least of rate, delay, "
                        "loss and queue"},
        {"time_s,rate_mbps\n", "x.csv:1: \"rate_mbps\": expected columns of time, rate, delay, "
                               "loss and queue, each once, with a unit (time_s, rate_mbit, "
                               "delay_ms, loss_percent, queue_ms) or without"},
        {"time_s,loss_percent\n0,1\n\n1,x\n",
         "x.csv:4: loss: expected without the unit, which the column has: a share such as 0.5%, "
         "to 100%, and \"x\" was found"},
        {"time_s,loss\n0,1\n",
         "x.csv:2: loss: expected a share such as 0.5%, to 100%, and \"1\" was found"},
        {"time_s,loss\n0,100.1%\n",
         "x.csv:2: loss: expected a share such as 0.5%, to 100%, and \"100.1%\" was found"},
        {"time_s,delay\n0,-1ms\n",
         "x.csv:2: delay: expected a duration such as 20ms, to 1h, and \"-1ms\" was found"},
        {"time_s,delay\n0,\n",
         "x.csv:2: delay: expected a duration such as 20ms, to 1h, and \"\" was found"},
        {"time_s,rate\n0,1e99gbit\n",
         "x.csv:2: rate: expected a rate such as 10mbit, to 100gbit, and \"1e99gbit\" was found"},
        {"time_s,queue\n0,0ms\n", "x.csv:2: queue: expected a limit such as 50ms, 64kB or 100 "
                                  "packets, and \"0ms\" was found"},
        {"time_s,queue\n0,1ms\n1,1 packet\n",
         "x.csv:3: queue: expected limits of one kind in all rows"},
        {"time_s,delay_ms\n1,1\n0,1\n",
         "x.csv:3: time: expected one not before that of the row above"},
        {"time_s,delay_ms\n1\n", "x.csv:2: expected 2 cells, as in the first line"},
        {"time_s,delay_ms\n1,1,1\n", "x.csv:2: expected 2 cells, as in the first line"},
        {"time_s,delay_ms\n1,.\n", "x.csv:2: delay: expected without the unit, which the column "
                                   "has: a duration such as 20ms, to 1h, and \".\" was found"},
    };

    for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(param_object_new(&csv_trace_class, "x.csv", cases[n].text,
                                       strlen(cases[n].text), &error));
        g_assert_cmpstr(error->message, ==, cases[n].error);
    }
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/csv_trace/units-in-the-first-line", test_units_in_the_first_line);
    g_test_add_func("/links/csv_trace/units-behind-the-values", test_units_behind_the_values);
    g_test_add_func("/links/csv_trace/many-digits-are-rounded-once",
                    test_many_digits_are_rounded_once);
    g_test_add_func("/links/csv_trace/empty-cells-are-as-the-row-above",
                    test_empty_cells_are_as_the_row_above);
    g_test_add_func("/links/csv_trace/means-are-over-time", test_means_are_over_time);
    g_test_add_func("/links/csv_trace/errors-name-the-line", test_errors_name_the_line);
    return g_test_run();
}
