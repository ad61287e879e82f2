// SPDX-License-Identifier: Apache-2.0
// The loss models that are chains, on a link: which frames are lost is fixed by seed, link,
// direction and number (or instant), and how many, and how many in a row, by the parameters.
#include "links/loss/loss_walk.h"

#include <math.h>

#include "tests/support/link_rig.h"
#include "tests/support/stream.h"

enum { GAP_NS = 1000000 };

typedef struct {
    const char *config;
    unsigned n_sent, n_lost;
    uint32_t lost[64];
} Fates;

// Computed apart from this program, from the models' definitions in loss_model.h and loss_chain.h,
// with Philox4x32-10 keyed by the start of SHA-256("7\natlantic\n0\nloss").
static const Fates fates[] = {
    {"loss.model gilbert, loss 20%, loss.burst 4",
     200,
     11,
     {22, 23, 24, 25, 26, 27, 144, 145, 186, 187, 198}},
    {"loss.model gilbert-elliott, loss.p 10%",
     200,
     13,
     {22, 44, 113, 136, 144, 147, 154, 173, 174, 186, 187, 190, 198}},
    {"loss.model gilbert-elliott, loss.p 10%, loss.r 40%, loss.1-h 50%, loss.1-k 2%",
     200,
     12,
     {22, 23, 25, 51, 60, 137, 138, 154, 175, 177, 186, 187}},
    {"loss.model four-state, loss.rate 5%, loss.burst 8, loss.density 60%, loss.gap 4, "
     "loss.isolated 1%",
     400,
     8,
     {186, 187, 276, 277, 278, 279, 299, 332}},
    {"loss.model four-state, loss.p13 10%, loss.p31 40%, loss.p32 20%, loss.p23 50%, loss.p14 5%",
     200,
     30,
     {6,   8,   22,  24,  25,  29,  34,  36,  39,  44,  90,  113, 136, 138, 144,
      147, 154, 173, 174, 175, 176, 183, 184, 185, 186, 187, 190, 192, 195, 198}},
    {"loss.model four-state, loss.p13 10%, loss.p14 5%", 200, 23, {6,   8,   22,  25,  34,  36,
                                                                   39,  44,  90,  113, 136, 144,
                                                                   147, 154, 173, 174, 176, 186,
                                                                   187, 190, 192, 195, 198}},
    // A frame each millisecond, three in a slot.
    {"loss.model gilbert-elliott, loss.p 10%, loss.r 40%, loss.step 3ms",
     200,
     21,
     {66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 132, 133, 134}},
};

static void assert_fates(const char *config, const Fates *expected)
{
    LinkRig rig;

    link_rig_open(&rig, 7, "atlantic", config, NULL);
    script_add(&rig.script[LINK_FORWARD], 0, GAP_NS, expected->n_sent, 60);
    link_rig_run_to_end(&rig);
    link_rig_assert_lost(&rig, LINK_FORWARD, expected->n_sent, expected->lost, expected->n_lost);
    link_rig_close(&rig);
}

static void test_fates_are_fixed(void)
{
    for (unsigned n = 0; n < G_N_ELEMENTS(fates); n++)
        assert_fates(fates[n].config, &fates[n]);
}

static void test_fates_do_not_depend_on_other_stages(void)
{
    for (unsigned n = 0; n < G_N_ELEMENTS(fates); n++) {
        g_autofree char *config =
            g_strdup_printf("rate 1gbit, delay 5ms, jitter 5ms, %s", fates[n].config);

        assert_fates(config, &fates[n]);
    }
}

// A frame that the queue dropped has moved the chain on all the same.
static void test_fates_do_not_shift_with_queue_drops(void)
{
    const Fates *of = &fates[4];
    g_autofree char *config = g_strdup_printf("rate 100kbit, queue 1 packet, %s", of->config);
    bool is_lost[200] = {false};
    unsigned n_lost = 0;
    LinkRig rig;

    for (unsigned n = 0; n < of->n_lost; n++)
        is_lost[of->lost[n]] = true;
    link_rig_open(&rig, 7, "atlantic", config, NULL);
    script_add(&rig.script[LINK_FORWARD], 0, GAP_NS, of->n_sent, 60); // 4.8 ms each
    link_rig_run_to_end(&rig);
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_QUEUE_FULL), >, 100);
    for (unsigned n = 0; n < probe_count(&rig.probe[LINK_FORWARD]); n++)
        n_lost += is_lost[probe_record(&rig.probe[LINK_FORWARD], n)->serial];
    g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), >, 20);
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_LOSS), >, 3);
    g_assert_cmpuint(n_lost, ==, 0);
    link_rig_close(&rig);
}

enum { N_SEEN = 4000 };

// Holds the fate of each number against the chain, stepped through in order.
typedef struct {
    Witness witness;
    bool is_bad[N_SEEN];
    uint64_t latest;
    unsigned n_lost, n_left, n_behind; // behind: with a lower number than one before
} Seen;

static void seen_note(Seen *self, const Frame *frame, unsigned n_segments, bool is_lost)
{
    for (unsigned n = 0; n < n_segments; n++) {
        uint64_t number = frame->index + n;

        g_assert_cmpint(self->is_bad[number], ==, is_lost);
        self->n_behind += number < self->latest;
        self->latest = MAX(self->latest, number);
    }
}

static void seen_left(Witness *witness, const Frame *frame, int64_t at_ns)
{
    Seen *self = (Seen *)witness;

    (void)at_ns;
    seen_note(self, frame, frame->n_segments, false);
    self->n_left += frame->n_segments;
}

static void seen_dropped(Witness *witness, const Frame *frame, unsigned n_segments,
                         DropReason reason, int64_t at_ns)
{
    Seen *self = (Seen *)witness;

    (void)at_ns;
    if (reason != DROP_LOSS)
        return;
    seen_note(self, frame, n_segments, true);
    self->n_lost += n_segments;
}

// A queue that takes flows in turn sends frames in another order than that of their numbers.
static void test_fates_do_not_depend_on_the_order_of_sending(void)
{
    Stream streams[2] = {{.type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1400},
                         {.type = GSO_UDP, .has_ethernet = true, .size_bytes = 300}};
    const LossModel model = loss_model_gilbert(RANDOM_ALWAYS / 4, 6);
    const RandomKey key = random_key(7, "atlantic", 0, "loss");
    Seen seen = {.witness = {.left = seen_left, .dropped = seen_dropped}};
    LossChain chain;
    LinkRig rig;

    loss_chain_init(&chain, &model);
    for (uint64_t number = 0; number < N_SEEN; number++)
        seen.is_bad[number] = loss_chain_state(&chain, key, number) != 0;
    link_rig_open(&rig, 7, "atlantic",
                  "rate 10mbit, queue.discipline fq-codel, queue.quantum 300B, "
                  "loss.model gilbert, loss 25%, loss.burst 6",
                  NULL);
    link_add_witness(rig.link, LINK_FORWARD, &seen.witness);
    for (unsigned n = 0; n < 60; n++) {
        Stream *stream = &streams[n % 3 == 0];

        stream->pool = rig.pool;
        sink_push(link_entry(rig.link, LINK_FORWARD),
                  stream_next(stream, &(StreamBurst){.payload_bytes = 14000}, NULL));
        link_rig_run(&rig, engine_now(rig.engine) + 2 * GAP_NS);
    }
    link_rig_run_to_end(&rig);
    g_assert_cmpuint(seen.n_lost, >, 50);
    g_assert_cmpuint(seen.n_left, >, 500);
    g_assert_cmpuint(seen.n_behind, >, 100);
    link_rig_close(&rig);
}

// By time, all frames of a slot meet its state, however many come; by frame, no time matters.
static void test_steps_are_of_time_or_of_frames(void)
{
    const Fates *by_frame = &fates[0], *by_time = &fates[6];
    LinkRig rig;

    link_rig_open(&rig, 7, "atlantic", by_frame->config, NULL);
    script_add(&rig.script[LINK_FORWARD], 123456789, 1, by_frame->n_sent, 60);
    link_rig_run_to_end(&rig);
    link_rig_assert_lost(&rig, LINK_FORWARD, by_frame->n_sent, by_frame->lost, by_frame->n_lost);
    link_rig_close(&rig);

    link_rig_open(&rig, 7, "atlantic", by_time->config, NULL);
    // Slots 22 to 27 are bad: 66 to 84 ms.
    script_add(&rig.script[LINK_FORWARD], 66 * GAP_NS - 50, 1, 50, 60);
    script_add(&rig.script[LINK_FORWARD], 66 * GAP_NS, 1, 50, 60);
    script_add(&rig.script[LINK_FORWARD], 84 * GAP_NS - 1, 0, 50, 60);
    script_add(&rig.script[LINK_FORWARD], 84 * GAP_NS, 0, 50, 60);
    link_rig_run_to_end(&rig);
    g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), ==, 100);
    g_assert_cmpuint(probe_record(&rig.probe[LINK_FORWARD], 49)->serial, ==, 49);
    g_assert_cmpuint(probe_record(&rig.probe[LINK_FORWARD], 50)->serial, ==, 150);
    link_rig_close(&rig);
}

static void test_nothing_and_everything(void)
{
    static const struct {
        const char *config;
        unsigned n_lost;
    } cases[] = {
        {"loss.model gilbert, loss 0%, loss.burst 4", 0},
        {"loss.model gilbert, loss 100%, loss.burst 4", 5000},
        {"loss.model gilbert-elliott, loss.p 0%", 0},
        {"loss.model gilbert-elliott, loss.p 0%, loss.1-k 100%", 5000},
        {"loss.model gilbert-elliott, loss.p 100%, loss.r 0%", 4999}, // the first arrives
        {"loss.model gilbert-elliott, loss.p 100%, loss.r 100%", 2500},
        {"loss.model gilbert-elliott, loss.p 100%, loss.r 0%, loss.1-h 0%", 0},
        {"loss.model four-state, loss 0%", 0},
        {"loss.model four-state, loss 100%, loss.burst 1", 5000},
        {"loss.model four-state, loss.p13 100%, loss.p31 0%", 4999},
        {"loss.model four-state, loss.p14 100%", 2500},
    };

    for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
        LinkRig rig;

        link_rig_open(&rig, 7, "atlantic", cases[n].config, NULL);
        script_add(&rig.script[LINK_FORWARD], 0, 1, 5000, 60);
        link_rig_run_to_end(&rig);
        g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_LOSS), ==, cases[n].n_lost);
        link_rig_close(&rig);
    }
}

// A change on the way keeps the state: within a burst, the rest of it is under the new model.
static void test_change_takes_effect_at_once(void)
{
    g_autoptr(LinkConfig) still = link_rig_config("loss.model gilbert-elliott, loss.p 100%, "
                                                  "loss.r 0%, loss.1-h 0%");
    g_autoptr(LinkConfig) all = link_rig_config("loss.model gilbert-elliott, loss.p 0%, "
                                                "loss.r 0%, loss.1-k 0%, loss.1-h 100%");
    LinkRig rig;

    link_rig_open(&rig, 7, "atlantic", "loss.model gilbert-elliott, loss.p 100%, loss.r 0%", NULL);
    script_add(&rig.script[LINK_FORWARD], 0, GAP_NS, 30, 60);
    link_rig_run(&rig, 10 * GAP_NS - 1); // 0 to 9
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_LOSS), ==, 9);
    link_configure(rig.link, LINK_FORWARD, still);
    link_rig_run(&rig, 20 * GAP_NS - 1);
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_LOSS), ==, 9);
    link_configure(rig.link, LINK_FORWARD, all); // bad it was and bad it remains
    link_rig_run_to_end(&rig);
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_LOSS), ==, 9);
    link_rig_close(&rig);
}

// Bursts of 6, 2, 2 and 1 with gaps of 116, 40 and 10: see the first of `fates`.
static void test_runs_are_counted(void)
{
    const LossRuns *runs;
    RunLengths bursts;
    LinkRig rig;

    link_rig_open(&rig, 7, "atlantic", fates[0].config, "rate 1mbit, queue 1 packet");
    script_add(&rig.script[LINK_FORWARD], 0, GAP_NS, 200, 60);
    script_add(&rig.script[LINK_REVERSE], 0, 0, 20, 60);
    link_rig_run_to_end(&rig);
    runs = link_loss_runs(rig.link, LINK_FORWARD);
    bursts = loss_runs_bursts(runs);
    g_assert_cmpuint(counter_get(&bursts.count), ==, 4);
    g_assert_cmpuint(counter_get(&bursts.sum), ==, 11);
    g_assert_cmpuint(counter_get(&bursts.max), ==, 6);
    g_assert_cmpuint(counter_get(&bursts.classes[1]), ==, 2);
    g_assert_cmpuint(counter_get(&runs->gaps.count), ==, 3);
    g_assert_cmpuint(counter_get(&runs->gaps.sum), ==, 166);
    g_assert_cmpuint(counter_get(&runs->gaps.max), ==, 116);
    // What a queue drops was not lost on the wire.
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_REVERSE, DROP_QUEUE_FULL), >, 0);
    g_assert_null(link_loss_runs(rig.link, LINK_REVERSE));
    link_rig_close(&rig);
}

// Fails unless `found` is within 3.2905 standard deviations, 99.9 % of a normal distribution.
static void assert_near(double found, double mean, double variance)
{
    g_assert_cmpfloat(fabs(found - mean), <=, 3.2905 * sqrt(variance));
}

// With q the probability that a run ends, its mean is 1 / q and its variance (1 - q) / q^2; the
// mean of n runs varies by an n-th of that. The share lost of n frames has the variance m (1 - m)
// (1 + l) / (1 - l) / n, l = 1 - p - r being the correlation of neighbours.
static void test_a_million_frames_are_lost_as_asked(void)
{
    enum { N_FRAMES = 1000000 };
    static const struct {
        const char *config;
        double rate, burst;
    } cases[] = {
        {"loss.model gilbert, loss 1%, loss.burst 4", 0.01, 4},
        {"loss.model gilbert, loss 20%, loss.burst 2.5", 0.2, 2.5},
        {"loss.model gilbert-elliott, loss.p 0.5%, loss.r 5%", 1.0 / 11, 20},
    };

    for (unsigned c = 0; c < G_N_ELEMENTS(cases); c++) {
        const double m = cases[c].rate, r = 1 / cases[c].burst, p = r * m / (1 - m);
        const double l = 1 - p - r;
        const LossRuns *runs;
        RunLengths bursts;
        LinkRig rig;

        link_rig_open(&rig, 1, "distribution", cases[c].config, NULL);
        for (int n = 0; n < N_FRAMES; n++) {
            Frame *frame = frame_new(rig.pool, 60);

            frame->length_bytes = 60;
            sink_push(link_entry(rig.link, LINK_FORWARD), frame);
            probe_reset(&rig.probe[LINK_FORWARD]);
        }
        runs = link_loss_runs(rig.link, LINK_FORWARD);
        bursts = loss_runs_bursts(runs);
        g_assert_cmpuint(counter_get(&bursts.sum), ==,
                         link_rig_dropped(&rig, LINK_FORWARD, DROP_LOSS));
        assert_near((double)counter_get(&bursts.sum) / N_FRAMES, m,
                    m * (1 - m) * (1 + l) / (1 - l) / N_FRAMES);
        assert_near(run_lengths_mean(&bursts), 1 / r,
                    (1 - r) / (r * r) / (double)counter_get(&bursts.count));
        assert_near(run_lengths_mean(&runs->gaps), 1 / p,
                    (1 - p) / (p * p) / (double)counter_get(&runs->gaps.count));
        link_rig_close(&rig);
    }
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/loss-walk/fates-are-fixed", test_fates_are_fixed);
    g_test_add_func("/links/loss-walk/fates-do-not-depend-on-other-stages",
                    test_fates_do_not_depend_on_other_stages);
    g_test_add_func("/links/loss-walk/fates-do-not-shift-with-queue-drops",
                    test_fates_do_not_shift_with_queue_drops);
    g_test_add_func("/links/loss-walk/fates-do-not-depend-on-the-order-of-sending",
                    test_fates_do_not_depend_on_the_order_of_sending);
    g_test_add_func("/links/loss-walk/steps-are-of-time-or-of-frames",
                    test_steps_are_of_time_or_of_frames);
    g_test_add_func("/links/loss-walk/nothing-and-everything", test_nothing_and_everything);
    g_test_add_func("/links/loss-walk/change-takes-effect-at-once",
                    test_change_takes_effect_at_once);
    g_test_add_func("/links/loss-walk/runs-are-counted", test_runs_are_counted);
    g_test_add_func("/links/loss-walk/a-million-frames-are-lost-as-asked",
                    test_a_million_frames_are_lost_as_asked);
    return g_test_run();
}
