// SPDX-License-Identifier: Apache-2.0
// PIE steps beside the pseudocode of RFC 8033, Appendices A and B, written down here in double
// precision: on the same arrivals both must decide alike, packet by packet.
//
//     script of arrivals --+--> queue ruled by the pseudocode --> sent at a rate
//                          +--> queue ruled by links/pie -------> sent at the same rate
#include "links/queue/pie.h"

#include <glib.h>
#include <math.h>

#include "tests/support/dice.h"

#define MS INT64_C(1000000)
#define NS_PER_S 1e9

static const PieParams defaults = {PIE_TARGET_NS, PIE_UPDATE_NS, PIE_BURST_NS, PIE_ALPHA, PIE_BETA};

// RFC 8033: variables of Appendix A with the enhancements of Appendix B, times in seconds.
typedef struct {
    double alpha, beta, qdelay_ref, t_update, max_burst;
    double drop_prob, accu_prob, qdelay_old, burst_allowance;
} Rfc8033;

static Rfc8033 rfc8033_new(void)
{
    return (Rfc8033){.alpha = 0.125,
                     .beta = 1.25,
                     .qdelay_ref = 0.015,
                     .t_update = 0.015,
                     .max_burst = 0.15,
                     .burst_allowance = 0.15};
}

static void rfc8033_calculate_drop_prob(Rfc8033 *pie, double qdelay)
{
    double p = pie->alpha * (qdelay - pie->qdelay_ref) + pie->beta * (qdelay - pie->qdelay_old);

    if (pie->drop_prob < 0.000001)
        p /= 2048;
    else if (pie->drop_prob < 0.00001)
        p /= 512;
    else if (pie->drop_prob < 0.0001)
        p /= 128;
    else if (pie->drop_prob < 0.001)
        p /= 32;
    else if (pie->drop_prob < 0.01)
        p /= 8;
    else if (pie->drop_prob < 0.1)
        p /= 2;
    if (pie->drop_prob >= 0.1 && p > 0.02)
        p = 0.02;
    pie->drop_prob += p;
    if (qdelay > 0.25)
        pie->drop_prob += 0.02;
    if (qdelay == 0 && pie->qdelay_old == 0)
        pie->drop_prob *= 0.98;
    if (pie->drop_prob < 0)
        pie->drop_prob = 0;
    if (pie->drop_prob > 1)
        pie->drop_prob = 1;
    pie->qdelay_old = qdelay;
    pie->burst_allowance = fmax(0, pie->burst_allowance - pie->t_update);
    if (pie->burst_allowance < 1e-9) // 10 x 0.015 is not 0.15 in binary
        pie->burst_allowance = 0;
}

static bool rfc8033_drop_early(Rfc8033 *pie, double queue_bytes, double u)
{
    if ((pie->qdelay_old < pie->qdelay_ref / 2 && pie->drop_prob < 0.2) || queue_bytes <= 2 * 1514)
        return false;
    if (pie->drop_prob == 0)
        pie->accu_prob = 0;
    pie->accu_prob += pie->drop_prob;
    if (pie->accu_prob < 0.85)
        return false;
    if (pie->accu_prob >= 8.5)
        return true;
    return u < pie->drop_prob;
}

static bool rfc8033_enque(Rfc8033 *pie, double queue_bytes, double current_qdelay, double u)
{
    if (pie->drop_prob == 0 && current_qdelay < pie->qdelay_ref / 2 &&
        pie->qdelay_old < pie->qdelay_ref / 2)
        pie->burst_allowance = pie->max_burst;
    if (pie->burst_allowance == 0 && rfc8033_drop_early(pie, queue_bytes, u)) {
        pie->accu_prob = 0;
        return true;
    }
    return false;
}

// A queue as a fluid of bytes: all that PIE sees of it are its length and what that takes to send.
typedef struct {
    double bytes, sent_s;
} Fluid;

static double fluid_at(Fluid *fluid, double rate_bytes_per_s, double now_s)
{
    fluid->bytes = fmax(0, fluid->bytes - (now_s - fluid->sent_s) * rate_bytes_per_s);
    fluid->sent_s = now_s;
    return fluid->bytes;
}

typedef struct {
    double seconds;   // for so long
    double load;      // arrivals in shares of the rate
    uint32_t n_bytes; // each so long; 0: from 60 to 1514
} Phase;

static const Phase phases[] = {{2, 0.8, 1514}, {8, 1.3, 1514},  {5, 0.5, 200},  {5, 3, 0},
                               {4, 0, 0},      {0.1, 20, 1514}, {6, 1.05, 900}, {30, 0, 0},
                               {5, 1.6, 0},    {3, 9, 0},       {3, 0.9, 0}};

typedef struct {
    Rfc8033 rfc;
    Pie pie;
    Fluid fluid;
    double rate;
    int64_t n_updates;
    uint64_t n_hits, n_passed;
    Dice dice;
} Pair;

static void pair_assert_same_state(const Pair *pair)
{
    double probability = (double)pair->pie.probability / (double)PIE_ONE;

    g_assert_cmpfloat(fabs(probability - pair->rfc.drop_prob), <, 0x1p-20);
}

// All updates up to `now_ns`, one by one for the pseudocode: both see the same delay.
static void pair_update(Pair *pair, int64_t now_ns)
{
    while ((pair->n_updates + 1) * PIE_UPDATE_NS <= now_ns) {
        int64_t at_ns = ++pair->n_updates * PIE_UPDATE_NS, delay_ns;

        delay_ns = (int64_t)(fluid_at(&pair->fluid, pair->rate, (double)at_ns / NS_PER_S) /
                             pair->rate * NS_PER_S);
        rfc8033_calculate_drop_prob(&pair->rfc, (double)delay_ns / NS_PER_S);
        pie_advance(&pair->pie, &defaults, at_ns, delay_ns);
        pair_assert_same_state(pair);
    }
}

// A draw that a rounding cannot carry over the border.
static uint32_t pair_draw(Pair *pair)
{
    uint32_t draw = dice_throw(&pair->dice, UINT32_MAX);
    double border = pair->rfc.drop_prob * 0x1p32;

    if (fabs(draw - border) < 0x1p13)
        draw = border > 0x1p31 ? 0 : UINT32_MAX;
    return draw;
}

static void pair_arrive(Pair *pair, int64_t now_ns, uint32_t n_bytes)
{
    double queued, delay_ns;
    bool hit_by_rfc, hit;
    uint32_t draw;

    pair_update(pair, now_ns);
    draw = pair_draw(pair);
    queued = floor(fluid_at(&pair->fluid, pair->rate, (double)now_ns / NS_PER_S));
    delay_ns = floor(queued / pair->rate * NS_PER_S);
    hit_by_rfc = rfc8033_enque(&pair->rfc, queued, delay_ns / NS_PER_S, draw / 0x1p32);
    hit = pie_hits(&pair->pie, &defaults, (uint64_t)queued, (int64_t)delay_ns, draw);
    g_assert_cmpint(hit, ==, hit_by_rfc);
    pair->n_hits += hit;
    pair->n_passed += !hit;
    if (!hit)
        pair->fluid.bytes += n_bytes;
}

static void pair_run(Pair *pair)
{
    double now_s = 0;

    for (unsigned n = 0; n < G_N_ELEMENTS(phases); n++) {
        double end_s = now_s + phases[n].seconds;

        while (phases[n].load > 0 && now_s < end_s) {
            uint32_t n_bytes = phases[n].n_bytes;

            if (n_bytes == 0)
                n_bytes = 60 + dice_throw(&pair->dice, 1455);
            pair_arrive(pair, (int64_t)(now_s * NS_PER_S), n_bytes);
            now_s += n_bytes / (phases[n].load * pair->rate);
        }
        now_s = fmax(now_s, end_s);
    }
    pair_update(pair, (int64_t)(now_s * NS_PER_S));
}

static void test_decides_as_rfc_8033(void)
{
    static const double rates[] = {62500, 1250000, 125000000}; // 0.5, 10, 1000 Mbit/s

    for (unsigned n = 0; n < G_N_ELEMENTS(rates); n++) {
        Pair pair = {.rfc = rfc8033_new(), .rate = rates[n], .dice = dice_new(n + 1)};

        pie_init(&pair.pie, &defaults, 0);
        pair_run(&pair);
        g_assert_cmpuint(pair.n_hits, >, 50);
        g_assert_cmpuint(pair.n_passed, >, 1000);
    }
}

// Rounding as the RFC's table has its borders: p just below and at each, from the same change.
static void test_change_is_divided_by_the_table(void)
{
    static const struct {
        double probability, divisor;
    } cases[] = {{0, 2048},   {9.9e-7, 2048}, {1.1e-6, 512}, {9e-6, 512}, {1.1e-5, 128},
                 {9e-5, 128}, {1.1e-4, 32},   {9e-4, 32},    {1.1e-3, 8}, {9e-3, 8},
                 {1.1e-2, 2}, {0.099, 2},     {0.1001, 1},   {0.5, 1}};

    for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
        Pie pie;
        double change;

        pie_init(&pie, &defaults, 0);
        pie.probability = (uint64_t)(cases[n].probability * (double)PIE_ONE);
        pie.old_delay_ns = 23 * MS;
        pie_update(&pie, &defaults, 23 * MS); // 8 ms too long: 0.001 before the division
        change = (double)pie.probability / (double)PIE_ONE - cases[n].probability;
        g_assert_cmpfloat(fabs(change - 0.001 / cases[n].divisor), <, 1e-13);
    }
}

static void test_large_steps_are_bounded(void)
{
    Pie pie;

    pie_init(&pie, &defaults, 0);
    pie.probability = PIE_ONE / 2;
    pie_update(&pie, &defaults, 200 * MS);
    g_assert_cmpuint(pie.probability, ==, PIE_ONE / 2 + PIE_ONE / 50);
    pie_update(&pie, &defaults, 400 * MS); // above 250 ms as much again
    g_assert_cmpuint(pie.probability, ==, PIE_ONE / 2 + 3 * (PIE_ONE / 50));
    for (int n = 0; n < 100; n++)
        pie_update(&pie, &defaults, INT64_MAX);
    g_assert_cmpuint(pie.probability, ==, PIE_ONE);
    pie_update(&pie, &defaults, 0); // from a delay without bound: not below 0
    g_assert_cmpuint(pie.probability, ==, 0);
}

// What passes unmarked at the highest probability, in the order of the rules.
static void test_what_protects_a_packet(void)
{
    Pie pie;

    pie_init(&pie, &defaults, 0);
    pie.probability = PIE_ONE;
    pie.old_delay_ns = 20 * MS;
    g_assert_false(pie_hits(&pie, &defaults, 100000, 20 * MS, 0)); // a burst
    pie.burst_ns = 0;
    g_assert_false(pie_hits(&pie, &defaults, 2 * 1514, 20 * MS, 0)); // two packets
    g_assert_true(pie_hits(&pie, &defaults, 2 * 1514 + 1, 20 * MS, UINT32_MAX));
    pie.old_delay_ns = 7 * MS;
    g_assert_true(pie_hits(&pie, &defaults, 100000, 20 * MS, 0));
    pie.probability = PIE_ONE / 5 - 1; // a short delay
    pie.accumulated = PIE_ONE;
    g_assert_false(pie_hits(&pie, &defaults, 100000, 20 * MS, 0));
    pie.old_delay_ns = 8 * MS;
    g_assert_true(pie_hits(&pie, &defaults, 100000, 20 * MS, 0));
}

// Section 5.4: at least 0.85 / p packets lie between two hits, at most 8.5 / p.
static void test_hits_are_spread(void)
{
    Pie pie;
    Dice dice = dice_new(1);
    unsigned since = 0, n_hits = 0;

    pie_init(&pie, &defaults, 0);
    pie.probability = PIE_ONE / 100;
    pie.old_delay_ns = 20 * MS;
    pie.burst_ns = 0;
    for (int n = 0; n < 200000; n++) {
        since++;
        if (!pie_hits(&pie, &defaults, 100000, 20 * MS, dice_throw(&dice, UINT32_MAX)))
            continue;
        g_assert_cmpuint(since, >=, 85);
        g_assert_cmpuint(since, <=, 851);
        since = 0;
        n_hits++;
    }
    // The gap is 84 packets and a geometric number of mean 100: 200000 / 184, within 4 deviations
    // of a count whose gaps deviate by 100, 4 x 100 / 184 x sqrt(1087).
    g_assert_cmpuint(n_hits, >, 1087 - 72);
    g_assert_cmpuint(n_hits, <, 1087 + 72);
    pie.accumulated = PIE_ONE / 2 * 17 - pie.probability;
    g_assert_true(pie_hits(&pie, &defaults, 100000, 20 * MS, UINT32_MAX));
    g_assert_false(pie_hits(&pie, &defaults, 100000, 20 * MS, 0));
}

static void test_catching_up_equals_every_update(void)
{
    for (int64_t idle_ms = 1; idle_ms < 100000; idle_ms = idle_ms * 3 + 7) {
        Pie each, once;
        int64_t n_updates = idle_ms * MS / PIE_UPDATE_NS;

        pie_init(&each, &defaults, 0);
        each.probability = PIE_ONE / 3;
        each.old_delay_ns = 30 * MS;
        once = each;
        for (int64_t n = 0; n < n_updates; n++)
            pie_update(&each, &defaults, 0);
        pie_advance(&once, &defaults, idle_ms * MS, 0);
        g_assert_cmpuint(once.probability, ==, each.probability);
        g_assert_cmpint(once.burst_ns, ==, each.burst_ns);
        g_assert_cmpint(once.old_delay_ns, ==, each.old_delay_ns);
        g_assert_cmpint(once.due_ns, ==, (n_updates + 1) * PIE_UPDATE_NS);
    }
}

// A year without a packet costs no more than the way to rest.
static void test_long_rest_is_short(void)
{
    Pie pie;

    pie_init(&pie, &defaults, 0);
    pie.probability = PIE_ONE;
    pie_advance(&pie, &defaults, INT64_C(31536000) * 1000 * MS, 0);
    g_assert_cmpuint(pie.probability, ==, 0);
    g_assert_cmpint(pie.burst_ns, ==, 0);
    g_assert_cmpint(pie.due_ns, ==,
                    (INT64_C(31536000) * 1000 * MS / PIE_UPDATE_NS + 1) * PIE_UPDATE_NS);
    g_assert_false(pie_hits(&pie, &defaults, 100000, 0, 0));
    g_assert_cmpint(pie.burst_ns, ==, PIE_BURST_NS);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/pie/decides-as-rfc-8033", test_decides_as_rfc_8033);
    g_test_add_func("/links/pie/change-is-divided-by-the-table",
                    test_change_is_divided_by_the_table);
    g_test_add_func("/links/pie/large-steps-are-bounded", test_large_steps_are_bounded);
    g_test_add_func("/links/pie/what-protects-a-packet", test_what_protects_a_packet);
    g_test_add_func("/links/pie/hits-are-spread", test_hits_are_spread);
    g_test_add_func("/links/pie/catching-up-equals-every-update",
                    test_catching_up_equals_every_update);
    g_test_add_func("/links/pie/long-rest-is-short", test_long_rest_is_short);
    return g_test_run();
}
