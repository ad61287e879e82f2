// SPDX-License-Identifier: Apache-2.0
// Slots: instants against the steps of netem's dequeue, with the draws of the frames that asked.
#include "links/rate/slot.h"

#include <math.h>

#include "tests/support/dice.h"
#include "tests/support/link_rig.h"

#define MS INT64_C(1000000)
enum { N_FRAMES = 3000 };

typedef struct {
    uint64_t min_ns, max_ns;
    int64_t packets, bytes; // INT64_MAX for no bound
} Slots;

// As `slot` of tc-netem: the state of its dequeue.
typedef struct {
    Slots slots;
    RandomKey key;
    int64_t next_ns, left_packets, left_bytes;
} Netem;

static void netem_next_slot(Netem *netem, int64_t now_ns, uint64_t index, uint32_t draw)
{
    uint64_t range = netem->slots.max_ns - netem->slots.min_ns + 1;
    uint64_t random = random_draw(netem->key, index, draw) >> 32;

    netem->next_ns = now_ns + (int64_t)(netem->slots.min_ns +
                                        (uint64_t)((double)random / 4294967296.0 * (double)range));
    netem->left_packets = netem->slots.packets;
    netem->left_bytes = netem->slots.bytes;
}

// Whether the head, which came at `came_ns`, leaves now.
static bool netem_dequeue(Netem *netem, int64_t now_ns, int64_t came_ns, uint64_t index,
                          uint32_t bytes)
{
    if (netem->next_ns < came_ns)
        netem_next_slot(netem, now_ns, index, 0);
    if (came_ns > now_ns || netem->next_ns > now_ns)
        return false;
    netem->left_packets--;
    netem->left_bytes -= bytes;
    if (netem->left_packets <= 0 || netem->left_bytes <= 0)
        netem_next_slot(netem, now_ns, index, 1);
    return true;
}

static void assert_golden(const char *config, const Slots *slots, uint64_t seed)
{
    Netem netem = {.slots = *slots, .key = random_key(1, "slots", 0, "slot"), .next_ns = -1};
    int64_t came_ns[N_FRAMES], left_ns[N_FRAMES], at_ns = 0, now_ns = 0;
    uint32_t bytes[N_FRAMES];
    Dice dice = dice_new(seed);
    LinkRig rig;

    link_rig_open(&rig, 1, "slots", config, "");
    for (unsigned n = 0; n < N_FRAMES; n++) {
        if (dice_throw(&dice, 4) == 0)
            at_ns += dice_throw(&dice, 9000) * 1013;
        came_ns[n] = at_ns;
        bytes[n] = 60 + dice_throw(&dice, 1454);
        script_add(&rig.script[LINK_FORWARD], at_ns, 0, 1, bytes[n]);
    }
    for (unsigned head = 0; head < N_FRAMES;) {
        now_ns = MAX(now_ns, came_ns[head]);
        if (netem_dequeue(&netem, now_ns, came_ns[head], head, bytes[head]))
            left_ns[head++] = now_ns;
        else
            now_ns = MAX(netem.next_ns, came_ns[head]);
    }
    link_rig_run_to_end(&rig);
    probe_assert_times(&rig.probe[LINK_FORWARD], left_ns, N_FRAMES);
    probe_assert_in_order(&rig.probe[LINK_FORWARD]);
    link_rig_close(&rig);
}

static void test_opens_as_netem_does(void)
{
    assert_golden("slot 2ms", &(Slots){2000000, 2000000, INT64_MAX, INT64_MAX}, 1);
    assert_golden("slot 500us, slot.max 8ms", &(Slots){500000, 8000000, INT64_MAX, INT64_MAX}, 2);
    assert_golden("slot 500us, slot.max 3ms, slot.packets 3",
                  &(Slots){500000, 3000000, 3, INT64_MAX}, 3);
    assert_golden("slot 500us, slot.max 3ms, slot.bytes 4kB",
                  &(Slots){500000, 3000000, INT64_MAX, 4000}, 4);
    assert_golden("slot 0ns, slot.max 3ms, slot.packets 5, slot.bytes 3000B",
                  &(Slots){0, 3000000, 5, 3000}, 5);
    assert_golden("slot 1ms, slot.packets 1", &(Slots){1000000, 1000000, 1, INT64_MAX}, 6);
}

// With a backlog and one packet in each slot, what lies between two is one draw: within the bounds,
// and in the mean within the 99.9 % interval of a uniform one.
static void test_times_are_uniform(void)
{
    const double n_gaps = 99999, bound_ns = 3.29 * (4e6 / sqrt(12)) / sqrt(n_gaps);
    const Probe *probe;
    double mean_ns;
    LinkRig rig;

    link_rig_open(&rig, 3, "slots", "slot 1ms, slot.max 5ms, slot.packets 1", "");
    script_add(&rig.script[LINK_FORWARD], 0, 0, 100000, 60);
    link_rig_run_to_end(&rig);
    probe = &rig.probe[LINK_FORWARD];
    for (unsigned n = 1; n < probe_count(probe); n++) {
        int64_t gap_ns = probe_record(probe, n)->at_ns - probe_record(probe, n - 1)->at_ns;

        g_assert_cmpint(gap_ns, >=, MS);
        g_assert_cmpint(gap_ns, <=, 5 * MS);
    }
    mean_ns = (double)(probe_record(probe, 99999)->at_ns - probe_record(probe, 0)->at_ns) / n_gaps;
    g_assert_cmpfloat(fabs(mean_ns - 3e6), <, bound_ns);
    link_rig_close(&rig);
}

static void test_changes_keep_what_waits(void)
{
    g_autoptr(LinkConfig) none = link_rig_config("");
    LinkRig rig;

    link_rig_open(&rig, 1, "slots", "slot 5ms, slot.packets 2", "");
    script_add(&rig.script[LINK_FORWARD], 0, 0, 5, 60);
    link_rig_run(&rig, 7 * MS);
    link_configure(rig.link, LINK_FORWARD, none);
    script_add(&rig.script[LINK_FORWARD], 8 * MS, 0, 1, 60);
    link_rig_run_to_end(&rig);
    probe_assert_times(&rig.probe[LINK_FORWARD],
                       (const int64_t[]){5 * MS, 5 * MS, 7 * MS, 7 * MS, 7 * MS, 8 * MS}, 6);
    link_rig_close(&rig);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/slot/opens-as-netem-does", test_opens_as_netem_does);
    g_test_add_func("/links/slot/times-are-uniform", test_times_are_uniform);
    g_test_add_func("/links/slot/changes-keep-what-waits", test_changes_keep_what_waits);
    return g_test_run();
}
