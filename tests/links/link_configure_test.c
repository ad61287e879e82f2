// SPDX-License-Identifier: Apache-2.0
// Changes to a link that carries frames: what is in force from which frame on, and that every frame
// keeps its place.
#include "tests/support/link_rig.h"

#define MS INT64_C(1000000)

// Runs up to `at_ns` and puts `config` in force there, in the forward direction.
static void rig_configure(LinkRig *rig, int64_t at_ns, const char *text)
{
    g_autoptr(LinkConfig) config = link_rig_config(text);

    link_rig_run(rig, at_ns);
    link_configure(rig->link, LINK_FORWARD, config);
    link_rig_run(rig, at_ns); // and checks conservation
}

static void rig_send(LinkRig *rig, unsigned n_frames, int64_t gap_ns)
{
    script_add(&rig->script[LINK_FORWARD], engine_now(rig->engine), gap_ns, n_frames, 125);
}

static void rig_assert_times(LinkRig *rig, const int64_t *at_ns, unsigned n_times)
{
    link_rig_run_to_end(rig);
    probe_assert_times(&rig->probe[LINK_FORWARD], at_ns, n_times);
    probe_assert_in_order(&rig->probe[LINK_FORWARD]);
    link_rig_close(rig);
}

// 125 bytes at 1 Mbit/s take 1 ms. After 0.4 ms the rest, 600 bits, goes on at 10 kbit/s.
static void test_rate_changes_for_the_frame_in_service(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "live", "rate 1mbit", NULL);
    rig_send(&rig, 2, 0);
    rig_configure(&rig, 400000, "rate 10kbit");
    rig_assert_times(&rig, (const int64_t[]){400000 + 60 * MS, 400000 + 160 * MS}, 2);
}

// Faster, twice within one frame: 0.5 ms at 1 Mbit/s, 0.1 ms at 2 Mbit/s leave 300 bits.
static void test_rate_changes_twice_within_a_frame(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "live", "rate 1mbit", NULL);
    rig_send(&rig, 1, 0);
    rig_configure(&rig, 500000, "rate 2mbit");
    rig_configure(&rig, 600000, "rate 3mbit");
    rig_assert_times(&rig, (const int64_t[]){700000}, 1);
}

static void test_unlimited_lets_all_go_at_once(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "live", "rate 1mbit, queue 10 packets", NULL);
    rig_send(&rig, 4, 0);
    rig_configure(&rig, 1500000, "");
    rig_send(&rig, 1, 0);
    rig_assert_times(&rig, (const int64_t[]){1000000, 1500000, 1500000, 1500000, 1500000}, 5);
}

static void test_a_new_rate_holds_for_what_comes(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "live", "delay 5ms", NULL);
    rig_send(&rig, 1, 0);
    rig_configure(&rig, 2 * MS, "delay 5ms, rate 1mbit");
    rig_send(&rig, 2, 0);
    rig_assert_times(&rig, (const int64_t[]){5 * MS, 8 * MS, 9 * MS}, 3);
}

static void test_longer_delay_is_for_what_comes(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "live", "delay 5ms", NULL);
    rig_send(&rig, 1, 0);
    rig_configure(&rig, 2 * MS, "delay 10ms");
    rig_send(&rig, 1, 0);
    rig_assert_times(&rig, (const int64_t[]){5 * MS, 12 * MS}, 2);
}

static void test_what_is_late_follows_the_delay(void)
{
    LinkRig rig;
    const Meter *meter;

    link_rig_open(&rig, 1, "live", "delay 500ms", NULL);
    meter = link_meter(rig.link, LINK_FORWARD);
    rig_configure(&rig, 0, "delay 400ms");
    g_assert_cmpint(meter->late_ns, ==, INT64_MAX); // as long as nobody judges
    link_judge(rig.link, LINK_FORWARD, MS, RANDOM_ALWAYS / 8);
    g_assert_cmpint(meter->late_ns, ==, 50 * MS);
    rig_configure(&rig, MS, "delay 5ms");
    g_assert_cmpint(meter->late_ns, ==, MS);
    rig_configure(&rig, 2 * MS, "delay 80ms");
    g_assert_cmpint(meter->late_ns, ==, 10 * MS);
    link_rig_close(&rig);
}

static void test_shorter_delay_does_not_overtake(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "live", "delay 10ms", NULL);
    rig_send(&rig, 1, 0);
    rig_configure(&rig, 2 * MS, "delay 1ms");
    rig_send(&rig, 10, MS); // at 2 to 11 ms
    rig_assert_times(&rig,
                     (const int64_t[]){10 * MS, 10 * MS, 10 * MS, 10 * MS, 10 * MS, 10 * MS,
                                       10 * MS, 10 * MS, 10 * MS, 11 * MS, 12 * MS},
                     11);
}

// The stage stays as long as it holds a frame, and goes with a later change.
static void test_no_delay_does_not_overtake_either(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "live", "delay 10ms", NULL);
    rig_send(&rig, 1, 0);
    rig_configure(&rig, 2 * MS, "");
    rig_send(&rig, 1, 0);
    rig_configure(&rig, 20 * MS, "loss 0%");
    rig_send(&rig, 1, 0);
    rig_assert_times(&rig, (const int64_t[]){10 * MS, 10 * MS, 20 * MS}, 3);
}

static void test_limit_changes_and_what_waits_stays(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "live", "rate 1mbit, queue 10 packets", NULL);
    rig_send(&rig, 6, 0);
    rig_configure(&rig, 500000, "rate 1mbit, queue 2 packets");
    rig_send(&rig, 1, 0);
    link_rig_run(&rig, 3500000); // two wait
    rig_send(&rig, 1, 0);
    link_rig_run(&rig, 4500000); // one waits
    rig_send(&rig, 2, 0);
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_QUEUE_FULL), ==, 2);
    rig_assert_times(&rig, (const int64_t[]){MS, 2 * MS, 3 * MS, 4 * MS, 5 * MS, 6 * MS, 7 * MS},
                     7);
}

// A stage that comes and goes changes no other's fates, and its own are those of the numbers.
static void test_fates_are_those_of_the_numbers(void)
{
    LinkRig rig, same;

    link_rig_open(&rig, 7, "atlantic", "delay 1ms", NULL);
    link_rig_open(&same, 7, "atlantic", "delay 1ms, loss 50%", NULL);
    rig_send(&rig, 50, 0);
    rig_send(&same, 100, 0);
    rig_configure(&rig, 0, "delay 1ms, loss 50%");
    rig_send(&rig, 50, 0);
    link_rig_run_to_end(&rig);
    link_rig_run_to_end(&same);
    for (unsigned n = 0; n < probe_count(&same.probe[LINK_FORWARD]); n++) {
        const ProbeRecord *lossy = probe_record(&same.probe[LINK_FORWARD], n);
        bool found = lossy->index < 50;

        for (unsigned m = 50; m < probe_count(&rig.probe[LINK_FORWARD]); m++)
            found |= probe_record(&rig.probe[LINK_FORWARD], m)->index == lossy->index;
        g_assert_true(found);
    }
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_LOSS), >, 10);
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_LOSS), <, 40);
    link_rig_close(&rig);
    link_rig_close(&same);
}

// What is under way when a link goes down never arrives, nor what is sent meanwhile; what still
// waits at its start when it is up again does.
static void test_down_loses_what_is_under_way(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "live", "rate 1mbit, delay 5ms", NULL);
    rig_send(&rig, 10, 0); // arrive at 6 to 15 ms
    link_rig_run(&rig, 7500000);
    link_set_down(rig.link, LINK_FORWARD, true);
    g_assert_true(link_is_down(rig.link, LINK_FORWARD));
    g_assert_false(link_is_down(rig.link, LINK_REVERSE));
    rig_send(&rig, 3, 0);
    link_rig_run(&rig, 12500000);
    link_set_down(rig.link, LINK_FORWARD, false);
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_LINK_DOWN), ==, 8);
    rig_assert_times(&rig, (const int64_t[]){6 * MS, 7 * MS, 13 * MS, 14 * MS, 15 * MS}, 5);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/link_configure/rate-changes-for-the-frame-in-service",
                    test_rate_changes_for_the_frame_in_service);
    g_test_add_func("/links/link_configure/rate-changes-twice-within-a-frame",
                    test_rate_changes_twice_within_a_frame);
    g_test_add_func("/links/link_configure/unlimited-lets-all-go-at-once",
                    test_unlimited_lets_all_go_at_once);
    g_test_add_func("/links/link_configure/a-new-rate-holds-for-what-comes",
                    test_a_new_rate_holds_for_what_comes);
    g_test_add_func("/links/link_configure/longer-delay-is-for-what-comes",
                    test_longer_delay_is_for_what_comes);
    g_test_add_func("/links/link_configure/shorter-delay-does-not-overtake",
                    test_shorter_delay_does_not_overtake);
    g_test_add_func("/links/link_configure/no-delay-does-not-overtake-either",
                    test_no_delay_does_not_overtake_either);
    g_test_add_func("/links/link_configure/limit-changes-and-what-waits-stays",
                    test_limit_changes_and_what_waits_stays);
    g_test_add_func("/links/link_configure/fates-are-those-of-the-numbers",
                    test_fates_are_those_of_the_numbers);
    g_test_add_func("/links/link_configure/down-loses-what-is-under-way",
                    test_down_loses_what_is_under_way);
    g_test_add_func("/links/link_configure/what-is-late-follows-the-delay",
                    test_what_is_late_follows_the_delay);
    return g_test_run();
}
