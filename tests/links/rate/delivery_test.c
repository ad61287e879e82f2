// SPDX-License-Identifier: Apache-2.0
// Delivery traces: instants against mahimahi's rule stepped opportunity by opportunity, the ends of
// traces, errors in files, and the rate in the long run.
#include "links/rate/delivery.h"

#include <string.h>

#include "tests/support/dice.h"
#include "tests/support/link_rig.h"
#include "tests/support/stream.h"
#include "tests/support/virtual_time.h"

#define MS INT64_C(1000000)
enum { FULL_BYTES = 1514 }; // counts as 1504

static ParamObject *trace_new(const char *text)
{
    GError *error = NULL;
    ParamObject *trace =
        param_object_new(&delivery_trace_class, "x.trace", text, strlen(text), &error);

    g_assert_no_error(error);
    return trace;
}

static LinkConfig *trace_config(const char *lines, const char *rest)
{
    g_autofree char *text = g_strdup_printf("rate.model trace, rate.file %s, %s", lines, rest);

    return link_rig_config(text);
}

// A rig whose forward direction follows the trace from 0 ns on.
static void rig_open(LinkRig *rig, const char *lines, const char *rest)
{
    g_autoptr(LinkConfig) config = trace_config(lines, rest);

    link_rig_open(rig, 1, "trace", "", "");
    link_configure(rig->link, LINK_FORWARD, config);
}

// mm-link's rule: at each opportunity, in their order and those of one millisecond apart, 1504
// bytes are taken from the frames that came before it; unused ones are gone.
static void assert_golden(const uint32_t *at_ms, unsigned n_lines, uint64_t seed)
{
    enum { N_FRAMES = 2000 };
    GString *lines = g_string_new(NULL);
    Dice dice = dice_new(seed);
    int64_t came_ns[N_FRAMES], left_ns[N_FRAMES], at_ns = 1;
    uint32_t bytes[N_FRAMES], left_bytes;
    unsigned head = 0;
    LinkRig rig;

    for (unsigned n = 0; n < n_lines; n++)
        g_string_append_printf(lines, "%u\n", at_ms[n]);
    rig_open(&rig, lines->str, "queue 10000 packets");
    for (unsigned n = 0; n < N_FRAMES; n++) {
        if (dice_throw(&dice, 3) == 0)
            at_ns += 1 + dice_throw(&dice, 9000) * 1009;
        came_ns[n] = at_ns;
        bytes[n] = dice_throw(&dice, 3) == 0 ? FULL_BYTES : 60 + dice_throw(&dice, 3000);
        script_add(&rig.script[LINK_FORWARD], at_ns, 0, 1, bytes[n]);
    }
    left_bytes = bytes[0] - 10;
    for (uint64_t turn = 0; head < N_FRAMES; turn++) {
        int64_t opportunity_ns =
            (int64_t)(turn / n_lines * at_ms[n_lines - 1] + at_ms[turn % n_lines]) * MS;
        uint32_t room_bytes = 1504;

        while (head < N_FRAMES && came_ns[head] < opportunity_ns && room_bytes > 0) {
            uint32_t sent_bytes = MIN(room_bytes, left_bytes);

            room_bytes -= sent_bytes;
            left_bytes -= sent_bytes;
            if (left_bytes > 0)
                continue;
            left_ns[head++] = opportunity_ns;
            left_bytes = head < N_FRAMES ? bytes[head] - 10 : 0;
        }
    }
    link_rig_run_to_end(&rig);
    probe_assert_times(&rig.probe[LINK_FORWARD], left_ns, N_FRAMES);
    g_string_free(lines, TRUE);
    link_rig_close(&rig);
}

static void test_delivers_as_mahimahi(void)
{
    assert_golden((const uint32_t[]){1}, 1, 1);
    assert_golden((const uint32_t[]){0, 0, 0, 3}, 4, 2);
    assert_golden((const uint32_t[]){2, 5, 5, 5, 6, 11, 12, 30}, 8, 3);
    assert_golden((const uint32_t[]){0, 1, 1, 2, 2, 3, 400, 400, 401}, 9, 4);
}

// An opportunity at the instant of arrival is gone; its successors of that millisecond too.
static void test_too_late_at_the_very_instant(void)
{
    LinkRig rig;

    rig_open(&rig, "5\n5\n9\n20\n", "queue 100 packets");
    script_add(&rig.script[LINK_FORWARD], 5 * MS, 0, 1, FULL_BYTES);
    link_rig_run_to_end(&rig);
    probe_assert_times(&rig.probe[LINK_FORWARD], (const int64_t[]){9 * MS}, 1);
    link_rig_close(&rig);
}

// Also where what came before leaves some of that instant's opportunities, as behind another link
// with a trace. What waited can have it.
static void test_too_late_for_what_is_left_over(void)
{
    static const int64_t expected_ns[] = {MS, 2 * MS, 2 * MS, 4 * MS};
    LinkRig rig;

    rig_open(&rig, "1\n1\n2\n4", "queue 10 packets");
    script_add(&rig.script[LINK_FORWARD], 0, 0, 1, 60);
    script_add(&rig.script[LINK_FORWARD], MS, 0, 2, 60);
    script_add(&rig.script[LINK_FORWARD], 2 * MS, 0, 1, 60);
    link_rig_run_to_end(&rig);
    probe_assert_times(&rig.probe[LINK_FORWARD], expected_ns, G_N_ELEMENTS(expected_ns));
    link_rig_close(&rig);
}

static void test_once_ends(void)
{
    LinkRig rig;

    rig_open(&rig, "1\n2\n", "rate.loop no, queue 100 packets");
    script_add(&rig.script[LINK_FORWARD], 1, 0, 5, FULL_BYTES);
    link_rig_run(&rig, 3600000 * MS);
    probe_assert_times(&rig.probe[LINK_FORWARD], (const int64_t[]){MS, 2 * MS}, 2);
    g_assert_cmpuint(link_held_frames(rig.link, LINK_FORWARD), ==, 3);
    g_assert_cmpint(engine_next_due_ns(rig.engine), ==, ENGINE_NEVER_NS);
    link_rig_close(&rig);
}

static void test_nothing_happens_while_idle(void)
{
    LinkRig rig;

    rig_open(&rig, "1\n", "queue 100 packets");
    g_assert_cmpint(engine_next_due_ns(rig.engine), ==, ENGINE_NEVER_NS);
    script_add(&rig.script[LINK_FORWARD], 500000, 0, 1, FULL_BYTES);
    link_rig_run(&rig, MS);
    g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), ==, 1);
    g_assert_cmpint(engine_next_due_ns(rig.engine), ==, ENGINE_NEVER_NS);
    link_rig_close(&rig);
}

// 7 opportunities in 13 ms, for 1000 s of backlog: the rate within 0.1 %, with short frames as
// well as with long ones.
static void test_rate_in_the_long_run(void)
{
    static const uint32_t lengths_bytes[] = {FULL_BYTES, 700, 60000};
    const double rate_bps = 7 * 1504 * 8 / 0.013;

    for (unsigned n = 0; n < G_N_ELEMENTS(lengths_bytes); n++) {
        uint32_t counted_bytes = lengths_bytes[n] - 10;
        unsigned n_frames = (unsigned)(rate_bps * 1000 / 8 / counted_bytes);
        double measured_bps;
        const Probe *probe;
        LinkRig rig;

        rig_open(&rig, "0\n1\n2\n3\n3\n12\n13\n", "queue 10000000 packets");
        script_add(&rig.script[LINK_FORWARD], 0, 0, 1, 60);
        for (unsigned sent = 0; sent < n_frames; sent++)
            script_add(&rig.script[LINK_FORWARD],
                       (int64_t)((double)sent * counted_bytes * 8e9 / rate_bps * 0.9), 0, 1,
                       lengths_bytes[n]);
        link_rig_run_to_end(&rig);
        probe = &rig.probe[LINK_FORWARD];
        measured_bps =
            (double)n_frames * counted_bytes * 8e9 / (double)probe_record(probe, n_frames)->at_ns;
        g_assert_cmpfloat(measured_bps, >, rate_bps * 0.999);
        g_assert_cmpfloat(measured_bps, <, rate_bps * 1.001);
        link_rig_close(&rig);
    }
}

// Of 3 x 1504 bytes 1504 have been delivered at 2.5 ms; another trace delivers the rest from there.
static void test_another_trace_begins_at_once(void)
{
    g_autoptr(LinkConfig) after = trace_config("10\n11\n", "queue 100 packets");
    LinkRig rig;

    rig_open(&rig, "2\n3\n4\n", "queue 100 packets");
    script_add(&rig.script[LINK_FORWARD], 0, 0, 1, 3 * 1504 + 10);
    link_rig_run(&rig, 2500000);
    link_configure(rig.link, LINK_FORWARD, after);
    link_rig_run_to_end(&rig);
    probe_assert_times(&rig.probe[LINK_FORWARD], (const int64_t[]){13500000}, 1);
    link_rig_close(&rig);
}

// Frames pass from one model to another with their order; what was being sent begins anew.
static void test_models_take_over_from_each_other(void)
{
    g_autoptr(LinkConfig) bucket =
        link_rig_config("rate.model bucket, rate.rate 1mbit, rate.burst 1514B, queue 9 packets");
    g_autoptr(LinkConfig) constant = link_rig_config("rate 12112kbit, queue 9 packets");
    g_autoptr(LinkConfig) none = link_rig_config("");
    LinkRig rig;

    rig_open(&rig, "1\n", "queue 9 packets");
    script_add(&rig.script[LINK_FORWARD], 0, 0, 8, FULL_BYTES);
    link_rig_run(&rig, 2500000); // two at 1 and 2 ms
    link_configure(rig.link, LINK_FORWARD, bucket);
    link_rig_run(&rig, 3 * MS); // one at 2.5 ms
    link_configure(rig.link, LINK_FORWARD, constant);
    link_rig_run(&rig, 5500000); // two at 4 and 5 ms
    link_configure(rig.link, LINK_FORWARD, bucket);
    link_rig_run(&rig, 6 * MS); // one at 5.5 ms
    link_configure(rig.link, LINK_FORWARD, none);
    link_rig_run_to_end(&rig);
    probe_assert_times(
        &rig.probe[LINK_FORWARD],
        (const int64_t[]){MS, 2 * MS, 2500000, 4 * MS, 5 * MS, 5500000, 6 * MS, 6 * MS}, 8);
    probe_assert_in_order(&rig.probe[LINK_FORWARD]);
    link_rig_close(&rig);
}

// Of 9000 bytes 3008 have been delivered at 2.5 ms, and then the frame counts as 1504 only.
static void test_more_sent_than_is_to_be_sent(void)
{
    g_autoptr(LinkConfig) after = trace_config("1\n", "queue 9 packets");
    LinkRig rig;

    rig_open(&rig, "1\n", "queue 9 packets, overhead.minimum 9000B");
    script_add(&rig.script[LINK_FORWARD], 0, 0, 2, FULL_BYTES);
    link_rig_run(&rig, 2500000);
    link_configure(rig.link, LINK_FORWARD, after);
    link_rig_run_to_end(&rig);
    probe_assert_times(&rig.probe[LINK_FORWARD], (const int64_t[]){2500000, 3500000}, 2);
    link_rig_close(&rig);
}

// The time that sending would have taken at the constant rate is not taken off its delay.
static void test_waits_all_the_time_when_taken_over(void)
{
    g_autoptr(LinkConfig) trace = trace_config("10\n", "queue 9 packets");
    LinkRig rig;

    link_rig_open(&rig, 1, "trace", "rate 12112kbit, queue 9 packets", "");
    script_add(&rig.script[LINK_FORWARD], 0, 0, 1, FULL_BYTES);
    link_rig_run(&rig, MS / 2);
    link_configure(rig.link, LINK_FORWARD, trace);
    link_rig_run_to_end(&rig);
    probe_assert_times(&rig.probe[LINK_FORWARD], (const int64_t[]){10500000}, 1);
    g_assert_cmpuint(histogram_sum_ns(&link_meter(rig.link, LINK_FORWARD)->queue), ==, 10500000);
    link_rig_close(&rig);
}

static void test_errors_name_the_line(void)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"", "x.trace:1: expected a time above 0 in the end"},
        {"0\n0\n", "x.trace:2: expected a time above 0 in the end"},
        {"1\n\n2\n", "x.trace:2: expected a time in whole milliseconds, 0 to 4294967295"},
        {"1\n2.5\n", "x.trace:2: expected nothing behind the time, and a line for each"},
        {"1 2\n", "x.trace:1: expected nothing behind the time, and a line for each"},
        {"1\n3\n2\n", "x.trace:3: expected a time not before that of the line above"},
        {"-1\n", "x.trace:1: expected a time in whole milliseconds, 0 to 4294967295"},
        {"4294967296", "x.trace:1: expected a time in whole milliseconds, 0 to 4294967295"},
        {"1\n99999999999999999999999\n",
         "x.trace:2: expected a time in whole milliseconds, 0 to 4294967295"},
    };

    for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(param_object_new(&delivery_trace_class, "x.trace", cases[n].text,
                                       strlen(cases[n].text), &error));
        g_assert_cmpstr(error->message, ==, cases[n].error);
    }
}

static void test_reads_lines_of_either_system(void)
{
    ParamObject *object = trace_new("0\r\n7\r\n4294967295");
    const DeliveryTrace *trace = (const DeliveryTrace *)object;

    g_assert_cmpuint(trace->n_opportunities, ==, 3);
    g_assert_cmpuint(trace->at_ms[1], ==, 7);
    g_assert_cmpuint(trace->at_ms[2], ==, UINT32_MAX);
    param_object_unref(object);
    object = trace_new("1");
    g_assert_cmpuint(delivery_trace_rate_bps((const DeliveryTrace *)object), ==, 12032000);
    param_object_unref(object);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/delivery/delivers-as-mahimahi", test_delivers_as_mahimahi);
    g_test_add_func("/links/delivery/too-late-at-the-very-instant",
                    test_too_late_at_the_very_instant);
    g_test_add_func("/links/delivery/too-late-for-what-is-left-over",
                    test_too_late_for_what_is_left_over);
    g_test_add_func("/links/delivery/once-ends", test_once_ends);
    g_test_add_func("/links/delivery/nothing-happens-while-idle", test_nothing_happens_while_idle);
    g_test_add_func("/links/delivery/rate-in-the-long-run", test_rate_in_the_long_run);
    g_test_add_func("/links/delivery/another-trace-begins-at-once",
                    test_another_trace_begins_at_once);
    g_test_add_func("/links/delivery/models-take-over-from-each-other",
                    test_models_take_over_from_each_other);
    g_test_add_func("/links/delivery/more-sent-than-is-to-be-sent",
                    test_more_sent_than_is_to_be_sent);
    g_test_add_func("/links/delivery/waits-all-the-time-when-taken-over",
                    test_waits_all_the_time_when_taken_over);
    g_test_add_func("/links/delivery/errors-name-the-line", test_errors_name_the_line);
    g_test_add_func("/links/delivery/reads-lines-of-either-system",
                    test_reads_lines_of_either_system);
    return g_test_run();
}
