// SPDX-License-Identifier: Apache-2.0
// The loss stage: which frames are lost is fixed by seed, link, direction and number, and how many
// by the rate.
#include "links/loss/loss.h"

#include "tests/support/link_rig.h"

enum { GAP_NS = 1000000 };

static void rig_open(LinkRig *rig, uint64_t seed, const char *name, const char *config)
{
    link_rig_open(rig, seed, name, config, NULL);
}

static void rig_send(LinkRig *rig, LinkDirection direction, unsigned n_frames)
{
    script_add(&rig->script[direction], engine_now(rig->engine), GAP_NS, n_frames, 60);
    link_rig_run_to_end(rig);
}

// Computed apart from this program: Philox4x32-10 over the frame's number, keyed by the start of
// SHA-256("7\natlantic\n0\nloss") and of the same with 1 for the reverse direction.
static const uint32_t forward_lost[] = {9, 21, 23, 25, 47, 51, 52, 60, 65, 71, 75, 86, 94};
static const uint32_t reverse_lost[] = {16, 20, 30, 46, 61, 67, 87, 88, 96, 97};
static const uint32_t other_seed_lost[] = {7, 29, 55, 60, 63, 83, 86};

static void test_fates_are_fixed_by_seed_and_direction(void)
{
    LinkRig rig;

    rig_open(&rig, 7, "atlantic", "loss 10%");
    rig_send(&rig, LINK_FORWARD, 100);
    rig_send(&rig, LINK_REVERSE, 100);
    link_rig_assert_lost(&rig, LINK_FORWARD, 100, forward_lost, G_N_ELEMENTS(forward_lost));
    link_rig_assert_lost(&rig, LINK_REVERSE, 100, reverse_lost, G_N_ELEMENTS(reverse_lost));
    link_rig_close(&rig);

    rig_open(&rig, 8, "atlantic", "loss 10%");
    rig_send(&rig, LINK_FORWARD, 100);
    link_rig_assert_lost(&rig, LINK_FORWARD, 100, other_seed_lost, G_N_ELEMENTS(other_seed_lost));
    link_rig_close(&rig);
}

static void test_fates_do_not_depend_on_other_stages(void)
{
    static const char *const configs[] = {
        "loss 10%, delay 5ms",
        "loss 10%, delay 5ms, jitter 5ms, jitter.distribution normal",
        "rate 1mbit, loss 10%",
        "rate 10mbit, overhead ethernet, queue 1 packet, loss 10%, delay 1h, jitter 1s",
    };

    for (unsigned n = 0; n < G_N_ELEMENTS(configs); n++) {
        LinkRig rig;

        rig_open(&rig, 7, "atlantic", configs[n]);
        rig_send(&rig, LINK_FORWARD, 100);
        link_rig_assert_lost(&rig, LINK_FORWARD, 100, forward_lost, G_N_ELEMENTS(forward_lost));
        link_rig_close(&rig);
    }
}

// A frame that the queue dropped has used up its number, so those behind it keep their fate.
static void test_fates_do_not_shift_with_queue_drops(void)
{
    LinkRig rig;
    const Probe *probe;
    unsigned arrived = 0, lost = 0;

    rig_open(&rig, 7, "atlantic", "rate 100kbit, queue 1 packet, loss 10%"); // 60 bytes: 4.8 ms
    rig_send(&rig, LINK_FORWARD, 100);
    probe = &rig.probe[LINK_FORWARD];
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_QUEUE_FULL), >, 50);
    for (; arrived < probe_count(probe); arrived++) {
        g_assert_cmpuint(probe_record(probe, arrived)->index, ==,
                         probe_record(probe, arrived)->serial);
        for (unsigned n = 0; n < G_N_ELEMENTS(forward_lost); n++)
            lost += probe_record(probe, arrived)->serial == forward_lost[n];
    }
    g_assert_cmpuint(arrived, >, 10);
    g_assert_cmpuint(lost, ==, 0);
    link_rig_close(&rig);
}

static void test_fates_do_not_depend_on_other_links(void)
{
    g_autoptr(LinkConfig) config = link_rig_config("loss 50%");
    LinkRig rig;
    Link *other;
    Script script;
    Probe probe;

    rig_open(&rig, 7, "atlantic", "loss 10%");
    other = link_new(rig.engine, 7, "pacific", config, config);
    script_init(&script, rig.engine, rig.pool, link_entry(other, LINK_FORWARD));
    probe_init(&probe, rig.engine);
    link_connect(other, LINK_FORWARD, &probe.sink);
    script_add(&script, 0, GAP_NS / 3, 300, 60);
    rig_send(&rig, LINK_FORWARD, 100);

    link_rig_assert_lost(&rig, LINK_FORWARD, 100, forward_lost, G_N_ELEMENTS(forward_lost));
    g_assert_cmpuint(probe_count(&probe), >, 100); // it did carry traffic, with fates of its own
    g_assert_cmpuint(probe_count(&probe), <, 200);
    link_free(other);
    script_clear(&script);
    probe_clear(&probe);
    link_rig_close(&rig);
}

// Whether a frame is lost does not depend on when it comes, only on its number.
static void test_fates_do_not_depend_on_time(void)
{
    LinkRig rig;

    rig_open(&rig, 7, "atlantic", "loss 10%");
    script_add(&rig.script[LINK_FORWARD], 0, 0, 50, 60);
    script_add(&rig.script[LINK_FORWARD], 123456789, 7, 50, 1514);
    link_rig_run_to_end(&rig);
    link_rig_assert_lost(&rig, LINK_FORWARD, 100, forward_lost, G_N_ELEMENTS(forward_lost));
    link_rig_close(&rig);
}

static void test_higher_rate_takes_the_same_and_more(void)
{
    static const uint32_t lost[] = {9,  21, 23, 25, 38, 47, 49, 51, 52, 54, 60, 65,
                                    69, 71, 72, 75, 82, 84, 86, 87, 88, 92, 94, 99};
    LinkRig rig;

    rig_open(&rig, 7, "atlantic", "loss 20%");
    rig_send(&rig, LINK_FORWARD, 100);
    link_rig_assert_lost(&rig, LINK_FORWARD, 100, lost, G_N_ELEMENTS(lost));
    link_rig_close(&rig);
}

static void test_zero_loses_nothing(void)
{
    LinkRig rig;

    rig_open(&rig, 7, "atlantic", "loss 0%");
    rig_send(&rig, LINK_FORWARD, 10000);
    link_rig_assert_lost(&rig, LINK_FORWARD, 10000, NULL, 0);
    link_rig_close(&rig);
}

static void test_hundred_percent_loses_all(void)
{
    LinkRig rig;

    rig_open(&rig, 7, "atlantic", "loss 100%");
    rig_send(&rig, LINK_FORWARD, 10000);
    g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), ==, 0);
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_LOSS), ==, 10000);
    link_rig_close(&rig);
}

// Loss is on the wire: a lost frame has taken its time on a limited link.
static void test_lost_frames_have_used_the_rate(void)
{
    static const uint32_t lost[] = {9, 21, 23, 25};
    LinkRig rig;

    rig_open(&rig, 7, "atlantic", "rate 1mbit, queue 100 packets, loss 10%");
    script_add(&rig.script[LINK_FORWARD], 0, 0, 30, 125); // 1 ms each
    link_rig_run_to_end(&rig);
    link_rig_assert_lost(&rig, LINK_FORWARD, 30, lost, G_N_ELEMENTS(lost));
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_QUEUE_FULL), ==, 0);
    for (unsigned n = 0; n < probe_count(&rig.probe[LINK_FORWARD]); n++) {
        const ProbeRecord *record = probe_record(&rig.probe[LINK_FORWARD], n);

        g_assert_cmpint(record->at_ns, ==, INT64_C(1000000) * (record->serial + 1));
    }
    link_rig_close(&rig);
}

// A million frames at 1 %: losses, and losses in direct succession, are within 3.29 standard
// deviations (99.9 %) of what independent losses give: 10,000 and 100.
static void test_losses_are_as_many_as_asked_and_independent(void)
{
    enum { N_FRAMES = 1000000 };
    LinkRig rig;
    uint64_t n_lost = 0, n_pairs = 0;
    bool last_was_lost = false;

    rig_open(&rig, 1, "distribution", "loss 1%");
    for (int n = 0; n < N_FRAMES; n++) {
        Frame *frame = frame_new(rig.pool, 60);
        uint64_t now_lost;

        frame->length_bytes = 60;
        sink_push(link_entry(rig.link, LINK_FORWARD), frame);
        now_lost = link_rig_dropped(&rig, LINK_FORWARD, DROP_LOSS);
        n_pairs += last_was_lost && now_lost > n_lost;
        last_was_lost = now_lost > n_lost;
        n_lost = now_lost;
        probe_reset(&rig.probe[LINK_FORWARD]);
    }
    g_assert_cmpuint(n_lost, >=, 10000 - 327);
    g_assert_cmpuint(n_lost, <=, 10000 + 327);
    g_assert_cmpuint(n_pairs, >=, 100 - 33);
    g_assert_cmpuint(n_pairs, <=, 100 + 33);
    link_rig_close(&rig);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/loss/fates-are-fixed-by-seed-and-direction",
                    test_fates_are_fixed_by_seed_and_direction);
    g_test_add_func("/links/loss/fates-do-not-depend-on-other-stages",
                    test_fates_do_not_depend_on_other_stages);
    g_test_add_func("/links/loss/fates-do-not-shift-with-queue-drops",
                    test_fates_do_not_shift_with_queue_drops);
    g_test_add_func("/links/loss/fates-do-not-depend-on-other-links",
                    test_fates_do_not_depend_on_other_links);
    g_test_add_func("/links/loss/fates-do-not-depend-on-time", test_fates_do_not_depend_on_time);
    g_test_add_func("/links/loss/higher-rate-takes-the-same-and-more",
                    test_higher_rate_takes_the_same_and_more);
    g_test_add_func("/links/loss/zero-loses-nothing", test_zero_loses_nothing);
    g_test_add_func("/links/loss/hundred-percent-loses-all", test_hundred_percent_loses_all);
    g_test_add_func("/links/loss/lost-frames-have-used-the-rate",
                    test_lost_frames_have_used_the_rate);
    g_test_add_func("/links/loss/losses-are-as-many-as-asked-and-independent",
                    test_losses_are_as_many_as_asked_and_independent);
    return g_test_run();
}
