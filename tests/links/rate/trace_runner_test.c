// SPDX-License-Identifier: Apache-2.0
// A trace that is played: what is in force when, in steps and on lines, looped, and beside other
// changes to the same link.
#include "links/rate/trace_runner.h"

#include "tests/support/link_rig.h"

#define MS INT64_C(1000000)
#define S INT64_C(1000000000)

static const LinkConfig *rig_config_at(LinkRig *rig, int64_t at_ns)
{
    link_rig_run(rig, at_ns);
    return link_config(rig->link, LINK_FORWARD);
}

// What is in force, where link_config_rate_bps() tells the mean of the trace.
static uint64_t config_rate_bps(const LinkConfig *config)
{
    const StageClass *class = link_config_variant("rate", "constant");

    return class->mean_rate_bps(link_config_of(config, class));
}

static Probability config_loss(const LinkConfig *config)
{
    const StageClass *class = link_config_variant("loss", "independent");

    return class->mean_loss(link_config_of(config, class));
}

static void rig_assert_delay(LinkRig *rig, int64_t at_ns, int64_t delay_ns)
{
    g_assert_cmpint(link_config_delay_ns(rig_config_at(rig, at_ns)), ==, delay_ns);
}

static void test_steps_at_its_rows(void)
{
    const LinkConfig *config;
    LinkRig rig;

    link_rig_open(&rig, 1, "trace",
                  "trace.file time,rate,delay,loss,queue\n0s,1mbit,5ms,0%,10ms\n1s,2mbit,7ms,50%,"
                  "20ms\n1s,3mbit,8ms,100%,30ms\n",
                  "");
    config = rig_config_at(&rig, 0);
    g_assert_cmpuint(config_rate_bps(config), ==, 1000000);
    g_assert_cmpuint(link_config_rate_bps(config), ==, 1000000); // in the mean
    g_assert_cmpint(link_config_delay_ns(config), ==, 5 * MS);
    g_assert_cmpint(link_config_mean_delay_ns(config), ==, 5 * MS);
    g_assert_cmpuint(link_config_queue_limit(config).amount, ==, 10 * MS);
    config = rig_config_at(&rig, S - 1);
    g_assert_cmpuint(config_rate_bps(config), ==, 1000000);
    config = rig_config_at(&rig, S);
    g_assert_cmpuint(config_rate_bps(config), ==, 3000000);
    g_assert_cmpint(link_config_delay_ns(config), ==, 8 * MS);
    g_assert_cmpint(link_config_mean_delay_ns(config), ==, 5 * MS);
    g_assert_cmpuint(config_loss(config), ==, RANDOM_ALWAYS);
    g_assert_cmpuint(link_config_queue_limit(config).amount, ==, 30 * MS);
    g_assert_cmpint(engine_next_due_ns(rig.engine), ==, ENGINE_NEVER_NS); // the last row stays
    g_assert_cmpuint(link_config_rate_bps(link_config(rig.link, LINK_REVERSE)), ==, 0);
    link_rig_close(&rig);
}

// 125 bytes at 1 Mbit/s take 1 ms; half of them does, and then an outage of one second.
static void test_rate_changes_for_the_frame_in_service(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "trace", "trace.file time_ms,rate_kbit\n0,1000\n10.5,0\n1010.5,1000\n",
                  "");
    script_add(&rig.script[LINK_FORWARD], 10 * MS, 0, 1, 125);
    link_rig_run_to_end(&rig);
    g_assert_cmpint(probe_record(&rig.probe[LINK_FORWARD], 0)->at_ns, >, 1010 * MS);
    g_assert_cmpint(probe_record(&rig.probe[LINK_FORWARD], 0)->at_ns, <=, 1011 * MS);
    link_rig_close(&rig);
}

static void test_lines_between_its_rows(void)
{
    LinkRig rig;

    link_rig_open(
        &rig, 1, "trace",
        "trace.change linear, trace.step 10ms, trace.file time_ms,delay_ms\n0,10\n100,20\n"
        "200,20\n205,10\n",
        "");
    rig_assert_delay(&rig, 0, 10 * MS);
    rig_assert_delay(&rig, 9 * MS, 10 * MS);
    rig_assert_delay(&rig, 10 * MS, 11 * MS);
    rig_assert_delay(&rig, 99 * MS, 19 * MS);
    rig_assert_delay(&rig, 100 * MS, 20 * MS);
    g_assert_cmpint(engine_next_due_ns(rig.engine), ==, 200 * MS); // nothing to do on the way
    rig_assert_delay(&rig, 204 * MS, 20 * MS);
    rig_assert_delay(&rig, 300 * MS, 10 * MS);
    link_rig_close(&rig);
}

// From 100 ms on it begins again; the first row is for 30 ms.
static void test_loops(void)
{
    g_autoptr(LinkConfig) none = link_rig_config("");
    LinkRig rig;

    link_rig_open(&rig, 1, "trace",
                  "trace.loop yes, trace.file time_ms,delay_ms\n0,1\n30,2\n100,3\n", "");
    for (int64_t from_ns = 0; from_ns < 100 * 100 * MS; from_ns += 100 * MS) {
        rig_assert_delay(&rig, from_ns, 1 * MS);
        rig_assert_delay(&rig, from_ns + 30 * MS - 1, 1 * MS);
        rig_assert_delay(&rig, from_ns + 30 * MS, 2 * MS);
    }
    link_configure(rig.link, LINK_FORWARD, none);
    g_assert_cmpint(engine_next_due_ns(rig.engine), ==, ENGINE_NEVER_NS);
    link_rig_close(&rig);
}

// Another change keeps its parameters, and the trace its columns.
static void test_goes_together_with_other_changes(void)
{
    LinkConfig *config;
    LinkRig rig;

    link_rig_open(&rig, 1, "trace", "loss 1%, trace.file time_ms,delay_ms\n10,1\n20,2\n30,3\n", "");
    link_rig_run(&rig, 15 * MS);
    config = link_config_copy(link_config(rig.link, LINK_FORWARD));
    link_config_copy_param(config, link_config_variant("loss", "independent"),
                           link_config_variant("loss", "independent")->keys->params,
                           link_config(rig.link, LINK_REVERSE)); // no loss
    link_configure(rig.link, LINK_FORWARD, config);
    link_config_free(config);
    rig_assert_delay(&rig, 15 * MS, 1 * MS);
    rig_assert_delay(&rig, 20 * MS, 2 * MS);
    g_assert_cmpuint(link_config_loss(link_config(rig.link, LINK_FORWARD)), ==, 0);
    rig_assert_delay(&rig, 30 * MS, 3 * MS);
    link_rig_close(&rig);
}

// What lies beyond is told of a delay that no row falls below.
static void test_least_delay_is_that_of_all_rows(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "trace", "delay 50ms, trace.file time_ms,delay_ms\n10,7\n20,2\n30,3\n",
                  "");
    g_assert_cmpint(link_least_ns(rig.link, LINK_FORWARD), ==, 2 * MS);
    g_assert_cmpint(link_least_ns(rig.link, LINK_REVERSE), ==, 0);
    link_rig_run(&rig, 30 * MS);
    g_assert_cmpint(link_least_ns(rig.link, LINK_FORWARD), ==, 2 * MS);
    link_rig_close(&rig);
}

static void test_needs_what_it_changes(void)
{
    g_autoptr(LinkConfig) config = link_rig_config("rate.model trace, rate.file 1");
    g_autoptr(LinkConfig) with_rate = link_rig_config("trace.file time_s,rate_mbit\n0,1\n");
    GError *error = NULL;

    link_config_copy_param(with_rate, link_config_variant("rate", "trace"),
                           link_config_variant("rate", "trace")->keys->params, config);
    link_config_choose(with_rate, link_config_variant("rate", "trace"));
    g_assert_false(link_config_check(with_rate, &error));
    g_assert_cmpstr(error->message, ==,
                    "trace: its column rate sets what the model in force, trace, does not have");
    g_clear_error(&error);
}

// On its way a line passes rates at which there can be no such bursts: they are kept all the same.
static void test_passes_rates_that_cannot_come_in_bursts(void)
{
    static const char *const models[] = {
        "loss.model gilbert, loss.burst 4",
        "loss.model four-state, loss.burst 8, loss.density 60%, loss.gap 4, loss.isolated 1%",
    };

    for (unsigned n = 0; n < G_N_ELEMENTS(models); n++) {
        g_autofree char *text = g_strdup_printf(
            "trace.file time,loss\n0s,0%%\n10s,100%%\n, trace.change linear, %s", models[n]);
        LinkRig rig;
        uint64_t n_lost;

        link_rig_open(&rig, 1, "trace", text, "");
        script_add(&rig.script[LINK_FORWARD], 0, MS, 10000, 60);
        link_rig_run_to_end(&rig);
        n_lost = link_rig_dropped(&rig, LINK_FORWARD, DROP_LOSS);
        g_assert_cmpuint(n_lost, >, 4500);
        g_assert_cmpuint(n_lost, <, 5500);
        g_assert_cmpuint(link_config_loss(link_config(rig.link, LINK_FORWARD)), ==,
                         RANDOM_ALWAYS / 2);
        link_rig_close(&rig);
    }
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/trace_runner/steps-at-its-rows", test_steps_at_its_rows);
    g_test_add_func("/links/trace_runner/rate-changes-for-the-frame-in-service",
                    test_rate_changes_for_the_frame_in_service);
    g_test_add_func("/links/trace_runner/lines-between-its-rows", test_lines_between_its_rows);
    g_test_add_func("/links/trace_runner/loops", test_loops);
    g_test_add_func("/links/trace_runner/goes-together-with-other-changes",
                    test_goes_together_with_other_changes);
    g_test_add_func("/links/trace_runner/least-delay-is-that-of-all-rows",
                    test_least_delay_is_that_of_all_rows);
    g_test_add_func("/links/trace_runner/needs-what-it-changes", test_needs_what_it_changes);
    g_test_add_func("/links/trace_runner/passes-rates-that-cannot-come-in-bursts",
                    test_passes_rates_that_cannot_come_in_bursts);
    return g_test_run();
}
