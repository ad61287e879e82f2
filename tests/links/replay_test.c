// SPDX-License-Identifier: Apache-2.0
// Recorded fates stand in for drawn ones: with another seed the same frames are dropped for the
// same reasons, and all others and their copies arrive at the same instants, bit for bit.
//
//     frames ---> link, drawn by seed 1 -----> arrivals, and a table of what became of each
//     frames ---> link, which replays that --> the same arrivals
#include "links/replay.h"

#include "core/ecn.h"
#include "core/packet.h"
#include "links/link.h"
#include "tests/support/conservation.h"
#include "tests/support/dice.h"
#include "tests/support/fault_script.h"
#include "tests/support/link_rig.h"
#include "tests/support/stream.h"

enum { POOL_BYTES = 1 << 30, N_BURSTS = 600, BURST_MAX_BYTES = 30000, PAYLOAD_BYTES = 1200 };

#define MEAN_GAP_NS INT64_C(10000000)
#define DRAWN                                                                                      \
    "rate 10mbit, queue.discipline red, queue 60ms, queue.ecn yes, loss.model gilbert, loss 5%, "  \
    "loss.burst 3, corrupt 2%, duplicate 5%, duplicate.copies 2, duplicate.delay 3ms, delay 8ms, " \
    "jitter 4ms, jitter.reorder yes, reorder 3%, spacing "

typedef struct {
    int64_t at_ns;
    uint64_t number;
    uint32_t length_bytes;
    uint8_t copy;
    bool is_marked;
} Arrival;

// A link, what came out of it, and what became of each frame.
typedef struct {
    Sink sink;
    Witness witness;
    Engine *engine;
    FramePool *pool;
    LinkConfig *config;
    Link *link;
    GArray *arrivals; // of Arrival
    FateTable *table;
} Run;

static void run_push(Sink *sink, Frame *frame)
{
    Run *self = (Run *)sink;

    for (unsigned i = 0; i < frame->n_segments; i++) {
        Arrival arrival = {.at_ns = engine_now(self->engine), .number = frame->index + i};

        arrival.length_bytes = i + 1u < frame->n_segments ? frame_segment_bytes(frame)
                                                          : frame_last_segment_bytes(frame);
        arrival.copy = frame->copy;
        arrival.is_marked = ecn_codepoint(frame) == ECN_CE;
        g_array_append_val(self->arrivals, arrival);
    }
    frame_free(frame);
}

static void run_left(Witness *witness, const Frame *frame, int64_t at_ns)
{
    Run *self = (Run *)((char *)witness - offsetof(Run, witness));
    int64_t n_gaps = MAX(frame->n_segments - 1, 1);

    for (unsigned i = 0; i < frame->n_segments; i++) {
        int64_t wired_ns =
            frame->wired_ns - frame->wired_span_ns * (int64_t)(frame->n_segments - 1u - i) / n_gaps;

        fate_table_add(self->table, &(Fate){.number = frame->index + i,
                                            .copy = frame->copy,
                                            .fate = FATE_DELIVERED,
                                            .flight_ns = at_ns - wired_ns,
                                            .is_marked = ecn_codepoint(frame) == ECN_CE});
    }
}

static void run_dropped(Witness *witness, const Frame *frame, unsigned n_segments,
                        DropReason reason, int64_t at_ns)
{
    Run *self = (Run *)((char *)witness - offsetof(Run, witness));

    for (unsigned i = 0; i < n_segments; i++)
        fate_table_add(self->table,
                       &(Fate){.number = frame->index + i,
                               .copy = frame->copy,
                               .fate = (uint8_t)reason,
                               .was_sent = fate_was_sent(reason, at_ns - frame->entered_ns)});
}

// `replay` NULL: fates are drawn. `faults`, if any, is taken over.
static Run *run_open(uint64_t seed, const char *config, FaultList *faults, const Run *replay)
{
    Run *run = g_new0(Run, 1);

    run->sink.push = run_push;
    run->witness = (Witness){.left = run_left, .dropped = run_dropped};
    run->engine = engine_new();
    run->pool = frame_pool_new(POOL_BYTES);
    run->config = link_rig_config(config);
    run->arrivals = g_array_new(FALSE, FALSE, sizeof(Arrival));
    run->table = fate_table_new();
    if (faults != NULL) {
        faults_set_list(run->config, faults);
        param_object_unref(&faults->object);
    }
    run->link = link_new(run->engine, seed, "replayed", run->config, run->config);
    if (replay != NULL)
        link_set_replay(run->link, LINK_FORWARD, replay->table);
    link_connect(run->link, LINK_FORWARD, &run->sink);
    link_add_witness(run->link, LINK_FORWARD, &run->witness);
    return run;
}

static void run_to_end(Run *run)
{
    const Fate *twice;

    while (engine_next_due_ns(run->engine) != ENGINE_NEVER_NS)
        engine_run_until(run->engine, engine_next_due_ns(run->engine));
    conservation_assert(run->link);
    g_assert_true(fate_table_complete(run->table, &twice));
}

static void run_close(Run *run)
{
    link_free(run->link);
    link_config_free(run->config);
    g_array_unref(run->arrivals);
    fate_table_free(run->table);
    frame_pool_free(run->pool);
    engine_free(run->engine);
    g_free(run);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Run, run_close)

// Bursts of an ECN-capable TCP flow, as super-frames or each segment apart; the same on every call.
static void run_bursts(Run *run, bool as_super_frames)
{
    Stream stream = {
        .pool = run->pool, .type = GSO_TCP4, .has_ethernet = true, .size_bytes = PAYLOAD_BYTES};
    Dice dice = dice_new(3);

    for (int i = 0; i < N_BURSTS; i++) {
        StreamBurst burst = {.payload_bytes = 1 + dice_throw(&dice, BURST_MAX_BYTES - 1)};
        FrameQueue segments;
        Frame *whole, *frame;

        engine_run_until(run->engine, engine_now(run->engine) + dice_throw(&dice, 2 * MEAN_GAP_NS));
        frame_queue_init(&segments);
        whole = stream_next(&stream, &burst, &segments);
        if (as_super_frames) {
            frame_queue_clear(&segments);
            frame_queue_append(&segments, whole);
        } else {
            frame_free(whole);
        }
        while ((frame = frame_queue_take(&segments)) != NULL) {
            ecn_set_traffic_class(frame, ECN_MASK, ECN_ECT0);
            sink_push(link_entry(run->link, LINK_FORWARD), frame);
        }
    }
    run_to_end(run);
}

static uint64_t dropped(const Run *run, DropReason reason)
{
    return counter_get(&link_counters(run->link, LINK_FORWARD)->drops.frames[reason]);
}

static uint64_t unrecorded(const Run *run)
{
    return replay_unrecorded_frames(link_stage(run->link, LINK_FORWARD, &replay_gate_stage_class));
}

static void assert_same_counters(const Run *a, const Run *b)
{
    const LinkCounters *counters_a = link_counters(a->link, LINK_FORWARD);
    const LinkCounters *counters_b = link_counters(b->link, LINK_FORWARD);

    for (DropReason reason = 0; reason < N_DROP_REASONS; reason++)
        g_assert_cmpuint(dropped(a, reason), ==, dropped(b, reason));
    g_assert_cmpuint(counter_get(&counters_a->out_frames), ==,
                     counter_get(&counters_b->out_frames));
    g_assert_cmpuint(counter_get(&counters_a->copied_frames), ==,
                     counter_get(&counters_b->copied_frames));
}

static void assert_same(const Run *a, const Run *b)
{
    assert_same_counters(a, b);
    g_assert_cmpuint(a->arrivals->len, ==, b->arrivals->len);
    for (guint i = 0; i < a->arrivals->len; i++) {
        const Arrival *x = &g_array_index(a->arrivals, Arrival, i);
        const Arrival *y = &g_array_index(b->arrivals, Arrival, i);

        g_assert_cmpint(x->at_ns, ==, y->at_ns);
        g_assert_cmpuint(x->number, ==, y->number);
        g_assert_cmpuint(x->copy, ==, y->copy);
        g_assert_cmpuint(x->length_bytes, ==, y->length_bytes);
        g_assert_cmpint(x->is_marked, ==, y->is_marked);
    }
    g_assert_cmpuint(unrecorded(b), ==, 0);
}

static void test_same_fates_and_instants(void)
{
    g_autoptr(Run) drawn = run_open(1, DRAWN "0ns", NULL, NULL);
    g_autoptr(Run) other = run_open(2, DRAWN "0ns", NULL, NULL);
    g_autoptr(Run) replayed = run_open(2, DRAWN "0ns", NULL, drawn);

    run_bursts(drawn, false);
    run_bursts(other, false);
    run_bursts(replayed, false);
    for (DropReason reason = 0; reason < N_DROP_REASONS; reason++)
        if (reason == DROP_AQM || reason == DROP_LOSS || reason == DROP_CORRUPT)
            g_assert_cmpuint(dropped(drawn, reason), >, 20);
    g_assert_cmpuint(counter_get(&link_counters(drawn->link, LINK_FORWARD)->marked_frames), >, 20);
    g_assert_cmpuint(dropped(drawn, DROP_LOSS), !=, dropped(other, DROP_LOSS));
    assert_same(drawn, replayed);
    // What was lost on the wire makes the same bursts.
    g_assert_cmpmem(link_loss_runs(drawn->link, LINK_FORWARD), sizeof(LossRuns),
                    link_loss_runs(replayed->link, LINK_FORWARD), sizeof(LossRuns));
}

// A replay is recorded as what it replays.
static void test_replay_of_a_replay(void)
{
    g_autoptr(Run) drawn = run_open(1, DRAWN "0ns", NULL, NULL);
    g_autoptr(Run) replayed = run_open(2, DRAWN "0ns", NULL, drawn);
    g_autoptr(Run) again = run_open(3, DRAWN "0ns", NULL, replayed);

    run_bursts(drawn, false);
    run_bursts(replayed, false);
    run_bursts(again, false);
    assert_same(drawn, again);
}

static gint arrival_compare(gconstpointer a, gconstpointer b)
{
    const Arrival *x = a, *y = b;

    return x->number != y->number ? (x->number < y->number ? -1 : 1) : x->copy - y->copy;
}

// The same frames and copies arrive, in `b` later by at most `tolerance_ns`.
static void assert_same_within(Run *a, Run *b, int64_t tolerance_ns)
{
    assert_same_counters(a, b);
    g_array_sort(a->arrivals, arrival_compare);
    g_array_sort(b->arrivals, arrival_compare);
    for (guint i = 0; i < a->arrivals->len; i++) {
        const Arrival *x = &g_array_index(a->arrivals, Arrival, i);
        const Arrival *y = &g_array_index(b->arrivals, Arrival, i);

        g_assert_cmpint(arrival_compare(x, y), ==, 0);
        g_assert_cmpint(x->is_marked, ==, y->is_marked);
        g_assert_cmpint(y->at_ns, >=, x->at_ns);
        g_assert_cmpint(y->at_ns, <=, x->at_ns + tolerance_ns);
    }
}

// Segments of super-frames have the numbers, and so the fates, of frames of their own. With
// spacing those that leave together do so with the last.
static void test_super_frames(void)
{
    g_autoptr(Run) apart = run_open(1, DRAWN "0ns", NULL, NULL);
    g_autoptr(Run) wholes = run_open(2, DRAWN "0ns", NULL, apart);
    g_autoptr(Run) grouped = run_open(1, DRAWN "2ms", NULL, NULL);
    g_autoptr(Run) regrouped = run_open(2, DRAWN "2ms", NULL, grouped);

    run_bursts(apart, false);
    run_bursts(wholes, true);
    assert_same(apart, wholes);
    run_bursts(grouped, true);
    run_bursts(regrouped, true);
    assert_same_within(grouped, regrouped, 2000000);
}

// All that a link can draw is left out; of frames that the recording does not know each is counted.
static void test_beyond_the_recording(void)
{
    g_autoptr(Run) empty = run_open(1, "", NULL, NULL);
    g_autoptr(Run) plain = run_open(1, "rate 10mbit, queue 1000000 packets, delay 8ms", NULL, NULL);
    g_autoptr(Run) replayed = run_open(1,
                                       "rate 10mbit, queue.discipline red, queue 60ms, "
                                       "loss 50%, corrupt 50%, duplicate 50%, delay 8ms, "
                                       "jitter 4ms, reorder 50%",
                                       NULL, empty);

    run_to_end(empty);
    run_bursts(plain, true);
    run_bursts(replayed, true);
    assert_same_counters(plain, replayed);
    g_assert_cmpuint(plain->arrivals->len, ==, replayed->arrivals->len);
    for (guint i = 0; i < plain->arrivals->len; i++)
        g_assert_cmpint(g_array_index(plain->arrivals, Arrival, i).at_ns, ==,
                        g_array_index(replayed->arrivals, Arrival, i).at_ns);
    g_assert_cmpuint(unrecorded(replayed), ==,
                     counter_get(&link_counters(replayed->link, LINK_FORWARD)->in_frames));
}

// Rules of faults stay in force: what they have done is not done twice, and they choose the same
// frames.
static FaultList *faults_new(void)
{
    FaultList *list = fault_list_new();

    fault_script_add(list, "drop", "", "every 7");
    fault_script_add(list, "delay", "delay 3ms", "every 5");
    fault_script_add(list, "duplicate", "copies 2", "every 11");
    return list;
}

#define DRAWN_BESIDE_FAULTS                                                                        \
    "rate 10mbit, queue 60ms, policer 9mbit, loss 5%, duplicate 10%, delay 8ms, jitter 4ms, "      \
    "spacing 0ns"

static void test_faults_stay_in_force(void)
{
    g_autoptr(Run) drawn = run_open(1, DRAWN_BESIDE_FAULTS, faults_new(), NULL);
    g_autoptr(Run) replayed = run_open(2, DRAWN_BESIDE_FAULTS, faults_new(), drawn);

    run_bursts(drawn, false);
    run_bursts(replayed, false);
    g_assert_cmpuint(dropped(drawn, DROP_FAULT), >, 20);
    assert_same(drawn, replayed);
}

// A link that goes down takes with it, in both runs, what enters and what was under way.
static void test_link_down(void)
{
    g_autoptr(Run) drawn = run_open(1, DRAWN "0ns", NULL, NULL);
    g_autoptr(Run) replayed = run_open(2, DRAWN "0ns", NULL, drawn);
    Run *runs[] = {drawn, replayed};

    for (int i = 0; i < 2; i++) {
        Stream stream = {.pool = runs[i]->pool,
                         .type = GSO_TCP4,
                         .has_ethernet = true,
                         .size_bytes = PAYLOAD_BYTES};

        for (int n = 0; n < 100; n++) {
            engine_run_until(runs[i]->engine, n * INT64_C(2000000));
            link_set_down(runs[i]->link, LINK_FORWARD, n >= 40 && n < 60);
            sink_push(link_entry(runs[i]->link, LINK_FORWARD),
                      stream_next(&stream, &(StreamBurst){PAYLOAD_BYTES}, NULL));
        }
        run_to_end(runs[i]);
    }
    g_assert_cmpuint(dropped(drawn, DROP_LINK_DOWN), >, 20);
    assert_same(drawn, replayed);
}

// Changes of what is left out change nothing, others take effect.
static void test_changes(void)
{
    g_autoptr(LinkConfig) lossy = link_rig_config("loss 100%, delay 1s");
    g_autoptr(LinkConfig) slow = link_rig_config("rate 1mbit");
    g_autoptr(Run) drawn = run_open(1, "delay 5ms", NULL, NULL);
    g_autoptr(Run) replayed = run_open(2, "delay 5ms", NULL, drawn);
    Run *runs[] = {drawn, replayed};
    const int64_t expected_ns[] = {5000000, 15000000, 25000000 + 10000000};

    for (int i = 0; i < 2; i++) {
        for (int n = 0; n < 3; n++) {
            Frame *frame = frame_new(runs[i]->pool, 1250);

            engine_run_until(runs[i]->engine, n * INT64_C(10000000));
            if (i == 1 && n == 1)
                link_configure(replayed->link, LINK_FORWARD, lossy);
            if (i == 1 && n == 2)
                link_configure(replayed->link, LINK_FORWARD, slow);
            frame->length_bytes = 1250; // 10 ms at 1 Mbit/s
            memset(frame_bytes(frame), 0, frame->length_bytes);
            sink_push(link_entry(runs[i]->link, LINK_FORWARD), frame);
        }
        run_to_end(runs[i]);
    }
    for (guint n = 0; n < 3; n++)
        g_assert_cmpint(g_array_index(replayed->arrivals, Arrival, n).at_ns, ==, expected_ns[n]);
}

// Frames that kept their order keep it where they are sent a little earlier or later than in the
// recording, as real hosts send them.
static void test_order_at_other_instants(void)
{
    const char *config = "delay 8ms, jitter 6ms, loss 10%, duplicate 10%, spacing 0ns";
    g_autoptr(Run) drawn = run_open(1, config, NULL, NULL);
    g_autoptr(Run) replayed = run_open(2, config, NULL, drawn);
    Run *runs[] = {drawn, replayed};
    Dice dice = dice_new(1);

    for (int i = 0; i < 2; i++) {
        Stream stream = {.pool = runs[i]->pool,
                         .type = GSO_TCP4,
                         .has_ethernet = true,
                         .size_bytes = PAYLOAD_BYTES};

        for (int n = 0; n < 1000; n++) {
            engine_run_until(runs[i]->engine,
                             n * INT64_C(1000000) + (i == 1 ? dice_throw(&dice, 900000) : 0));
            sink_push(link_entry(runs[i]->link, LINK_FORWARD),
                      stream_next(&stream, &(StreamBurst){PAYLOAD_BYTES}, NULL));
        }
        run_to_end(runs[i]);
    }
    assert_same_counters(drawn, replayed);
    for (guint i = 0; i < drawn->arrivals->len; i++) {
        const Arrival *a = &g_array_index(drawn->arrivals, Arrival, i);
        const Arrival *b = &g_array_index(replayed->arrivals, Arrival, i);

        g_assert_cmpint(arrival_compare(a, b), ==, 0);
        g_assert_cmpint(b->at_ns - a->at_ns, >=, 0);
        g_assert_cmpint(b->at_ns - a->at_ns, <, 900000);
    }
}

// Another model of the rate takes over while the gate stands before it.
static void test_changes_of_the_model(void)
{
    g_autoptr(LinkConfig) bucket =
        link_rig_config("rate.model bucket, rate 10mbit, rate.burst 1514B");
    g_autoptr(LinkConfig) constant = link_rig_config("rate 10mbit");
    g_autoptr(Run) empty = run_open(1, "", NULL, NULL);
    g_autoptr(Run) replayed = run_open(1, "rate 10mbit", NULL, empty);
    Stream stream = {.pool = replayed->pool,
                     .type = GSO_TCP4,
                     .has_ethernet = true,
                     .size_bytes = PAYLOAD_BYTES};

    run_to_end(empty);
    for (int n = 0; n < 20; n++) {
        engine_run_until(replayed->engine, n * INT64_C(500000));
        sink_push(link_entry(replayed->link, LINK_FORWARD),
                  stream_next(&stream, &(StreamBurst){PAYLOAD_BYTES}, NULL));
        link_configure(replayed->link, LINK_FORWARD, n % 2 == 0 ? bucket : constant);
    }
    run_to_end(replayed);
    g_assert_cmpuint(replayed->arrivals->len, ==, 20);
    g_assert_cmpuint(unrecorded(replayed), ==, 20);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/replay/same-fates-and-instants", test_same_fates_and_instants);
    g_test_add_func("/links/replay/replay-of-a-replay", test_replay_of_a_replay);
    g_test_add_func("/links/replay/super-frames", test_super_frames);
    g_test_add_func("/links/replay/beyond-the-recording", test_beyond_the_recording);
    g_test_add_func("/links/replay/faults-stay-in-force", test_faults_stay_in_force);
    g_test_add_func("/links/replay/link-down", test_link_down);
    g_test_add_func("/links/replay/order-at-other-instants", test_order_at_other_instants);
    g_test_add_func("/links/replay/changes", test_changes);
    g_test_add_func("/links/replay/changes-of-the-model", test_changes_of_the_model);
    return g_test_run();
}
