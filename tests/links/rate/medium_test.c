// SPDX-License-Identifier: Apache-2.0
// A medium that both directions share: one frame at a time, turns where both wait, the turnaround,
// and that its time is used.
#include "links/rate/medium.h"

#include "tests/support/dice.h"
#include "tests/support/link_rig.h"

#define MS INT64_C(1000000)
#define SHARED "rate 1mbit, queue 1000 packets, medium half-duplex"

// Frames of 125 bytes, each of which takes 1 ms.
static void rig_send(LinkRig *rig, LinkDirection direction, int64_t at_ns, unsigned n_frames)
{
    script_add(&rig->script[direction], at_ns, 0, n_frames, 125);
}

static void rig_assert_times(const LinkRig *rig, LinkDirection direction, const int64_t *at_ns,
                             unsigned n_times)
{
    probe_assert_times(&rig->probe[direction], at_ns, n_times);
}

static void test_directions_take_turns(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "radio", SHARED, NULL);
    rig_send(&rig, LINK_FORWARD, 0, 4);
    rig_send(&rig, LINK_REVERSE, 0, 2);
    rig_send(&rig, LINK_REVERSE, 10 * MS, 1);
    link_rig_run_to_end(&rig);
    rig_assert_times(&rig, LINK_FORWARD, (const int64_t[]){1 * MS, 3 * MS, 5 * MS, 6 * MS}, 4);
    rig_assert_times(&rig, LINK_REVERSE, (const int64_t[]){2 * MS, 4 * MS, 11 * MS}, 3);
    link_rig_close(&rig);
}

// 0.25 ms from one direction to the other, none within one; an idle medium has turned around.
static void test_turnaround(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "radio", SHARED ", medium.turnaround 250us", NULL);
    rig_send(&rig, LINK_FORWARD, 0, 3);
    rig_send(&rig, LINK_REVERSE, 0, 1);
    rig_send(&rig, LINK_REVERSE, 4600000, 1); // 0.1 ms behind the last
    rig_send(&rig, LINK_FORWARD, 9 * MS, 1);
    link_rig_run_to_end(&rig);
    rig_assert_times(&rig, LINK_FORWARD, (const int64_t[]){1 * MS, 3500000, 4500000, 10 * MS}, 4);
    rig_assert_times(&rig, LINK_REVERSE, (const int64_t[]){2250000, 5750000}, 2);
    link_rig_close(&rig);
}

static void test_what_waits_for_the_medium_waits_in_the_queue(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "radio", "rate 1mbit, queue 1 packet, medium half-duplex", NULL);
    rig_send(&rig, LINK_FORWARD, 0, 1);
    rig_send(&rig, LINK_REVERSE, 500000, 3); // one waits, two are dropped
    link_rig_run_to_end(&rig);
    rig_assert_times(&rig, LINK_REVERSE, (const int64_t[]){2 * MS}, 1);
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_REVERSE, DROP_QUEUE_FULL), ==, 2);
    link_rig_close(&rig);
}

// Random traffic at nine tenths of the medium: no two frames overlap, and in a busy period there
// is no pause.
static void test_one_at_a_time_and_always_one(void)
{
    enum { N_FRAMES = 4000 };
    int64_t at_ns[2] = {0, 0}, busy_until_ns = 0;
    unsigned next[2] = {0, 0};
    Dice dice = dice_new(11);
    LinkRig rig;

    link_rig_open(&rig, 1, "radio", SHARED, NULL);
    for (unsigned n = 0; n < N_FRAMES; n++) {
        LinkDirection direction = dice_throw(&dice, 3) == 0 ? LINK_REVERSE : LINK_FORWARD;

        at_ns[direction] += dice_throw(&dice, direction == LINK_REVERSE ? 6600 : 3300) * 1000;
        rig_send(&rig, direction, at_ns[direction], 1);
    }
    link_rig_run_to_end(&rig);
    while (next[0] < probe_count(&rig.probe[0]) || next[1] < probe_count(&rig.probe[1])) {
        const ProbeRecord *head[2];
        int64_t first_ns = INT64_MAX;
        int turn;

        for (int i = 0; i < 2; i++) {
            head[i] =
                next[i] < probe_count(&rig.probe[i]) ? probe_record(&rig.probe[i], next[i]) : NULL;
            if (head[i] != NULL)
                first_ns = MIN(first_ns, head[i]->entered_ns);
        }
        turn = head[0] == NULL || (head[1] != NULL && head[1]->at_ns < head[0]->at_ns);
        g_assert_cmpint(head[turn]->at_ns, ==, MAX(busy_until_ns, first_ns) + MS);
        busy_until_ns = head[turn]->at_ns;
        next[turn]++;
    }
    g_assert_cmpuint(next[0] + next[1], ==, N_FRAMES);
    link_rig_close(&rig);
}

static void test_is_shared_and_freed_while_frames_wait(void)
{
    g_autoptr(LinkConfig) apart = link_rig_config("rate 1mbit, queue 1000 packets");
    g_autoptr(LinkConfig) shared = link_rig_config(SHARED);
    g_autoptr(LinkConfig) unlimited = link_rig_config("");
    LinkRig rig;

    link_rig_open(&rig, 1, "radio", SHARED, "rate 1mbit, queue 1000 packets");
    rig_send(&rig, LINK_FORWARD, 0, 6);
    rig_send(&rig, LINK_REVERSE, 0, 6);
    link_rig_run(&rig, 1500000); // one left, the first of the other direction has begun
    link_configure(rig.link, LINK_FORWARD, apart);
    link_rig_run(&rig, 3500000); // at 2, 3, 4 there; at 2.5, 3.5 here, and 4.5 under way
    link_configure(rig.link, LINK_FORWARD, shared);
    link_rig_run(&rig, 5200000); // 5 there, and 6 here under way
    link_configure(rig.link, LINK_FORWARD, unlimited);
    link_rig_run_to_end(&rig);
    rig_assert_times(&rig, LINK_FORWARD,
                     (const int64_t[]){MS, 2500000, 3500000, 4500000, 5200000, 5200000}, 6);
    rig_assert_times(&rig, LINK_REVERSE,
                     (const int64_t[]){2 * MS, 3 * MS, 4 * MS, 5500000, 6500000, 7500000}, 6);
    link_rig_close(&rig);
}

static void test_needs_a_transmitter(void)
{
    g_autoptr(LinkConfig) config = link_config_new();
    const StageClass *bucket = link_config_variant("rate", "bucket");
    const StageClass *class;
    const StageKey *key = link_config_key(config, "medium", &class);
    GError *error = NULL;

    g_assert_true(link_config_set(config, class, key->params, "half-duplex", &error));
    g_assert_false(link_config_check(config, &error));
    g_assert_cmpstr(error->message, ==,
                    "medium: without a rate it has no effect: add rate, or remove medium");
    g_clear_error(&error);
    link_config_choose(config, bucket);
    g_assert_true(link_config_set(config, bucket, bucket->keys->params, "1mbit", &error));
    g_assert_false(link_config_check(config, &error));
    g_assert_cmpstr(error->message, ==,
                    "medium: half-duplex needs a constant rate, and the model of the rate is "
                    "bucket");
    g_clear_error(&error);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/medium/directions-take-turns", test_directions_take_turns);
    g_test_add_func("/links/medium/turnaround", test_turnaround);
    g_test_add_func("/links/medium/waits-in-the-queue",
                    test_what_waits_for_the_medium_waits_in_the_queue);
    g_test_add_func("/links/medium/one-at-a-time-and-always-one",
                    test_one_at_a_time_and_always_one);
    g_test_add_func("/links/medium/is-shared-and-freed-while-frames-wait",
                    test_is_shared_and_freed_while_frames_wait);
    g_test_add_func("/links/medium/needs-a-transmitter", test_needs_a_transmitter);
    return g_test_run();
}
