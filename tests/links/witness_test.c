// SPDX-License-Identifier: Apache-2.0
// Witnesses of a link direction: each frame has one end, and all of them see it.
#include "links/witness.h"

#include "tests/support/link_rig.h"

typedef struct {
    Witness witness;
    uint64_t n_left;
    uint64_t n_dropped[N_DROP_REASONS];
    GHashTable *ended; // numbers of originals
} Recorder;

static void recorder_end(Recorder *self, const Frame *frame, unsigned n_segments)
{
    for (unsigned i = 0; frame->copy == 0 && i < n_segments; i++)
        g_assert_true(g_hash_table_add(self->ended, GUINT_TO_POINTER(frame->index + i + 1)));
}

static void recorder_left(Witness *witness, const Frame *frame, int64_t at_ns)
{
    Recorder *self = (Recorder *)witness;

    g_assert_cmpint(at_ns, >=, frame->entered_ns);
    self->n_left += frame->n_segments;
    recorder_end(self, frame, frame->n_segments);
}

static void recorder_dropped(Witness *witness, const Frame *frame, unsigned n_segments,
                             DropReason reason, int64_t at_ns)
{
    Recorder *self = (Recorder *)witness;

    g_assert_cmpint(at_ns, >=, frame->entered_ns);
    self->n_dropped[reason] += n_segments;
    recorder_end(self, frame, n_segments);
}

static Recorder recorder_new(void)
{
    return (Recorder){.witness = {.left = recorder_left, .dropped = recorder_dropped},
                      .ended = g_hash_table_new(NULL, NULL)};
}

static void test_every_frame_has_one_end(void)
{
    Recorder first = recorder_new(), second = recorder_new();
    const LinkCounters *counters;
    LinkRig rig;

    link_rig_open(&rig, 1, "seen",
                  "rate 10mbit, queue 20 packets, loss 10%, corrupt 5%, duplicate 20%, delay 3ms, "
                  "jitter 2ms",
                  NULL);
    link_add_witness(rig.link, LINK_FORWARD, &first.witness);
    link_add_witness(rig.link, LINK_FORWARD, &second.witness);
    script_add(&rig.script[LINK_FORWARD], 0, 500000, 1000, 1000);
    link_rig_run(&rig, INT64_C(200000000));
    link_set_down(rig.link, LINK_FORWARD, true);
    link_rig_run(&rig, INT64_C(210000000));
    link_set_down(rig.link, LINK_FORWARD, false);
    link_rig_run_to_end(&rig);
    counters = link_counters(rig.link, LINK_FORWARD);
    g_assert_cmpuint(first.n_left, ==, counter_get(&counters->out_frames));
    g_assert_cmpuint(g_hash_table_size(first.ended), ==, 1000);
    g_assert_cmpuint(g_hash_table_size(second.ended), ==, 1000);
    for (DropReason reason = 0; reason < N_DROP_REASONS; reason++) {
        g_assert_cmpuint(first.n_dropped[reason], ==, counter_get(&counters->drops.frames[reason]));
        g_assert_cmpuint(second.n_dropped[reason], ==, first.n_dropped[reason]);
    }
    g_assert_cmpuint(first.n_dropped[DROP_LOSS], >, 0);
    g_assert_cmpuint(first.n_dropped[DROP_CORRUPT], >, 0);
    g_assert_cmpuint(first.n_dropped[DROP_QUEUE_FULL], >, 0);
    g_assert_cmpuint(first.n_dropped[DROP_LINK_DOWN], >, 0);
    g_hash_table_unref(first.ended);
    g_hash_table_unref(second.ended);
    link_rig_close(&rig);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/witness/every-frame-has-one-end", test_every_frame_has_one_end);
    return g_test_run();
}
