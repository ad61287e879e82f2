// SPDX-License-Identifier: Apache-2.0
// The duplicate stage: which frames come more than once, when, and that copies have fates of their
// own.
#include "tests/support/fault_script.h"
#include "tests/support/link_rig.h"

#define MS INT64_C(1000000)

static void rig_open(LinkRig *rig, const char *config, unsigned n_frames)
{
    link_rig_open(rig, 7, "atlantic", config, NULL);
    script_add(&rig->script[LINK_FORWARD], 0, MS, n_frames, 60);
    link_rig_run_to_end(rig);
}

static uint64_t copied(const LinkRig *rig)
{
    return counter_get(&link_counters(rig->link, LINK_FORWARD)->copied_frames);
}

static void test_copies_follow_their_original(void)
{
    RandomKey key = random_key(7, "atlantic", LINK_FORWARD, "duplicate");
    unsigned arrived = 0;
    LinkRig rig;

    rig_open(&rig, "duplicate 25%, duplicate.copies 2", 100);
    for (uint32_t serial = 0; serial < 100; serial++) {
        unsigned n_times = random_draw(key, serial, 0) >> 32 < 1073741824 ? 3 : 1;

        for (unsigned n = 0; n < n_times; n++) {
            const ProbeRecord *record = probe_record(&rig.probe[LINK_FORWARD], arrived++);

            g_assert_cmpuint(record->serial, ==, serial);
            g_assert_cmpint(record->at_ns, ==, serial * MS);
        }
    }
    g_assert_cmpuint(arrived, ==, probe_count(&rig.probe[LINK_FORWARD]));
    g_assert_cmpuint(copied(&rig), ==, arrived - 100);
    g_assert_cmpuint(arrived, >, 100);
    link_rig_close(&rig);
}

static void test_late_copies(void)
{
    LinkRig rig;

    rig_open(&rig, "duplicate 100%, duplicate.delay 1500us", 3);
    probe_assert_times(&rig.probe[LINK_FORWARD],
                       (const int64_t[]){0, MS, 3 * MS / 2, 2 * MS, 5 * MS / 2, 7 * MS / 2}, 6);
    probe_assert_serials(&rig.probe[LINK_FORWARD], (const uint32_t[]){0, 1, 0, 2, 1, 2}, 6);
    link_rig_close(&rig);
}

static void test_none(void)
{
    LinkRig rig;

    rig_open(&rig, "duplicate 0%", 1000);
    g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), ==, 1000);
    g_assert_cmpuint(copied(&rig), ==, 0);
    link_rig_close(&rig);
}

// A copy draws its own jitter.
static void test_copies_have_fates_of_their_own(void)
{
    unsigned n_alike = 0;
    LinkRig rig;

    rig_open(&rig, "duplicate 100%, delay 400us, jitter 400us", 500);
    g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), ==, 1000);
    for (unsigned n = 0; n < 1000; n += 2) {
        const ProbeRecord *first = probe_record(&rig.probe[LINK_FORWARD], n);
        const ProbeRecord *second = probe_record(&rig.probe[LINK_FORWARD], n + 1);

        g_assert_cmpuint(first->serial, ==, second->serial);
        n_alike += first->at_ns == second->at_ns; // the copy drew less, and kept the order
    }
    g_assert_cmpuint(n_alike, >, 180);
    g_assert_cmpuint(n_alike, <, 320);
    link_rig_close(&rig);
}

// 30 % of a million: 3.29 deviations, which 99.9 % of all seeds keep, are 1508.
static void test_share_of_copies(void)
{
    enum { N_FRAMES = 1000000 };
    LinkRig rig;

    link_rig_open(&rig, 1, "distribution", "duplicate 30%", NULL);
    for (int n = 0; n < N_FRAMES; n++) {
        Frame *frame = frame_new(rig.pool, 60);

        frame->length_bytes = 60;
        sink_push(link_entry(rig.link, LINK_FORWARD), frame);
        probe_reset(&rig.probe[LINK_FORWARD]);
    }
    g_assert_cmpuint(copied(&rig), >=, 300000 - 1508);
    g_assert_cmpuint(copied(&rig), <=, 300000 + 1508);
    link_rig_close(&rig);
}

// Copies for which there is no memory are made and dropped, so that nothing is unaccounted for.
static void test_without_memory(void)
{
    g_autoptr(LinkConfig) config = link_rig_config("duplicate 100%, duplicate.delay 1s");
    FramePool *pool = frame_pool_new(1 << 16);
    Engine *engine = engine_new();
    Link *link = link_new(engine, 1, "poor", config, config);
    const LinkCounters *counters = link_counters(link, LINK_FORWARD);
    Probe probe;

    probe_init(&probe, engine);
    link_connect(link, LINK_FORWARD, &probe.sink);
    for (int n = 0; n < 100; n++) { // each copy stays, each original goes
        Frame *frame = frame_new(pool, 60);

        g_assert_nonnull(frame);
        frame->length_bytes = 60;
        sink_push(link_entry(link, LINK_FORWARD), frame);
    }
    g_assert_cmpuint(counter_get(&counters->drops.frames[DROP_NO_MEMORY]), >, 0);
    g_assert_cmpuint(counter_get(&counters->in_frames) + counter_get(&counters->copied_frames), ==,
                     counter_get(&counters->out_frames) + drop_total(&counters->drops) +
                         link_held_frames(link, LINK_FORWARD));
    link_free(link);
    probe_clear(&probe);
    frame_pool_free(pool);
    engine_free(engine);
}

typedef struct {
    Witness witness;
    unsigned n_left[UINT8_MAX + 1]; // by the number of the copy
} CopyWitness;

static void copy_left(Witness *witness, const Frame *frame, int64_t at_ns)
{
    (void)at_ns;
    ((CopyWitness *)witness)->n_left[frame->copy]++;
}

// A frame and its copies have a number each, also where rules make some: those are not copied.
static void test_copies_of_rules_are_not_copied(void)
{
    static const unsigned expected[] = {0, 1, 2, 3, 128, 129};
    LinkRig rig;
    CopyWitness witness = {.witness.left = copy_left};
    FaultList *list = fault_list_new();

    link_rig_open(&rig, 1, "link", "duplicate 100%, duplicate.copies 3", "");
    fault_script_add(list, "duplicate", "copies 2", "all");
    faults_set_list(rig.config[LINK_FORWARD], list);
    link_configure(rig.link, LINK_FORWARD, rig.config[LINK_FORWARD]);
    link_add_witness(rig.link, LINK_FORWARD, &witness.witness);
    script_add(&rig.script[LINK_FORWARD], 0, 1000, 10, 60);
    link_rig_run_to_end(&rig);
    for (unsigned i = 0; i < G_N_ELEMENTS(expected); i++)
        g_assert_cmpuint(witness.n_left[expected[i]], ==, 10);
    g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), ==, 10 * G_N_ELEMENTS(expected));
    param_object_unref(&list->object);
    link_rig_close(&rig);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/duplicate/copies-follow-their-original",
                    test_copies_follow_their_original);
    g_test_add_func("/links/duplicate/late-copies", test_late_copies);
    g_test_add_func("/links/duplicate/none", test_none);
    g_test_add_func("/links/duplicate/copies-have-fates-of-their-own",
                    test_copies_have_fates_of_their_own);
    g_test_add_func("/links/duplicate/share-of-copies", test_share_of_copies);
    g_test_add_func("/links/duplicate/without-memory", test_without_memory);
    g_test_add_func("/links/duplicate/copies-of-rules-are-not-copied",
                    test_copies_of_rules_are_not_copied);
    return g_test_run();
}
