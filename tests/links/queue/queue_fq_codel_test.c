// SPDX-License-Identifier: Apache-2.0
// FQ-CoDel on a link beside RFC 8290's words, sections 4.1 and 4.2, followed packet by packet on
// plain arrays: the same packets leave at the same times. CoDel itself is the one that
// links/codel_test.c holds against RFC 8289.
#include <string.h>

#include "core/packet.h"
#include "links/queue/codel.h"
#include "tests/support/dice.h"
#include "tests/support/link_rig.h"
#include "tests/support/virtual_time.h"

enum {
    N_FLOWS = 6,
    QUANTUM_BYTES = 1514,
    BATCH = 64,
    NS_A_BYTE = 1000, // at 8 Mbit/s
    MIN_BYTES = 60,
};

typedef struct {
    unsigned number;
    int64_t queued_ns;
    uint32_t bytes;
} Waiting;

typedef struct {
    GArray *queues[N_FLOWS]; // of Waiting
    int64_t credits[N_FLOWS];
    Codel codels[N_FLOWS];
    GArray *new_queues, *old_queues; // of int
    unsigned limit_packets;
    unsigned n_packets;
    uint64_t n_bytes;
    int serving;     // the queue CoDel is asked about
    Waiting at_hand; // and the packet that it looks at
    unsigned n_aqm, n_full;
} Model;

static Waiting model_take(Model *self, int flow)
{
    Waiting packet = g_array_index(self->queues[flow], Waiting, 0);

    g_array_remove_index(self->queues[flow], 0);
    self->n_packets--;
    self->n_bytes -= packet.bytes;
    return packet;
}

static uint64_t model_queue_bytes(const Model *self, int flow)
{
    uint64_t bytes = 0;

    for (guint i = 0; i < self->queues[flow]->len; i++)
        bytes += g_array_index(self->queues[flow], Waiting, i).bytes;
    return bytes;
}

static bool model_is_listed(const GArray *list, int flow)
{
    for (guint i = 0; i < list->len; i++)
        if (g_array_index(list, int, i) == flow)
            return true;
    return false;
}

static void model_enqueue(Model *self, int flow, Waiting packet, bool counts)
{
    int fattest = 0;
    uint64_t fattest_bytes, dropped_bytes = 0;

    g_array_append_val(self->queues[flow], packet);
    self->n_packets++;
    self->n_bytes += packet.bytes;
    if (!model_is_listed(self->new_queues, flow) && !model_is_listed(self->old_queues, flow)) {
        self->credits[flow] = QUANTUM_BYTES;
        g_array_append_val(self->new_queues, flow);
    }
    if (!counts || self->n_packets <= self->limit_packets)
        return;
    for (int i = 1; i < N_FLOWS; i++)
        if (model_queue_bytes(self, i) > model_queue_bytes(self, fattest))
            fattest = i;
    fattest_bytes = model_queue_bytes(self, fattest);
    for (int n = 0; n < BATCH && dropped_bytes < fattest_bytes / 2; n++, self->n_full++)
        dropped_bytes += model_take(self, fattest).bytes;
}

static bool model_next(void *queue, AqmPacket *packet)
{
    Model *self = queue;

    if (self->queues[self->serving]->len == 0)
        return false;
    self->at_hand = model_take(self, self->serving);
    *packet = (AqmPacket){self->at_hand.queued_ns, self->n_bytes};
    return true;
}

static bool model_mark(void *queue)
{
    (void)queue;
    return false;
}

static void model_drop(void *queue)
{
    ((Model *)queue)->n_aqm++;
}

static const AqmQueue model_class = {.next = model_next, .mark = model_mark, .drop = model_drop};

// The packet to be sent, false for none.
static bool model_dequeue(Model *self, int64_t now_ns)
{
    static const CodelParams params = {CODEL_TARGET_NS, CODEL_INTERVAL_NS, QUANTUM_BYTES};

    for (;;) {
        GArray *list = self->new_queues->len > 0 ? self->new_queues : self->old_queues;
        int flow;

        if (list->len == 0)
            return false;
        flow = g_array_index(list, int, 0);
        if (self->credits[flow] <= 0) {
            self->credits[flow] += QUANTUM_BYTES;
            g_array_remove_index(list, 0);
            g_array_append_val(self->old_queues, flow);
            continue;
        }
        self->serving = flow;
        if (codel_dequeue(&self->codels[flow], &params, now_ns, &model_class, self)) {
            self->credits[flow] -= self->at_hand.bytes;
            return true;
        }
        g_array_remove_index(list, 0);
        if (list == self->new_queues)
            g_array_append_val(self->old_queues, flow);
    }
}

static void model_init(Model *self, unsigned limit_packets)
{
    *self = (Model){.limit_packets = limit_packets};
    for (int i = 0; i < N_FLOWS; i++)
        self->queues[i] = g_array_new(FALSE, FALSE, sizeof(Waiting));
    self->new_queues = g_array_new(FALSE, FALSE, sizeof(int));
    self->old_queues = g_array_new(FALSE, FALSE, sizeof(int));
}

static void model_clear(Model *self)
{
    for (int i = 0; i < N_FLOWS; i++)
        g_array_unref(self->queues[i]);
    g_array_unref(self->new_queues);
    g_array_unref(self->old_queues);
}

static void push(LinkRig *rig, int flow, unsigned number, uint32_t bytes)
{
    Frame *frame = frame_new(rig->pool, bytes);
    uint8_t *at = frame_bytes(frame);

    memset(at, 0, bytes);
    frame->length_bytes = bytes;
    frame->is_bare_ip = true;
    at[0] = 0x45;
    packet_store16(at + 4, (uint16_t)number);
    at[9] = PACKET_PROTOCOL_UDP;
    packet_store16(at + 22, (uint16_t)flow);
    sink_push(link_entry(rig->link, LINK_FORWARD), frame);
}

// Some flows send much, some seldom, loads from half the rate to four times.
static void assert_like_model(uint64_t seed, unsigned limit_packets)
{
    enum { N_PACKETS = 20000 };
    g_autofree char *text = g_strdup_printf("rate 8mbit, queue.discipline fq-codel, queue.flows "
                                            "65536, queue.limit %u packets",
                                            limit_packets);
    Dice dice = dice_new(seed);
    int64_t at_ns = 0, free_ns = 0, gap_ns = 0;
    unsigned n_arrived = 0;
    bool is_busy = false;
    LinkRig rig;
    Model model;

    model_init(&model, limit_packets);
    link_rig_open(&rig, seed, "l", text, NULL);
    for (unsigned n = 0; n <= N_PACKETS; n++) {
        int flow = (int)dice_throw(&dice, dice_throw(&dice, 3) > 0 ? 2 : N_FLOWS);
        uint32_t bytes = MIN_BYTES + dice_throw(&dice, 1450);

        if (n % 500 == 0)
            gap_ns = 200000 + dice_throw(&dice, 1400000);
        at_ns = n < N_PACKETS ? at_ns + 1 + dice_throw(&dice, (uint32_t)gap_ns * 2) : INT64_MAX;
        while (is_busy && free_ns <= at_ns) {
            const ProbeRecord *record;

            virtual_run(rig.engine, free_ns);
            record = probe_record(&rig.probe[LINK_FORWARD], n_arrived);
            g_assert_cmpint(record->at_ns, ==, free_ns);
            g_assert_cmpuint(packet_load16(record->head + 4), ==, (uint16_t)model.at_hand.number);
            g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), ==, ++n_arrived);
            is_busy = model_dequeue(&model, free_ns);
            free_ns += is_busy ? model.at_hand.bytes * (int64_t)NS_A_BYTE : 0;
        }
        if (n == N_PACKETS)
            break;
        virtual_run(rig.engine, at_ns);
        push(&rig, flow, n, bytes);
        model_enqueue(&model, flow, (Waiting){n, at_ns, bytes}, is_busy);
        if (!is_busy) {
            is_busy = model_dequeue(&model, at_ns);
            free_ns = at_ns + model.at_hand.bytes * (int64_t)NS_A_BYTE;
        }
    }
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_AQM), ==, model.n_aqm);
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_QUEUE_FULL), ==, model.n_full);
    g_assert_cmpuint(model.n_aqm, >, 0);
    g_assert_cmpint(model.n_full > 0, ==, limit_packets < 10240);
    model_clear(&model);
    link_rig_close(&rig);
}

static void test_sends_as_the_rfc(void)
{
    for (uint64_t seed = 1; seed <= 3; seed++)
        assert_like_model(seed, 10240);
}

static void test_overflows_as_the_rfc(void)
{
    for (uint64_t seed = 1; seed <= 3; seed++)
        assert_like_model(seed, 30);
}

// Half of the fattest flow, but no more than a batch (RFC 8290, section 4.1): one packet is being
// sent, and of the 200 that wait, one too many, the first 64 go.
static void test_loses_no_more_than_a_batch(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "l", "rate 8mbit, queue.discipline fq-codel, queue.limit 199 packets",
                  NULL);
    for (unsigned n = 0; n < 200; n++)
        push(&rig, 1, n, 1000);
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_QUEUE_FULL), ==, 0);
    push(&rig, 1, 200, 1000);
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_QUEUE_FULL), ==, BATCH);
    virtual_run(rig.engine, 2 * INT64_C(1000000));
    g_assert_cmpuint(packet_load16(probe_record(&rig.probe[LINK_FORWARD], 1)->head + 4), ==,
                     BATCH + 1);
    link_rig_close(&rig);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/queue_fq_codel/sends-as-the-rfc", test_sends_as_the_rfc);
    g_test_add_func("/links/queue_fq_codel/overflows-as-the-rfc", test_overflows_as_the_rfc);
    g_test_add_func("/links/queue_fq_codel/loses-no-more-than-a-batch",
                    test_loses_no_more_than_a_batch);
    return g_test_run();
}
