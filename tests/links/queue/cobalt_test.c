// SPDX-License-Identifier: Apache-2.0
// COBALT beside its definition in CAKE, written down here in floating point from the paper's words
// and what Linux's sch_cake does: the same packets meet the same fates.
#include "links/queue/cobalt.h"

#include <math.h>

#include "tests/links/packet_list.h"
#include "tests/support/dice.h"

#define MS INT64_C(1000000)
enum { MTU_BYTES = 1514, SLOT_NS = 1211003 };

// Signed times, and a probability from 0 to 1.
typedef struct {
    PacketList list;
    double target, interval, mtu_time;
    double drop_next, blue_timer, p_drop;
    double count;
    bool dropping;
} Reference;

static double reference_control(const Reference *self, double from)
{
    return from + (double)floorl((long double)self->interval / sqrtl(fmax(self->count, 1)));
}

static bool reference_should_drop(Reference *self, double now, double sojourn)
{
    bool over_target =
        sojourn > self->target && sojourn > self->mtu_time * 2 && sojourn > self->mtu_time * 4;
    bool next_due = self->count != 0 && now - self->drop_next >= 0;
    double schedule = now - self->drop_next;
    bool drop = false;

    if (over_target && !self->dropping) {
        self->dropping = true;
        self->drop_next = reference_control(self, now);
    }
    if (over_target && self->count == 0)
        self->count = 1;
    if (!over_target)
        self->dropping = false;
    if (next_due && self->dropping) {
        drop = !packet_list_mark(&self->list);
        self->count += 1;
        self->drop_next = reference_control(self, self->drop_next);
        schedule = now - self->drop_next;
    } else {
        while (next_due) {
            self->count -= 1;
            self->drop_next = reference_control(self, self->drop_next);
            schedule = now - self->drop_next;
            next_due = self->count != 0 && schedule >= 0;
        }
    }
    if (packet_list_draw(&self->list) / 4294967296.0 < self->p_drop)
        drop = true;
    if (self->count == 0)
        self->drop_next = now + self->interval;
    else if (schedule > 0 && !drop)
        self->drop_next = now;
    return drop;
}

static void reference_dequeue(Reference *self, double now)
{
    AqmPacket packet;

    while (packet_list_next(&self->list, &packet)) {
        if (!reference_should_drop(self, now, now - (double)packet.queued_ns) ||
            packet.behind_bytes == 0)
            return;
        packet_list_drop(&self->list);
    }
    if (now - self->blue_timer > self->target && self->p_drop > 0) {
        self->p_drop = fmax(0, self->p_drop - 1 / 4096.0);
        self->blue_timer = now;
    }
    self->dropping = false;
    if (self->count != 0 && now - self->drop_next >= 0) {
        self->count -= 1;
        self->drop_next = reference_control(self, self->drop_next);
    }
}

static void reference_overflow(Reference *self, double now)
{
    if (now - self->blue_timer > self->target) {
        self->p_drop = fmin(1, self->p_drop + 1 / 256.0);
        self->blue_timer = now;
    }
    self->dropping = true;
    self->drop_next = now;
    self->count = fmax(self->count, 1);
}

// Loads that change every 50 to 850 ms, from nothing much to twice of what is served, and a limit
// that overload reaches. All state is compared after each step, and each fate at the end.
static void assert_like_reference(uint64_t seed, unsigned capable_in_100, uint64_t limit_bytes)
{
    enum { N_PACKETS = 60000 };
    Dice dice = dice_new(seed);
    CobaltParams params = cobalt_params(CODEL_TARGET_NS, CODEL_INTERVAL_NS, SLOT_NS);
    Reference reference = {.target = 5e6, .interval = 100e6, .mtu_time = SLOT_NS};
    PacketList list;
    Cobalt cobalt = {0};
    int64_t arrival_ns = 1, gap_ns = SLOT_NS, change_ns = 0, served_ns = 7;
    unsigned n_overflows = 0, n_blue = 0;

    packet_list_init(&list);
    packet_list_init(&reference.list);
    for (unsigned n = 0; n < N_PACKETS;) {
        if (arrival_ns <= served_ns) {
            ListedPacket packet = {arrival_ns, 60 + dice_throw(&dice, MTU_BYTES - 60),
                                   dice_throw(&dice, 100) < capable_in_100,
                                   dice_throw(&dice, UINT32_MAX)};

            if (list.waiting_bytes + packet.bytes > limit_bytes) {
                cobalt_overflow(&cobalt, &params, arrival_ns);
                reference_overflow(&reference, (double)arrival_ns);
                n_overflows++;
            } else {
                packet_list_add(&list, packet);
                packet_list_add(&reference.list, packet);
            }
            if (arrival_ns > change_ns) {
                change_ns = arrival_ns + (50 + dice_throw(&dice, 800)) * MS;
                gap_ns = SLOT_NS / 2 + dice_throw(&dice, SLOT_NS * 5 / 2);
            }
            arrival_ns += 1 + dice_throw(&dice, (uint32_t)gap_ns * 2);
            n++;
            continue;
        }
        cobalt_dequeue(&cobalt, &params, served_ns, &packet_list_class, &list);
        reference_dequeue(&reference, (double)served_ns);
        g_assert_cmpuint(list.next, ==, reference.list.next);
        g_assert_cmpfloat(cobalt.count, ==, reference.count);
        g_assert_cmpint(cobalt.is_dropping, ==, reference.dropping);
        g_assert_cmpfloat((double)cobalt.drop_next_ns, ==, reference.drop_next);
        g_assert_cmpfloat(cobalt.drop_probability / 4294967296.0, ==, reference.p_drop);
        n_blue += cobalt.drop_probability > 0;
        served_ns += SLOT_NS;
    }
    g_assert_cmpstr(list.fates->str, ==, reference.list.fates->str);
    g_assert_nonnull(strchr(list.fates->str, capable_in_100 == 100 ? 'm' : 'd'));
    g_assert_cmpint(n_overflows > 0, ==, limit_bytes < UINT64_MAX);
    g_assert_cmpint(n_blue > 0, ==, limit_bytes < UINT64_MAX);
    packet_list_clear(&list);
    packet_list_clear(&reference.list);
}

static void test_drops_as_defined(void)
{
    for (uint64_t seed = 1; seed <= 5; seed++)
        assert_like_reference(seed, 0, UINT64_MAX);
}

static void test_marks_as_defined(void)
{
    assert_like_reference(1, 50, UINT64_MAX);
    assert_like_reference(2, 100, UINT64_MAX);
}

static void test_overflows_as_defined(void)
{
    assert_like_reference(1, 0, 20000);
    assert_like_reference(2, 50, 20000);
    assert_like_reference(3, 100, 40000);
}

// BLUE's probability stays within its bounds.
static void test_blue_saturates(void)
{
    CobaltParams params = cobalt_params(CODEL_TARGET_NS, CODEL_INTERVAL_NS, 0);
    Cobalt cobalt = {0};
    PacketList list;
    int64_t now_ns = 0;

    packet_list_init(&list);
    for (unsigned n = 0; n < 300; n++) {
        cobalt_overflow(&cobalt, &params, now_ns += 6 * MS);
        cobalt_overflow(&cobalt, &params, now_ns); // not twice within a target
        g_assert_cmpuint(cobalt.drop_probability, ==,
                         MIN((n + 1) * (UINT64_C(1) << 24), UINT32_MAX));
    }
    for (unsigned n = 0; n < 5000; n++)
        g_assert_false(
            cobalt_dequeue(&cobalt, &params, now_ns += 6 * MS, &packet_list_class, &list));
    g_assert_cmpuint(cobalt.drop_probability, ==, 0);
    g_assert_cmpuint(cobalt.count, ==, 0);
    packet_list_clear(&list);
}

static void test_slow_link_has_longer_target(void)
{
    CobaltParams fast = cobalt_params(5 * MS, 100 * MS, 1 * MS);
    CobaltParams slow = cobalt_params(5 * MS, 100 * MS, 12 * MS);
    CobaltParams slowest = cobalt_params(5 * MS, 100 * MS, 100 * MS);

    g_assert_cmpint(fast.target_ns, ==, 5 * MS);
    g_assert_cmpint(fast.interval_ns, ==, 100 * MS);
    g_assert_cmpint(slow.target_ns, ==, 18 * MS);
    g_assert_cmpint(slow.interval_ns, ==, 113 * MS);
    g_assert_cmpint(slowest.target_ns, ==, 150 * MS);
    g_assert_cmpint(slowest.interval_ns, ==, 300 * MS);
}

// As of CoDel: what is called calm is sent whole, and leaves what the first packet alone does.
static void test_calm_groups_lose_nothing(void)
{
    enum { N_ROUNDS = 50000, N_GROUP = 5 };
    CobaltParams params = cobalt_params(CODEL_TARGET_NS, CODEL_INTERVAL_NS, 0);
    Dice dice = dice_new(4);
    unsigned n_calm = 0;

    for (unsigned n = 0; n < N_ROUNDS; n++) {
        Cobalt cobalt = {.count = dice_throw(&dice, 4),
                         .drop_probability = dice_throw(&dice, 4) == 0 ? 1U << 31 : 0};
        int64_t now_ns = 200 * MS, until_ns = now_ns + dice_throw(&dice, 8 * MS);
        int64_t queued_ns = now_ns - dice_throw(&dice, 10 * MS);
        AqmPacket packet = {queued_ns, 1000};
        Cobalt alone = cobalt;
        PacketList list;

        cobalt.is_dropping = cobalt.count > 0 && dice_throw(&dice, 2) == 0;
        cobalt.drop_next_ns = now_ns - 2 * MS + dice_throw(&dice, 20 * MS);
        if (!cobalt_is_calm(&cobalt, &params, &packet, now_ns, until_ns))
            continue;
        n_calm++;
        packet_list_init(&list);
        for (unsigned i = 0; i <= N_GROUP; i++)
            packet_list_add(&list, (ListedPacket){queued_ns, 1000, false, 0});
        for (unsigned i = 0; i < N_GROUP; i++) {
            cobalt_dequeue(&cobalt, &params, now_ns + (until_ns - now_ns) * i / (N_GROUP - 1),
                           &packet_list_class, &list);
            g_assert_cmpuint(list.next, ==, i + 1);
            if (i == 0)
                alone = cobalt;
        }
        g_assert_cmpuint(alone.count, ==, cobalt.count);
        g_assert_cmpint(alone.is_dropping, ==, cobalt.is_dropping);
        if (alone.count > 0)
            g_assert_cmpint(alone.drop_next_ns, ==, cobalt.drop_next_ns);
        packet_list_clear(&list);
    }
    g_assert_cmpuint(n_calm, >, N_ROUNDS / 8);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/cobalt/drops-as-defined", test_drops_as_defined);
    g_test_add_func("/links/cobalt/marks-as-defined", test_marks_as_defined);
    g_test_add_func("/links/cobalt/overflows-as-defined", test_overflows_as_defined);
    g_test_add_func("/links/cobalt/blue-saturates", test_blue_saturates);
    g_test_add_func("/links/cobalt/slow-link-has-longer-target", test_slow_link_has_longer_target);
    g_test_add_func("/links/cobalt/calm-groups-lose-nothing", test_calm_groups_lose_nothing);
    return g_test_run();
}
