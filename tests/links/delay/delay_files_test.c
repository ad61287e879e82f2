// SPDX-License-Identifier: Apache-2.0
// The files that delays come from, tables and traces: what they hold, and where they are wrong.
#include <string.h>

#include "links/delay/delay_trace.h"
#include "links/delay/dist_file.h"

static ParamObject *parsed(const ParamObjectClass *class, const char *text)
{
    GError *error = NULL;
    ParamObject *object = param_object_new(class, "x", text, strlen(text), &error);

    g_assert_no_error(error);
    return object;
}

static void assert_error(const ParamObjectClass *class, const char *text, const char *wanted)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(param_object_new(class, "x", text, strlen(text), &error));
    g_assert_cmpstr(error->message, ==, wanted);
}

static void test_table(void)
{
    DistFile *file =
        (DistFile *)parsed(&dist_file_class, "# made by hand\n -32768 8192 # two\r\n\n\t0\n32767");
    static const int32_t edges[] = {-262144, 0, 65536, 262136, 262136};

    g_assert_cmpuint(file->quantiles->n_cells, ==, 4);
    g_assert_cmpmem(file->quantiles->edge, sizeof edges, edges, sizeof edges);
    param_object_unref(&file->object);
}

static void test_wrong_table(void)
{
    g_autoptr(GString) long_table = g_string_new(NULL);

    assert_error(&dist_file_class, "1 2\n3 four\n",
                 "x:2: \"four\" is not an entry of a table: expected whole numbers from -32768 to "
                 "32767, of which 8192 is one deviation");
    assert_error(&dist_file_class, "32768",
                 "x:1: \"32768\" is not an entry of a table: expected whole numbers from -32768 to "
                 "32767, of which 8192 is one deviation");
    assert_error(&dist_file_class, "# none\n#\n",
                 "x:2: the table is empty: expected whole numbers from -32768 to 32767");
    assert_error(&dist_file_class, "",
                 "x:1: the table is empty: expected whole numbers from -32768 to 32767");
    for (int i = 0; i < DIST_MAX_VALUES + 1; i++)
        g_string_append(long_table, "1\n");
    assert_error(&dist_file_class, long_table->str,
                 "x:16385: the table is too long: expected at most 16384 numbers");
}

static void test_trace(void)
{
    DelayTrace *trace = (DelayTrace *)parsed(&delay_trace_class,
                                             "# ping, halved\n12.5ms\n\n  3us # short\r\n0ns\n1h");

    g_assert_cmpuint(trace->n_delays, ==, 4);
    g_assert_cmpint(trace->least_ns, ==, 0);
    g_assert_cmpint(delay_trace_at(trace, 0, false), ==, 12500000);
    g_assert_cmpint(delay_trace_at(trace, 1, false), ==, 3000);
    g_assert_cmpint(delay_trace_at(trace, 3, false), ==, DELAY_TRACE_MAX_NS);
    g_assert_cmpint(delay_trace_at(trace, 4, false), ==, DELAY_TRACE_MAX_NS);
    g_assert_cmpint(delay_trace_at(trace, UINT64_MAX, false), ==, DELAY_TRACE_MAX_NS);
    g_assert_cmpint(delay_trace_at(trace, 4, true), ==, 12500000);
    g_assert_cmpint(delay_trace_at(trace, 4001, true), ==, 3000);
    param_object_unref(&trace->object);
}

static void test_wrong_trace(void)
{
    assert_error(&delay_trace_class, "1ms\n\n20\n",
                 "x:3: \"20\" has no unit: write 20ms or 20s; expected a delay, such as 12.5ms");
    assert_error(&delay_trace_class, "-1ms",
                 "x:1: \"-1ms\" is negative: write 0 or more; expected a delay, such as 12.5ms");
    assert_error(&delay_trace_class, "2h",
                 "x:1: \"2h\" is out of range: expected a delay of 0ns to 1h");
    assert_error(&delay_trace_class, "\n",
                 "x:1: the trace is empty: expected a delay a line, such as 12.5ms");
}

// Whatever the bytes, NUL among them, it is an answer.
static void test_bytes_that_are_no_text(void)
{
    static const char bytes[] = "1ms\0\xff\n2ms\n";
    g_autoptr(GError) error = NULL;
    ParamObject *object =
        param_object_new(&delay_trace_class, "x", bytes, sizeof bytes - 1, &error);

    g_assert_null(object);
    g_assert_true(g_str_has_prefix(error->message, "x:2: "));
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/delay_files/table", test_table);
    g_test_add_func("/links/delay_files/wrong-table", test_wrong_table);
    g_test_add_func("/links/delay_files/trace", test_trace);
    g_test_add_func("/links/delay_files/wrong-trace", test_wrong_trace);
    g_test_add_func("/links/delay_files/bytes-that-are-no-text", test_bytes_that_are_no_text);
    return g_test_run();
}
