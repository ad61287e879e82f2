// SPDX-License-Identifier: Apache-2.0
// A link as a whole: its two directions, its counters, what it holds and who measures departures.
#include "links/link.h"

#include "tests/support/conservation.h"
#include "tests/support/link_rig.h"

// One of everything, so busy that frames are lost, dropped and held.
#define HARSH                                                                                      \
    "rate 2mbit, overhead ethernet, queue 20ms, loss 5%, delay 40ms, jitter 30ms, "                \
    "jitter.distribution normal"

static void direction_assert_untouched(const Link *link, LinkDirection direction)
{
    const LinkCounters *counters = link_counters(link, direction);

    g_assert_cmpuint(counter_get(&counters->in_frames), ==, 0);
    g_assert_cmpuint(counter_get(&counters->in_bytes), ==, 0);
    g_assert_cmpuint(counter_get(&counters->out_frames), ==, 0);
    g_assert_cmpuint(counter_get(&counters->out_bytes), ==, 0);
    g_assert_cmpuint(drop_total(&counters->drops), ==, 0);
    g_assert_cmpuint(link_held_frames(link, direction), ==, 0);
    g_assert_cmpuint(counter_get(&link_meter(link, direction)->bytes), ==, 0);
}

static void test_plain_link_passes_at_once(void)
{
    LinkRig rig;
    Frame *frame;

    link_rig_open(&rig, 1, "plain", "", "");
    frame = frame_new(rig.pool, 60);
    frame->length_bytes = 60;
    sink_push(link_entry(rig.link, LINK_FORWARD), frame);
    g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), ==, 1); // without the engine's help
    g_assert_cmpint(engine_next_due_ns(rig.engine), ==, ENGINE_NEVER_NS);
    g_assert_cmpuint(counter_get(&link_counters(rig.link, LINK_FORWARD)->in_frames), ==, 1);
    g_assert_cmpuint(counter_get(&link_counters(rig.link, LINK_FORWARD)->out_frames), ==, 1);
    direction_assert_untouched(rig.link, LINK_REVERSE);
    link_rig_close(&rig);
}

static void test_says_what_it_was_made_from(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "atlantic", "delay 1ms", "delay 2ms");
    g_assert_cmpstr(link_name(rig.link), ==, "atlantic");
    g_assert_cmpint(link_config_delay_ns(link_config(rig.link, LINK_FORWARD)), ==,
                    link_config_delay_ns(rig.config[LINK_FORWARD]));
    g_assert_cmpint(link_config_delay_ns(link_config(rig.link, LINK_REVERSE)), ==,
                    link_config_delay_ns(rig.config[LINK_REVERSE]));
    link_rig_close(&rig);
}

static void test_counts_frames_and_bytes(void)
{
    const LinkCounters *counters;
    LinkRig rig;

    link_rig_open(&rig, 7, "atlantic", "loss 10%", ""); // loses 9, 21, 23, 25 of 30
    script_add(&rig.script[LINK_FORWARD], 0, 1000, 22, 100);
    script_add(&rig.script[LINK_FORWARD], 22000, 1000, 8, 1514);
    link_rig_run_to_end(&rig);
    counters = link_counters(rig.link, LINK_FORWARD);
    g_assert_cmpuint(counter_get(&counters->in_frames), ==, 30);
    g_assert_cmpuint(counter_get(&counters->in_bytes), ==, 22 * 100 + 8 * 1514);
    g_assert_cmpuint(counter_get(&counters->out_frames), ==, 26);
    g_assert_cmpuint(counter_get(&counters->out_bytes), ==, 20 * 100 + 6 * 1514);
    g_assert_cmpuint(counter_get(&counters->copied_frames), ==, 0);
    g_assert_cmpuint(counter_get(&counters->drops.frames[DROP_LOSS]), ==, 4);
    g_assert_cmpuint(drop_total(&counters->drops), ==, 4);
    direction_assert_untouched(rig.link, LINK_REVERSE);
    link_rig_close(&rig);
}

static void test_numbers_frames_from_zero_in_each_direction(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "numbers", "delay 1ms", NULL);
    script_add(&rig.script[LINK_FORWARD], 0, 1000, 5, 60);
    script_add(&rig.script[LINK_REVERSE], 500, 1000, 3, 60);
    link_rig_run_to_end(&rig);
    for (unsigned n = 0; n < 5; n++)
        g_assert_cmpuint(probe_record(&rig.probe[LINK_FORWARD], n)->index, ==, n);
    for (unsigned n = 0; n < 3; n++)
        g_assert_cmpuint(probe_record(&rig.probe[LINK_REVERSE], n)->index, ==, n);
    link_rig_close(&rig);
}

static void test_directions_have_their_own_configuration(void)
{
    static const int64_t forward_ns[] = {35000000};
    static const int64_t reverse_ns[] = {1211200 + 1000000};
    LinkRig rig;

    link_rig_open(&rig, 1, "asymmetric", "delay 35ms", "rate 10mbit, delay 1ms");
    script_add(&rig.script[LINK_FORWARD], 0, 0, 1, 1514);
    script_add(&rig.script[LINK_REVERSE], 0, 0, 1, 1514);
    link_rig_run_to_end(&rig);
    probe_assert_times(&rig.probe[LINK_FORWARD], forward_ns, 1);
    probe_assert_times(&rig.probe[LINK_REVERSE], reverse_ns, 1);
    link_rig_close(&rig);
}

static void test_directions_do_not_touch_each_other(void)
{
    LinkRig alone, both;

    link_rig_open(&alone, 1, "atlantic", HARSH, NULL);
    script_add(&alone.script[LINK_FORWARD], 0, 4000000, 500, 1000);
    link_rig_run_to_end(&alone);
    direction_assert_untouched(alone.link, LINK_REVERSE);

    link_rig_open(&both, 1, "atlantic", HARSH, NULL);
    script_add(&both.script[LINK_FORWARD], 0, 4000000, 500, 1000);
    script_add(&both.script[LINK_REVERSE], 0, 1000000, 2000, 1000);
    link_rig_run_to_end(&both);
    g_assert_cmpuint(link_rig_dropped(&both, LINK_REVERSE, DROP_QUEUE_FULL), >, 0);
    probe_assert_same(&alone.probe[LINK_FORWARD], &both.probe[LINK_FORWARD]);
    link_rig_close(&alone);
    link_rig_close(&both);
}

// Five frames of 125 bytes at 1 Mbit/s take 1 ms each, then a second of delay.
static void test_holds_what_waits_is_sent_and_is_under_way(void)
{
    static const struct {
        int64_t at_ns;
        uint64_t held_frames;
        unsigned n_out;
    } moments[] = {
        {0, 5, 0},          // one being sent, four waiting
        {2500000, 5, 0},    // two under way, one being sent, two waiting
        {5000000, 5, 0},    // all under way
        {1000999999, 5, 0}, // the last moment before the first arrives
        {1001000000, 4, 1}, {1004999999, 1, 4}, {1005000000, 0, 5},
    };
    LinkRig rig;

    link_rig_open(&rig, 1, "held", "rate 1mbit, delay 1s", "");
    script_add(&rig.script[LINK_FORWARD], 0, 0, 5, 125);
    for (unsigned n = 0; n < G_N_ELEMENTS(moments); n++) {
        link_rig_run(&rig, moments[n].at_ns);
        g_assert_cmpuint(link_held_frames(rig.link, LINK_FORWARD), ==, moments[n].held_frames);
        g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), ==, moments[n].n_out);
        g_assert_cmpuint(frame_pool_in_use_frames(rig.pool), ==, moments[n].held_frames);
    }
    link_rig_close(&rig);
}

static void test_every_frame_is_accounted_for_at_every_moment(void)
{
    const LinkCounters *counters;
    LinkRig rig;

    link_rig_open(&rig, 3, "harsh", HARSH, NULL);
    script_add(&rig.script[LINK_FORWARD], 0, 3000000, 1000, 1000);
    script_add(&rig.script[LINK_REVERSE], 0, 7000000, 400, 100);
    for (int64_t at_ns = 0; at_ns < INT64_C(3000000000); at_ns += 1234567)
        link_rig_run(&rig, at_ns); // checks conservation
    link_rig_run_to_end(&rig);
    counters = link_counters(rig.link, LINK_FORWARD);
    g_assert_cmpuint(counter_get(&counters->in_frames), ==, 1000);
    g_assert_cmpuint(counter_get(&counters->out_frames), ==, probe_count(&rig.probe[LINK_FORWARD]));
    g_assert_cmpuint(counter_get(&counters->drops.frames[DROP_QUEUE_FULL]), >, 100);
    g_assert_cmpuint(counter_get(&counters->drops.frames[DROP_LOSS]), >, 10);
    link_rig_close(&rig);
}

// Closing the rig asserts that no frame is out of the pool and no event is armed.
static void test_freeing_a_busy_link_leaves_nothing(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "busy", "rate 1mbit, delay 1s, jitter 100ms", NULL);
    script_add(&rig.script[LINK_FORWARD], 0, 1000000, 10, 1514);
    script_add(&rig.script[LINK_REVERSE], 0, 1000000, 10, 1514);
    link_rig_run(&rig, 20000000);
    g_assert_cmpuint(link_held_frames(rig.link, LINK_FORWARD), ==, 10);
    g_assert_cmpuint(link_held_frames(rig.link, LINK_REVERSE), ==, 10);
    link_rig_close(&rig);
}

typedef struct {
    Sink sink;
    Sink *back;
} Echo;

static void echo_push(Sink *sink, Frame *frame)
{
    sink_push(((Echo *)sink)->back, frame);
}

// A host that answers at once: the frame enters the other direction while the first one's event is
// still firing.
static void test_answer_from_within_an_arrival(void)
{
    g_autoptr(LinkConfig) forward = link_rig_config("rate 8mbit, delay 10ms");
    g_autoptr(LinkConfig) reverse = link_rig_config("rate 1mbit, delay 5ms");
    static const int64_t times_ns[] = {16125000, 17125000, 18125000};
    Engine *engine = engine_new();
    FramePool *pool = frame_pool_new(FRAME_LARGE_SLOT_BYTES);
    Link *link = link_new(engine, 1, "echo", forward, reverse);
    Echo echo = {.sink.push = echo_push, .back = link_entry(link, LINK_REVERSE)};
    Script script;
    Probe probe;

    script_init(&script, engine, pool, link_entry(link, LINK_FORWARD));
    probe_init(&probe, engine);
    link_connect(link, LINK_FORWARD, &echo.sink);
    link_connect(link, LINK_REVERSE, &probe.sink);
    script_add(&script, 0, 0, 3, 125); // 125 us there, 1 ms back
    engine_run_until(engine, INT64_C(1000000000));
    probe_assert_times(&probe, times_ns, G_N_ELEMENTS(times_ns));
    for (unsigned n = 0; n < 3; n++) // the times are those of the present direction
        g_assert_cmpint(probe_record(&probe, n)->entered_ns, ==, 10000000 + 125000 * (n + 1));
    conservation_assert(link);
    link_free(link);
    script_clear(&script);
    probe_clear(&probe);
    frame_pool_free(pool);
    engine_free(engine);
}

static void test_same_seed_same_bytes(void)
{
    LinkRig a, b, other_seed, other_name;
    LinkRig *rigs[] = {&a, &b, &other_seed, &other_name};

    link_rig_open(&a, 3, "harsh", HARSH, NULL);
    link_rig_open(&b, 3, "harsh", HARSH, NULL);
    link_rig_open(&other_seed, 4, "harsh", HARSH, NULL);
    link_rig_open(&other_name, 3, "harsher", HARSH, NULL);
    for (unsigned n = 0; n < G_N_ELEMENTS(rigs); n++) {
        script_add(&rigs[n]->script[LINK_FORWARD], 0, 4000000, 500, 1000);
        link_rig_run_to_end(rigs[n]);
    }
    probe_assert_same(&a.probe[LINK_FORWARD], &b.probe[LINK_FORWARD]);
    g_assert_cmpint(probe_record(&a.probe[LINK_FORWARD], 0)->at_ns, !=,
                    probe_record(&other_seed.probe[LINK_FORWARD], 0)->at_ns);
    g_assert_cmpint(probe_record(&a.probe[LINK_FORWARD], 0)->at_ns, !=,
                    probe_record(&other_name.probe[LINK_FORWARD], 0)->at_ns);
    for (unsigned n = 0; n < G_N_ELEMENTS(rigs); n++)
        link_rig_close(rigs[n]);
}

static void test_driver_steps_do_not_matter(void)
{
    LinkRig one_go, steps;

    link_rig_open(&one_go, 3, "harsh", HARSH, NULL);
    link_rig_open(&steps, 3, "harsh", HARSH, NULL);
    script_add(&one_go.script[LINK_FORWARD], 0, 4000000, 500, 1000);
    script_add(&steps.script[LINK_FORWARD], 0, 4000000, 500, 1000);
    engine_run_until(one_go.engine, INT64_C(10000000000));
    for (int64_t at_ns = 0; at_ns < INT64_C(3000000000); at_ns += 333333)
        engine_run_until(steps.engine, at_ns);
    probe_assert_same(&one_go.probe[LINK_FORWARD], &steps.probe[LINK_FORWARD]);
    link_rig_close(&one_go);
    link_rig_close(&steps);
}

static void test_measures_departures_in_engine_time(void)
{
    const Meter *meter;
    LinkRig rig;

    link_rig_open(&rig, 1, "measured", "rate 10mbit, delay 35ms", "");
    script_add(&rig.script[LINK_FORWARD], 5000, 0, 3, 1250); // 1 ms each
    link_rig_run_to_end(&rig);
    meter = link_meter(rig.link, LINK_FORWARD);
    g_assert_cmpuint(counter_get(&meter->delay.count), ==, 3);
    g_assert_cmpuint(histogram_sum_ns(&meter->delay), ==, 3 * 35000000);
    g_assert_cmpuint(histogram_sum_ns(&meter->queue), ==, 0 + 1000000 + 2000000);
    g_assert_cmpuint(counter_get(&meter->lateness.max_ns), ==, 0);
    g_assert_cmpuint(counter_get(&meter->bytes), ==, 3750);
    g_assert_cmpint(probe_record(&rig.probe[LINK_FORWARD], 2)->due_ns, ==, 38005000);
    link_rig_close(&rig);
}

// Whatever stages there are: what the link demands is the instant at which it lets a frame go.
static void test_frame_leaves_when_it_is_due(void)
{
    static const char *const configs[] = {"", "loss 1%", "rate 10mbit", "delay 5ms", HARSH};

    for (unsigned n = 0; n < G_N_ELEMENTS(configs); n++) {
        LinkRig rig;

        link_rig_open(&rig, 1, "due", configs[n], "");
        script_add(&rig.script[LINK_FORWARD], 12345, 10000000, 20, 1000);
        link_rig_run_to_end(&rig);
        g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), >, 10);
        for (unsigned i = 0; i < probe_count(&rig.probe[LINK_FORWARD]); i++) {
            const ProbeRecord *record = probe_record(&rig.probe[LINK_FORWARD], i);

            g_assert_cmpint(record->entered_ns, ==, 12345 + 10000000 * (int64_t)record->serial);
            g_assert_cmpint(record->wired_ns, >=, record->entered_ns);
            g_assert_cmpint(record->due_ns, ==, record->at_ns);
        }
        g_assert_cmpuint(counter_get(&link_meter(rig.link, LINK_FORWARD)->lateness.max_ns), ==, 0);
        link_rig_close(&rig);
    }
}

static void test_taken_meter_is_left_alone(void)
{
    LinkRig rig;
    Meter *meter;

    link_rig_open(&rig, 1, "taken", "delay 1ms", NULL);
    meter = link_take_meter(rig.link, LINK_FORWARD);
    g_assert_true(meter == link_meter(rig.link, LINK_FORWARD));
    script_add(&rig.script[LINK_FORWARD], 0, 0, 3, 60);
    script_add(&rig.script[LINK_REVERSE], 0, 0, 2, 60);
    link_rig_run_to_end(&rig);
    g_assert_cmpuint(counter_get(&meter->delay.count), ==, 0);
    g_assert_cmpuint(counter_get(&link_meter(rig.link, LINK_REVERSE)->delay.count), ==, 2);
    g_assert_cmpuint(counter_get(&link_counters(rig.link, LINK_FORWARD)->out_frames), ==, 3);
    link_rig_close(&rig);
}

// 1250 bytes at 10 Mbit/s leave the rate after 1 ms, and the link when the delay is over as well.
static void test_only_what_leaves_wakes(void)
{
    static const struct {
        const char *text;
        int64_t beyond_ns, wake_ns;
    } cases[] = {
        {"rate 10mbit", 0, 1000000},
        {"rate 10mbit, delay 300us", 0, 1300000},
        {"rate 10mbit, delay 300us", 200000, 1500000},
        {"rate 10mbit, delay 3s", 0, 2000000}, // and LINK_MAX_SLACK_NS
        {"rate 10mbit, delay 300us, jitter 200us", 0, 1100000},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        LinkRig rig;
        Frame *frame;

        link_rig_open(&rig, 1, "wire", cases[i].text, "");
        link_set_beyond(rig.link, LINK_FORWARD, cases[i].beyond_ns);
        frame = frame_new(rig.pool, 1250);
        frame->length_bytes = 1250;
        sink_push(link_entry(rig.link, LINK_FORWARD), frame);
        g_assert_cmpint(engine_next_due_ns(rig.engine), ==, 1000000);
        g_assert_cmpint(engine_next_wake_ns(rig.engine), ==, cases[i].wake_ns);
        link_rig_run_to_end(&rig);
        g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), ==, 1);
        link_rig_close(&rig);
    }
}

static void test_least_time_is_that_of_all_stages(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "wire", "rate 10mbit, loss 1%, delay 2ms", "delay 5ms, jitter 2ms");
    g_assert_cmpint(link_least_ns(rig.link, LINK_FORWARD), ==, 2000000);
    g_assert_cmpint(link_least_ns(rig.link, LINK_REVERSE), ==, 3000000);
    link_rig_close(&rig);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/link/plain-link-passes-at-once", test_plain_link_passes_at_once);
    g_test_add_func("/links/link/says-what-it-was-made-from", test_says_what_it_was_made_from);
    g_test_add_func("/links/link/counts-frames-and-bytes", test_counts_frames_and_bytes);
    g_test_add_func("/links/link/numbers-frames-from-zero-in-each-direction",
                    test_numbers_frames_from_zero_in_each_direction);
    g_test_add_func("/links/link/directions-have-their-own-configuration",
                    test_directions_have_their_own_configuration);
    g_test_add_func("/links/link/directions-do-not-touch-each-other",
                    test_directions_do_not_touch_each_other);
    g_test_add_func("/links/link/holds-what-waits-is-sent-and-is-under-way",
                    test_holds_what_waits_is_sent_and_is_under_way);
    g_test_add_func("/links/link/every-frame-is-accounted-for-at-every-moment",
                    test_every_frame_is_accounted_for_at_every_moment);
    g_test_add_func("/links/link/freeing-a-busy-link-leaves-nothing",
                    test_freeing_a_busy_link_leaves_nothing);
    g_test_add_func("/links/link/answer-from-within-an-arrival",
                    test_answer_from_within_an_arrival);
    g_test_add_func("/links/link/same-seed-same-bytes", test_same_seed_same_bytes);
    g_test_add_func("/links/link/driver-steps-do-not-matter", test_driver_steps_do_not_matter);
    g_test_add_func("/links/link/measures-departures-in-engine-time",
                    test_measures_departures_in_engine_time);
    g_test_add_func("/links/link/frame-leaves-when-it-is-due", test_frame_leaves_when_it_is_due);
    g_test_add_func("/links/link/only-what-leaves-wakes", test_only_what_leaves_wakes);
    g_test_add_func("/links/link/least-time-is-that-of-all-stages",
                    test_least_time_is_that_of_all_stages);
    g_test_add_func("/links/link/taken-meter-is-left-alone", test_taken_meter_is_left_alone);
    return g_test_run();
}
