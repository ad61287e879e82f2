// SPDX-License-Identifier: Apache-2.0
// CoDel beside the pseudocode of RFC 8289, section 5, written down here in floating point: the same
// packets meet the same fates.
#include "links/queue/codel.h"

#include <math.h>

#include "tests/links/packet_list.h"
#include "tests/support/dice.h"

#define MS INT64_C(1000000)
enum { MTU_BYTES = 1500 };

static const CodelParams params = {CODEL_TARGET_NS, CODEL_INTERVAL_NS, MTU_BYTES};

// The RFC's variables, and its routines under its names.
typedef struct {
    PacketList list;
    double first_above_time, drop_next;
    uint32_t count, lastcount;
    bool dropping, ok_to_drop;
} Reference;

static bool reference_dodequeue(Reference *self, double now)
{
    AqmPacket packet;

    self->ok_to_drop = false;
    if (!packet_list_next(&self->list, &packet)) {
        self->first_above_time = 0;
        return false;
    }
    if (now - (double)packet.queued_ns < 5e6 || packet.behind_bytes <= MTU_BYTES)
        self->first_above_time = 0;
    else if (self->first_above_time == 0)
        self->first_above_time = now + 100e6;
    else if (now >= self->first_above_time)
        self->ok_to_drop = true;
    return true;
}

static double reference_control_law(double t, uint32_t count)
{
    return t + (double)floorl(100e6L / sqrtl(count)); // times are whole nanoseconds
}

static void reference_dequeue(Reference *self, double now)
{
    uint32_t delta;

    reference_dodequeue(self, now);
    if (self->dropping) {
        if (!self->ok_to_drop)
            self->dropping = false;
        while (now >= self->drop_next && self->dropping) {
            if (packet_list_mark(&self->list)) {
                ++self->count;
                self->drop_next = reference_control_law(self->drop_next, self->count);
                break;
            }
            packet_list_drop(&self->list);
            ++self->count;
            reference_dodequeue(self, now);
            if (!self->ok_to_drop)
                self->dropping = false;
            else
                self->drop_next = reference_control_law(self->drop_next, self->count);
        }
    } else if (self->ok_to_drop) {
        if (!packet_list_mark(&self->list)) {
            packet_list_drop(&self->list);
            reference_dodequeue(self, now);
        }
        self->dropping = true;
        delta = self->count - self->lastcount;
        self->count = 1;
        if (delta > 1 && now - self->drop_next < 16 * 100e6)
            self->count = delta;
        self->drop_next = reference_control_law(now, self->count);
        self->lastcount = self->count;
    }
}

static unsigned count_fates(const PacketList *list, char fate)
{
    unsigned n = 0;

    for (const char *at = list->fates->str; *at != '\0'; at++)
        n += *at == fate;
    return n;
}

// Loads that change every 50 to 850 ms, from half to twice of what is served; every packet is some
// microseconds off any grid. All state is compared after each step, and each fate at the end.
static void assert_like_reference(uint64_t seed, unsigned capable_in_100)
{
    enum { N_PACKETS = 60000, SLOT_NS = 1211003 };
    Dice dice = dice_new(seed);
    Reference reference = {.dropping = false};
    PacketList list;
    Codel codel = {0};
    int64_t arrival_ns = 1, gap_ns = SLOT_NS, change_ns = 0, served_ns = 7;

    packet_list_init(&list);
    packet_list_init(&reference.list);
    for (unsigned n = 0; n < N_PACKETS;) {
        if (arrival_ns <= served_ns) {
            ListedPacket packet = {arrival_ns, 60 + dice_throw(&dice, MTU_BYTES - 60),
                                   dice_throw(&dice, 100) < capable_in_100, 0};

            packet_list_add(&list, packet);
            packet_list_add(&reference.list, packet);
            if (arrival_ns > change_ns) {
                change_ns = arrival_ns + (50 + dice_throw(&dice, 800)) * MS;
                gap_ns = SLOT_NS / 2 + dice_throw(&dice, SLOT_NS * 3 / 2);
            }
            arrival_ns += 1 + dice_throw(&dice, (uint32_t)gap_ns * 2);
            n++;
            continue;
        }
        codel_dequeue(&codel, &params, served_ns, &packet_list_class, &list);
        reference_dequeue(&reference, (double)served_ns);
        g_assert_cmpuint(list.next, ==, reference.list.next);
        g_assert_cmpuint(codel.count, ==, reference.count);
        g_assert_cmpint(codel.is_dropping, ==, reference.dropping);
        g_assert_cmpfloat((double)codel.drop_next_ns, ==, reference.drop_next);
        g_assert_cmpfloat((double)codel.first_above_ns, ==, reference.first_above_time);
        served_ns += SLOT_NS;
    }
    g_assert_cmpstr(list.fates->str, ==, reference.list.fates->str);
    g_assert_cmpuint(count_fates(&list, 'd') + count_fates(&list, 'm'), >, N_PACKETS / 100);
    g_assert_cmpint(count_fates(&list, 'm') > 0, ==, capable_in_100 > 0);
    g_assert_cmpint(count_fates(&list, 'd') > 0, ==, capable_in_100 < 100);
    packet_list_clear(&list);
    packet_list_clear(&reference.list);
}

static void test_drops_as_the_rfc(void)
{
    for (uint64_t seed = 1; seed <= 5; seed++)
        assert_like_reference(seed, 0);
}

static void test_marks_where_it_would_drop(void)
{
    assert_like_reference(1, 50);
    assert_like_reference(2, 100);
}

// By hand: a queue never below the target. Nothing for an interval after the first packet that was
// above, then one, then interval / sqrt(count) apart.
static void test_first_drops(void)
{
    static const int64_t drops_ms[] = {106, 206, 277, 335, 385, 430};
    PacketList list;
    Codel codel = {0};
    unsigned n_dropped = 0;

    packet_list_init(&list);
    for (int64_t at = 0; at < 1000; at++)
        packet_list_add(&list, (ListedPacket){0, 1000, false, 0});
    for (int64_t at = 6; n_dropped < G_N_ELEMENTS(drops_ms); at++) {
        guint next = list.next;

        g_assert_true(codel_dequeue(&codel, &params, at * MS, &packet_list_class, &list));
        if (list.next == next + 1)
            continue;
        g_assert_cmpuint(list.next, ==, next + 2);
        g_assert_cmpint(at, ==, drops_ms[n_dropped++]);
    }
    packet_list_clear(&list);
}

// The target itself is too long, a backlog of one MTU is not; below the one or at the other the
// interval begins again.
static void test_edges(void)
{
    static const struct {
        int64_t sojourn_ns;
        uint32_t behind_bytes;
        bool is_above;
    } cases[] = {{5 * MS, MTU_BYTES + 1, true},
                 {5 * MS - 1, MTU_BYTES + 1, false},
                 {5 * MS, MTU_BYTES, false},
                 {0, 0, false}};

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        Codel codel = {.first_above_ns = 1};
        PacketList list;

        packet_list_init(&list);
        packet_list_add(&list, (ListedPacket){0, 60, false, 0});
        packet_list_add(&list, (ListedPacket){0, cases[i].behind_bytes, false, 0});
        g_assert_true(
            codel_dequeue(&codel, &params, cases[i].sojourn_ns, &packet_list_class, &list));
        g_assert_cmpint(codel.is_dropping, ==, cases[i].is_above);
        if (!cases[i].is_above)
            g_assert_cmpint(codel.first_above_ns, ==, 0);
        packet_list_clear(&list);
    }
}

static void test_empty_queue_ends_dropping(void)
{
    Codel codel = {.is_dropping = true, .first_above_ns = 1, .count = 3, .drop_next_ns = 5 * MS};
    PacketList list;

    packet_list_init(&list);
    g_assert_false(codel_dequeue(&codel, &params, 10 * MS, &packet_list_class, &list));
    g_assert_false(codel.is_dropping);
    g_assert_cmpint(codel.first_above_ns, ==, 0);
    packet_list_clear(&list);
}

// Exact for every interval and count: one more would be too much.
static void test_control_law_is_exact(void)
{
    Dice dice = dice_new(3);

    g_assert_cmpint(codel_control_law(7, 100 * MS, 1), ==, 7 + 100 * MS);
    g_assert_cmpint(codel_control_law(0, 100 * MS, 4), ==, 50 * MS);
    g_assert_cmpint(codel_control_law(0, 100 * MS, 2), ==, 70710678);
    g_assert_cmpint(codel_control_law(0, 1, 1), ==, 1);
    g_assert_cmpint(codel_control_law(0, 1, UINT32_MAX), ==, 0);
    g_assert_cmpint(codel_control_law(0, CODEL_MAX_INTERVAL_NS, 1), ==, CODEL_MAX_INTERVAL_NS);
    for (unsigned n = 0; n < 100000; n++) {
        int64_t interval_ns = 1 + (int64_t)dice_throw(&dice, 4000000000U);
        uint32_t count = 1 + dice_throw(&dice, dice_throw(&dice, 2) == 0 ? 100 : 4000000000U);
        long double root = (long double)codel_control_law(0, interval_ns, count);
        long double square = (long double)interval_ns * (long double)interval_ns;

        g_assert_true(root * root * count <= square);
        g_assert_true((root + 1) * (root + 1) * count > square);
    }
}

// Wherever a group is called calm, judging its packets one by one drops and marks none, and leaves
// the same behind as judging the first; and groups are calm often.
static void test_calm_groups_lose_nothing(void)
{
    enum { N_ROUNDS = 50000, N_GROUP = 5 };
    Dice dice = dice_new(4);
    unsigned n_calm = 0;

    for (unsigned n = 0; n < N_ROUNDS; n++) {
        Codel codel = {.is_dropping = dice_throw(&dice, 2) == 0, .count = 2, .last_count = 1};
        int64_t now_ns = 200 * MS, until_ns = now_ns + dice_throw(&dice, 8 * MS);
        int64_t queued_ns = now_ns - dice_throw(&dice, 10 * MS);
        uint32_t behind_bytes = dice_throw(&dice, 2 * MTU_BYTES);
        AqmPacket packet = {queued_ns, behind_bytes};
        Codel alone = codel;
        PacketList list;

        codel.drop_next_ns = now_ns - 2 * MS + dice_throw(&dice, 20 * MS);
        if (dice_throw(&dice, 4) > 0)
            codel.first_above_ns = now_ns - 10 * MS + dice_throw(&dice, 20 * MS);
        if (!codel_is_calm(&codel, &params, &packet, now_ns, until_ns))
            continue;
        n_calm++;
        packet_list_init(&list);
        for (unsigned i = 0; i < N_GROUP; i++)
            packet_list_add(&list, (ListedPacket){queued_ns, 1000, false, 0});
        packet_list_add(&list, (ListedPacket){queued_ns, behind_bytes, false, 0});
        for (unsigned i = 0; i < N_GROUP; i++) {
            codel_dequeue(&codel, &params, now_ns + (until_ns - now_ns) * i / (N_GROUP - 1),
                          &packet_list_class, &list);
            g_assert_cmpuint(list.next, ==, i + 1);
            if (i == 0)
                alone = codel;
        }
        g_assert_cmpint(alone.first_above_ns, ==, codel.first_above_ns);
        g_assert_cmpint(alone.is_dropping, ==, codel.is_dropping);
        packet_list_clear(&list);
    }
    g_assert_cmpuint(n_calm, >, N_ROUNDS / 4);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/codel/drops-as-the-rfc", test_drops_as_the_rfc);
    g_test_add_func("/links/codel/marks-where-it-would-drop", test_marks_where_it_would_drop);
    g_test_add_func("/links/codel/first-drops", test_first_drops);
    g_test_add_func("/links/codel/edges", test_edges);
    g_test_add_func("/links/codel/empty-queue-ends-dropping", test_empty_queue_ends_dropping);
    g_test_add_func("/links/codel/control-law-is-exact", test_control_law_is_exact);
    g_test_add_func("/links/codel/calm-groups-lose-nothing", test_calm_groups_lose_nothing);
    return g_test_run();
}
