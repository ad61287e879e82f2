// SPDX-License-Identifier: Apache-2.0
// RED steps beside the algorithm of Floyd and Jacobson (1993, figure 2) with Adaptive RED (2001,
// figures 1 and 2), written down here in double precision: on the same arrivals both must decide
// alike, packet by packet.
#include "links/queue/red.h"

#include <glib.h>
#include <math.h>

#include "tests/support/dice.h"

#define MS INT64_C(1000000)
#define NS_PER_S 1e9

typedef struct {
    double minth, maxth, wq, s;
    bool gentle, adaptive;
    double avg, maxp, q_time;
    int count;
    double next_adapt;
} Floyd;

static void floyd_adapt(Floyd *red, double now)
{
    while (red->adaptive && red->next_adapt <= now) {
        double low = red->minth + 0.4 * (red->maxth - red->minth);
        double high = red->minth + 0.6 * (red->maxth - red->minth);

        red->next_adapt += 0.5;
        if (red->avg > high && red->maxp <= 0.5)
            red->maxp += fmin(0.01, red->maxp / 4);
        else if (red->avg < low && red->maxp >= 0.01)
            red->maxp *= 0.9;
    }
}

// p_b once the average has been brought up to date: 0 below min, 1 where every packet is hit.
static double floyd_pb(const Floyd *red)
{
    if (red->avg < red->minth)
        return 0;
    if (red->avg < red->maxth)
        return red->maxp * (red->avg - red->minth) / (red->maxth - red->minth);
    if (red->gentle && red->avg < 2 * red->maxth)
        return red->maxp + (1 - red->maxp) * (red->avg - red->maxth) / red->maxth;
    return 1;
}

static void floyd_average(Floyd *red, double now, double q)
{
    floyd_adapt(red, now);
    if (q > 0) {
        red->avg = (1 - red->wq) * red->avg + red->wq * q;
    } else {
        double m = floor((now - red->q_time) / red->s + 1e-9);

        red->avg *= pow(1 - red->wq, m);
        red->q_time += m * red->s;
    }
}

static double floyd_pa(const Floyd *red)
{
    double pb = floyd_pb(red), spread = 1 - (red->count + 1) * pb;

    return spread <= pb ? 1 : pb / spread;
}

static RedFate floyd_decide(Floyd *red, double u)
{
    if (red->avg < red->minth) {
        red->count = -1;
        return RED_PASS;
    }
    if (red->avg >= red->maxth * (red->gentle ? 2 : 1)) {
        red->count = 0;
        return RED_FORCED;
    }
    if (u >= floyd_pa(red)) {
        red->count++;
        return RED_PASS;
    }
    red->count = 0;
    return RED_EARLY;
}

typedef struct {
    Floyd floyd;
    Red red;
    RedParams params;
    GQueue lengths; // of packets that wait, in bytes
    uint64_t n_bytes;
    int64_t free_ns; // when the packet under way has been sent
    double ns_per_byte;
    unsigned n_fates[3];
    Dice dice;
} Pair;

static void pair_serve(Pair *pair, int64_t now_ns)
{
    while (!g_queue_is_empty(&pair->lengths) && pair->free_ns <= now_ns) {
        unsigned n_bytes = GPOINTER_TO_UINT(g_queue_pop_head(&pair->lengths));

        pair->n_bytes -= n_bytes;
        if (g_queue_is_empty(&pair->lengths)) {
            red_emptied(&pair->red, pair->free_ns);
            pair->floyd.q_time = (double)pair->free_ns / NS_PER_S;
        }
        pair->free_ns += (int64_t)(n_bytes * pair->ns_per_byte);
    }
}

static void pair_arrive(Pair *pair, int64_t now_ns, uint32_t n_bytes)
{
    uint32_t draw = dice_throw(&pair->dice, UINT32_MAX);
    double border;
    RedFate fate;

    pair_serve(pair, now_ns);
    floyd_average(&pair->floyd, (double)now_ns / NS_PER_S, (double)pair->n_bytes);
    border = floyd_pa(&pair->floyd) * 0x1p32;
    if (fabs(draw - border) < 0x1p14)
        draw = border > 0x1p31 ? 0 : UINT32_MAX;
    fate = red_arrive(&pair->red, &pair->params, now_ns, pair->n_bytes, draw);
    g_assert_cmpfloat(fabs((double)pair->red.average / 0x1p24 - pair->floyd.avg), <, 0.01);
    g_assert_cmpfloat(fabs((double)pair->red.max_probability / 0x1p32 - pair->floyd.maxp), <,
                      0x1p-20);
    g_assert_cmpint(fate, ==, floyd_decide(&pair->floyd, draw / 0x1p32));
    pair->n_fates[fate]++;
    if (fate != RED_PASS || pair->n_bytes > 2000000)
        return;
    if (pair->free_ns <= now_ns) { // an idle wire takes it at once
        pair->free_ns = now_ns + (int64_t)(n_bytes * pair->ns_per_byte);
        return;
    }
    g_queue_push_tail(&pair->lengths, GUINT_TO_POINTER(n_bytes));
    pair->n_bytes += n_bytes;
}

static const struct {
    double seconds, load;
} phases[] = {{2, 0.7}, {10, 1.2}, {3, 0}, {5, 4}, {8, 0.95}, {0.5, 30}, {20, 0}, {6, 1.02}};

static void pair_run(Pair *pair, double rate)
{
    double now_s = 0.1;

    for (unsigned n = 0; n < G_N_ELEMENTS(phases); n++) {
        double end_s = now_s + phases[n].seconds;

        while (phases[n].load > 0 && now_s < end_s) {
            uint32_t n_bytes = 60 + dice_throw(&pair->dice, 1455);

            pair_arrive(pair, (int64_t)(now_s * NS_PER_S), n_bytes);
            now_s += n_bytes / (phases[n].load * rate);
        }
        now_s = end_s;
    }
}

static void assert_decides_alike(bool is_gentle, bool is_adaptive, double weight, double maxp)
{
    const double rate = 1250000; // 10 Mbit/s
    Pair pair = {
        .params = {.min = 6250,
                   .max = 18750,
                   .weight = (uint64_t)(weight * 0x1p32),
                   .max_probability = (uint64_t)(maxp * 0x1p32),
                   .packet_ns = 800000,
                   .is_gentle = is_gentle,
                   .is_adaptive = is_adaptive},
        .ns_per_byte = NS_PER_S / rate,
        .dice = dice_new(3),
    };

    pair.floyd = (Floyd){.minth = 6250,
                         .maxth = 18750,
                         .wq = (double)pair.params.weight / 0x1p32,
                         .s = 0.0008,
                         .gentle = is_gentle,
                         .adaptive = is_adaptive,
                         .maxp = (double)pair.params.max_probability / 0x1p32,
                         .count = -1,
                         .next_adapt = 0.5};
    g_queue_init(&pair.lengths);
    red_init(&pair.red, &pair.params, 0);
    pair_run(&pair, rate);
    g_queue_clear(&pair.lengths);
    g_assert_cmpuint(pair.n_fates[RED_PASS], >, 10000);
    g_assert_cmpuint(pair.n_fates[RED_EARLY], >, 500);
    if (!is_gentle)
        g_assert_cmpuint(pair.n_fates[RED_FORCED], >, 100);
}

static void test_decides_as_floyd_and_jacobson(void)
{
    assert_decides_alike(false, false, 0.002, 0.1);
    assert_decides_alike(false, false, 0.05, 0.02);
}

static void test_gentle_decides_alike(void)
{
    assert_decides_alike(true, false, 0.002, 0.1);
    assert_decides_alike(true, false, 0.02, 0.5);
}

static void test_adaptive_decides_alike(void)
{
    assert_decides_alike(false, true, 0.002, 0.1);
    assert_decides_alike(true, true, 0.01, 0.02);
}

// The first packet above min is number 0, so at p_b = 1/4 the fourth at the latest is hit; then the
// third each time (section 4: p_a = p_b / (1 - count p_b)).
static void test_hits_are_spread(void)
{
    RedParams params = {.min = 1000,
                        .max = 3000,
                        .weight = RANDOM_ALWAYS,
                        .max_probability = RANDOM_ALWAYS / 2,
                        .packet_ns = 1};
    Red red;

    red_init(&red, &params, 0);
    for (int n = 0; n < 3; n++)
        g_assert_cmpint(red_arrive(&red, &params, 0, 2000, UINT32_MAX), ==, RED_PASS);
    g_assert_cmpint(red_arrive(&red, &params, 0, 2000, UINT32_MAX), ==, RED_EARLY);
    for (int n = 0; n < 2; n++)
        g_assert_cmpint(red_arrive(&red, &params, 0, 2000, UINT32_MAX), ==, RED_PASS);
    g_assert_cmpint(red_arrive(&red, &params, 0, 2000, UINT32_MAX), ==, RED_EARLY);
    // p_a of the next three: 1/3, 1/2, 1.
    g_assert_cmpint(red_arrive(&red, &params, 0, 2000, UINT32_MAX / 3 + 1), ==, RED_PASS);
    g_assert_cmpint(red_arrive(&red, &params, 0, 2000, UINT32_MAX / 2), ==, RED_EARLY);
}

static void test_borders(void)
{
    RedParams params = {.min = 1000,
                        .max = 3000,
                        .weight = RANDOM_ALWAYS, // the average is the length
                        .max_probability = RANDOM_ALWAYS,
                        .packet_ns = 1};
    Red red;

    red_init(&red, &params, 0);
    g_assert_cmpint(red_arrive(&red, &params, 0, 999, 0), ==, RED_PASS);
    g_assert_cmpint(red_arrive(&red, &params, 0, 1000, 0), ==, RED_PASS); // p_b is 0 at min
    g_assert_cmpint(red_arrive(&red, &params, 0, 1001, 0), ==, RED_EARLY);
    g_assert_cmpint(red_arrive(&red, &params, 0, 2999, UINT32_MAX), ==, RED_EARLY);
    g_assert_cmpint(red_arrive(&red, &params, 0, 3000, UINT32_MAX), ==, RED_FORCED);
    params.is_gentle = true;
    g_assert_cmpint(red_arrive(&red, &params, 0, 3000, UINT32_MAX), ==, RED_EARLY);
    g_assert_cmpint(red_arrive(&red, &params, 0, 5999, UINT32_MAX), ==, RED_EARLY);
    g_assert_cmpint(red_arrive(&red, &params, 0, 6000, 0), ==, RED_FORCED);
    params.max_probability = 0;
    red_apply(&red, &(RedParams){.max_probability = params.max_probability}, &params);
    for (int n = 0; n < 1000; n++)
        g_assert_cmpint(red_arrive(&red, &params, 0, 2999, 0), ==, RED_PASS);
}

static void test_idle_time_brings_the_average_down(void)
{
    RedParams params = {
        .min = 1 << 20, .max = 1 << 22, .weight = RANDOM_ALWAYS / 1000, .packet_ns = 1000};
    static const int64_t packets[] = {0, 1, 2, 1000, 123456, INT64_C(1) << 40};

    for (unsigned n = 0; n < G_N_ELEMENTS(packets); n++) {
        Red red;
        double expected;

        red_init(&red, &params, 0);
        red.average = UINT64_C(1000000) << 24;
        expected = 1e6 * pow(1 - (double)params.weight / 0x1p32, (double)packets[n]);
        red_emptied(&red, 5000);
        red_arrive(&red, &params, 5000 + packets[n] * 1000 + 999, 0, 0);
        g_assert_cmpfloat(fabs((double)red.average / 0x1p24 - expected), <, 0.001);
        // What is left over of a packet's time counts next time.
        red_arrive(&red, &params, 5000 + packets[n] * 1000 + 1000, 0, 0);
        expected *= 1 - (double)params.weight / 0x1p32;
        g_assert_cmpfloat(fabs((double)red.average / 0x1p24 - expected), <, 0.001);
    }
}

// A long silence makes up for any number of half seconds at once.
static void test_adapting_ends(void)
{
    RedParams params = {.min = 1000,
                        .max = 3000,
                        .weight = RANDOM_ALWAYS,
                        .max_probability = RANDOM_ALWAYS / 10,
                        .packet_ns = 1,
                        .is_adaptive = true};
    Red red;

    red_init(&red, &params, 0);
    red_arrive(&red, &params, 0, 2900, 0);
    red_arrive(&red, &params, INT64_C(31536000) * 1000 * MS, 1100, 0); // a year at 2900
    g_assert_cmpuint(red.max_probability, >, RANDOM_ALWAYS / 2);
    g_assert_cmpuint(red.max_probability, <, RANDOM_ALWAYS / 100 * 52);
    red_arrive(&red, &params, INT64_C(63072000) * 1000 * MS, 2000, 0); // one at 1100
    g_assert_cmpuint(red.max_probability, <, RANDOM_ALWAYS / 100);
    g_assert_cmpuint(red.max_probability, >, RANDOM_ALWAYS / 1000 * 8);
}

// A change of something else does not begin again from where max_p started.
static void test_what_is_adapted_stays(void)
{
    const RedParams params = {.min = 1000,
                              .max = 3000,
                              .weight = RANDOM_ALWAYS,
                              .max_probability = RANDOM_ALWAYS / 10,
                              .packet_ns = 1,
                              .is_adaptive = true};
    RedParams fixed = params;
    Red red;
    uint64_t adapted;

    red_init(&red, &params, 0);
    red_arrive(&red, &params, 0, 2900, 0);
    red_arrive(&red, &params, 3000 * MS, 2900, 0);
    adapted = red.max_probability;
    g_assert_cmpuint(adapted, >, params.max_probability);
    red_apply(&red, &params, &params);
    g_assert_cmpuint(red.max_probability, ==, adapted);
    fixed.is_adaptive = false;
    red_apply(&red, &params, &fixed);
    g_assert_cmpuint(red.max_probability, ==, fixed.max_probability);
}

static void test_weight_follows_the_rate(void)
{
    g_assert_cmpuint(red_weight(1000), ==, 4292820); // 1 - exp(-0.001), in 2^-32
    g_assert_cmpuint(red_weight(1e-9), ==, RANDOM_ALWAYS);
    g_assert_cmpuint(red_weight(1e30), ==, 1);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/red/decides-as-floyd-and-jacobson", test_decides_as_floyd_and_jacobson);
    g_test_add_func("/links/red/gentle-decides-alike", test_gentle_decides_alike);
    g_test_add_func("/links/red/what-is-adapted-stays", test_what_is_adapted_stays);
    g_test_add_func("/links/red/adaptive-decides-alike", test_adaptive_decides_alike);
    g_test_add_func("/links/red/hits-are-spread", test_hits_are_spread);
    g_test_add_func("/links/red/borders", test_borders);
    g_test_add_func("/links/red/idle-time-brings-the-average-down",
                    test_idle_time_brings_the_average_down);
    g_test_add_func("/links/red/adapting-ends", test_adapting_ends);
    g_test_add_func("/links/red/weight-follows-the-rate", test_weight_follows_the_rate);
    return g_test_run();
}
