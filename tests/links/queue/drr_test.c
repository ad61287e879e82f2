// SPDX-License-Identifier: Apache-2.0
// Deficit round robin beside the words of RFC 8290, section 4.2, followed on plain arrays.
#include "links/queue/drr.h"

#include <glib.h>
#include <stdbool.h>

#include "tests/support/dice.h"

enum { N_FLOWS = 8, QUANTUM_BYTES = 1514, NOBODY = -1 };

// Lists of numbers of flows, and what waits for each: lengths of packets.
typedef struct {
    GArray *new_queues, *old_queues; // of int
    int64_t credits[N_FLOWS];
} Reference;

static bool reference_has(const GArray *queues, int flow)
{
    for (guint i = 0; i < queues->len; i++)
        if (g_array_index(queues, int, i) == flow)
            return true;
    return false;
}

static void reference_join(Reference *self, int flow)
{
    if (reference_has(self->new_queues, flow) || reference_has(self->old_queues, flow))
        return;
    g_array_append_val(self->new_queues, flow);
    self->credits[flow] = QUANTUM_BYTES;
}

static GArray *reference_list(Reference *self)
{
    return self->new_queues->len > 0 ? self->new_queues : self->old_queues;
}

static int reference_turn(Reference *self)
{
    for (GArray *list; (list = reference_list(self))->len > 0;) {
        int flow = g_array_index(list, int, 0);

        if (self->credits[flow] > 0)
            return flow;
        self->credits[flow] += QUANTUM_BYTES;
        g_array_remove_index(list, 0);
        g_array_append_val(self->old_queues, flow);
    }
    return NOBODY;
}

static void reference_rest(Reference *self, int flow)
{
    GArray *list = reference_list(self);

    g_array_remove_index(list, 0);
    if (list == self->new_queues)
        g_array_append_val(self->old_queues, flow);
}

static void test_turns_as_the_rfc(void)
{
    enum { N_ROUNDS = 200000 };
    Reference reference = {
        g_array_new(FALSE, FALSE, sizeof(int)), g_array_new(FALSE, FALSE, sizeof(int)), {0}};
    DrrFlow flows[N_FLOWS] = {0};
    unsigned n_waiting[N_FLOWS] = {0}, n_turns[N_FLOWS] = {0};
    Dice dice = dice_new(1);
    Drr drr;

    drr_init(&drr);
    for (unsigned i = 0; i < N_FLOWS; i++)
        flows[i].quantum_bytes = QUANTUM_BYTES;
    for (unsigned n = 0; n < N_ROUNDS; n++) {
        // Some flows send much, some seldom.
        unsigned sender = dice_throw(&dice, dice_throw(&dice, 2) == 0 ? 2 : N_FLOWS);
        DrrFlow *flow;
        int expected;

        if (dice_throw(&dice, 100) < 49) {
            n_waiting[sender]++;
            drr_join(&drr, &flows[sender], DRR_NEW);
            reference_join(&reference, (int)sender);
            continue;
        }
        flow = drr_turn(&drr);
        expected = reference_turn(&reference);
        g_assert_cmpint(flow == NULL ? NOBODY : (int)(flow - flows), ==, expected);
        if (flow == NULL)
            continue;
        n_turns[expected]++;
        if (n_waiting[expected] > 0) {
            uint32_t bytes = 60 + dice_throw(&dice, 3000);

            n_waiting[expected]--;
            drr_charge(flow, bytes);
            reference.credits[expected] -= bytes;
        } else {
            drr_rest(&drr, flow);
            reference_rest(&reference, expected);
        }
        g_assert_cmpint(flow->deficit_bytes, ==, reference.credits[expected]);
    }
    for (unsigned i = 0; i < N_FLOWS; i++)
        g_assert_cmpuint(n_turns[i], >, N_ROUNDS / 100);
    g_array_unref(reference.new_queues);
    g_array_unref(reference.old_queues);
}

// Flows that always have something to send share by their quanta, whatever their packets' lengths.
static void test_shares_by_quantum(void)
{
    static const uint32_t quanta[3] = {1500, 3000, 500}, lengths[3] = {1500, 100, 1000};
    DrrFlow flows[3] = {0};
    uint64_t sent_bytes[3] = {0};
    Drr drr;

    drr_init(&drr);
    for (unsigned i = 0; i < 3; i++) {
        flows[i].quantum_bytes = quanta[i];
        drr_join(&drr, &flows[i], DRR_OLD);
    }
    for (unsigned n = 0; n < 100000; n++) {
        DrrFlow *flow = drr_turn(&drr);

        drr_charge(flow, lengths[flow - flows]);
        sent_bytes[flow - flows] += lengths[flow - flows];
    }
    for (unsigned i = 1; i < 3; i++) {
        // No further apart than one quantum and one packet each.
        double rounds = (double)sent_bytes[i] / quanta[i], others = (double)sent_bytes[0] / 1500;

        g_assert_cmpfloat(rounds, >, others - 4);
        g_assert_cmpfloat(rounds, <, others + 4);
    }
}

// A group of a flow that is alone leaves what its packets one by one would; with others there, it
// is no longer than the turn.
static void test_groups_take_turns_of_their_own(void)
{
    enum { N_ROUNDS = 1000 };
    DrrFlow together = {.quantum_bytes = 700}, apart = {.quantum_bytes = 700};
    DrrFlow other = {.quantum_bytes = 700};
    Drr drr_together, drr_apart;
    Dice dice = dice_new(2);

    drr_init(&drr_together);
    drr_init(&drr_apart);
    drr_join(&drr_together, &together, DRR_NEW);
    drr_join(&drr_apart, &apart, DRR_NEW);
    for (unsigned n = 0; n < N_ROUNDS; n++) {
        unsigned n_packets = 1 + dice_throw(&dice, 44);
        uint32_t bytes = 1 + dice_throw(&dice, 3000), last_bytes = 1 + dice_throw(&dice, bytes);

        g_assert_true(drr_turn(&drr_together) == &together);
        g_assert_cmpuint(drr_n_packets(&drr_together, &together, n_packets, bytes), ==, n_packets);
        drr_charge_group(&drr_together, &together, n_packets, bytes, last_bytes);
        for (unsigned i = 0; i < n_packets; i++)
            drr_charge(drr_turn(&drr_apart), i + 1 < n_packets ? bytes : last_bytes);
        g_assert_cmpint(together.deficit_bytes, ==, apart.deficit_bytes);
    }
    drr_join(&drr_together, &other, DRR_OLD);
    for (unsigned n = 0; n < N_ROUNDS; n++) {
        DrrFlow *flow = drr_turn(&drr_together);
        uint32_t bytes = 1 + dice_throw(&dice, 300);
        unsigned n_turn = drr_n_packets(&drr_together, flow, 1000, bytes);

        for (unsigned i = 0; i < n_turn; i++) {
            g_assert_true(drr_turn(&drr_together) == flow);
            drr_charge(flow, bytes);
        }
        g_assert_true(drr_turn(&drr_together) != flow);
    }
}

static void test_nobody_has_the_turn(void)
{
    DrrFlow flow = {.quantum_bytes = 1};
    Drr drr;

    drr_init(&drr);
    g_assert_null(drr_turn(&drr));
    drr_join(&drr, &flow, DRR_NEW);
    g_assert_true(drr_turn(&drr) == &flow);
    drr_rest(&drr, &flow);
    g_assert_true(drr_turn(&drr) == &flow);
    g_assert_cmpint(flow.place, ==, DRR_OLD);
    drr_rest(&drr, &flow);
    g_assert_null(drr_turn(&drr));
    g_assert_cmpint(flow.place, ==, DRR_NOWHERE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/drr/turns-as-the-rfc", test_turns_as_the_rfc);
    g_test_add_func("/links/drr/shares-by-quantum", test_shares_by_quantum);
    g_test_add_func("/links/drr/groups-take-turns-of-their-own",
                    test_groups_take_turns_of_their_own);
    g_test_add_func("/links/drr/nobody-has-the-turn", test_nobody_has_the_turn);
    return g_test_run();
}
