// SPDX-License-Identifier: Apache-2.0
// LossChain: the state at a number is a function of the number, whatever was asked for before, and
// a run of them is distributed as the model says.
#include "links/loss/loss_chain.h"

#include <glib.h>
#include <math.h>
#include <stdbool.h>

#include "links/loss/loss_goals.h"
#include "tests/support/dice.h"

#define SHARE(x) ((Probability)((x) * (double)RANDOM_ALWAYS + 0.5))

static const LossFourState four = {.p13 = 0.1, .p31 = 0.4, .p32 = 0.2, .p23 = 0.5, .p14 = 0.05};

static RandomKey chain_key(void)
{
    return random_key(7, "atlantic", 0, "loss");
}

static LossModel two_states(double p, double r)
{
    return loss_model_gilbert_elliott(SHARE(p), SHARE(r), RANDOM_ALWAYS, 0);
}

// "1" to "4" for the states of `n_numbers` numbers from `number` on.
static char *chain_text(LossChain *chain, uint64_t number, unsigned n_numbers)
{
    const RandomKey key = chain_key();
    char *text = g_new0(char, n_numbers + 1);

    for (unsigned n = 0; n < n_numbers; n++)
        text[n] = (char)('1' + loss_chain_state(chain, key, number + n));
    return text;
}

// Computed apart from this program from the definition in loss_chain.h, with Philox4x32-10 keyed by
// the start of SHA-256("7\natlantic\n0\nloss"): which frames meet the bad state, and which state.
static void test_states_are_fixed_by_the_key(void)
{
    static const char *const four_states =
        "111111414111111111111132332223111141411411113111111111111111111111111111111111111111"
        "111111411111111111111111111113111111111111111111111132311111322311111131111111111111"
        "11111333322222233333113141141131";
    static const uint64_t bad[] = {22,  23,  24,  25,  26,  27,  44,  113, 136, 137, 138, 144,
                                   145, 147, 154, 173, 174, 175, 176, 177, 186, 187, 190, 198};
    LossModel model = two_states(0.1, 0.4);
    LossChain chain;
    g_autofree char *text = NULL;

    loss_chain_init(&chain, &model);
    for (uint64_t number = 0, n = 0; number < 200; number++) {
        bool is_bad = n < G_N_ELEMENTS(bad) && bad[n] == number;

        g_assert_cmpuint(loss_chain_state(&chain, chain_key(), number), ==, is_bad);
        n += is_bad;
    }
    model = loss_model_four_state(&four);
    loss_chain_init(&chain, &model);
    text = chain_text(&chain, 0, 200);
    g_assert_cmpstr(text, ==, four_states);
}

// A number that no run from the start would reach: the draws in front of it decide.
static void test_far_number_is_found_at_once(void)
{
    static const char *const states = "2111111111111111122222111111111111122122";
    const uint64_t far = UINT64_C(1000000000000);
    LossModel model = two_states(0.1, 0.4);
    LossChain chain;
    g_autofree char *first = NULL, *later = NULL, *before = NULL;

    loss_chain_init(&chain, &model);
    first = chain_text(&chain, far, 40);
    g_assert_cmpstr(first, ==, states);
    loss_chain_state(&chain, chain_key(), far / 2);
    loss_chain_state(&chain, chain_key(), far * 2);
    before = chain_text(&chain, far, 40);
    g_assert_cmpstr(before, ==, states);
    loss_chain_init(&chain, &model);
    loss_chain_state(&chain, chain_key(), 5);
    later = chain_text(&chain, far, 40);
    g_assert_cmpstr(later, ==, states);
}

static void test_order_of_asking_does_not_matter(void)
{
    enum { N_NUMBERS = 30000 };
    const LossFourState slow = {.p13 = 2e-4, .p31 = 1e-3, .p32 = 0.1, .p23 = 0.2, .p14 = 0.01};
    const LossModel models[] = {two_states(0.01, 0.2),
                                two_states(1e-4, 2e-4),
                                two_states(1, 1),
                                two_states(0, 0),
                                two_states(1, 0),
                                two_states(0.9, 0.9),
                                loss_model_four_state(&four),
                                loss_model_four_state(&slow)};

    for (unsigned m = 0; m < G_N_ELEMENTS(models); m++) {
        const RandomKey key = chain_key();
        g_autofree char *expected = NULL;
        LossChain chain;
        Dice dice = dice_new(m);

        loss_chain_init(&chain, &models[m]);
        expected = chain_text(&chain, 0, N_NUMBERS);
        loss_chain_init(&chain, &models[m]);
        // Mostly onwards, by leaps; at times a little or far back.
        for (uint64_t n = 0, number = 0; n < 500; n++) {
            uint32_t face = dice_throw(&dice, 100);

            if (face < 80)
                number += dice_throw(&dice, 20);
            else if (face < 95)
                number -= MIN(number, dice_throw(&dice, 500));
            else
                number += dice_throw(&dice, 9000);
            number %= N_NUMBERS;
            g_assert_cmpuint(loss_chain_state(&chain, key, number), ==,
                             (unsigned)(expected[number] - '1'));
        }
    }
}

// Two states in turn never come together: the parity has to survive any leap.
static void test_alternation_survives_leaps(void)
{
    LossModel model = two_states(1, 1);
    LossChain chain;

    loss_chain_init(&chain, &model);
    g_assert_cmpuint(loss_chain_state(&chain, chain_key(), 12345678901), ==, 1);
    g_assert_cmpuint(loss_chain_state(&chain, chain_key(), 12345678900), ==, 0);
    loss_chain_init(&chain, &model);
    g_assert_cmpuint(loss_chain_state(&chain, chain_key(), 12345678900), ==, 0);
    g_assert_cmpuint(loss_chain_state(&chain, chain_key(), 12345678901), ==, 1);
}

static void test_change_goes_on_from_the_state(void)
{
    LossModel still = two_states(0, 0), to_bad = two_states(1, 0);
    LossModel more = loss_model_four_state(&(LossFourState){.p31 = 1});
    LossChain chain;

    loss_chain_init(&chain, &to_bad);
    g_assert_cmpuint(loss_chain_state(&chain, chain_key(), 10), ==, 1);
    loss_chain_change(&chain, &still);
    g_assert_cmpuint(loss_chain_state(&chain, chain_key(), 11), ==, 1);
    g_assert_cmpuint(loss_chain_state(&chain, chain_key(), 1000000), ==, 1);
    loss_chain_change(&chain, &more); // state 2 is left with p23, which is 0
    g_assert_cmpuint(loss_chain_state(&chain, chain_key(), 1000001), ==, 1);
    loss_chain_init(&chain, &to_bad);
    loss_chain_change(&chain, &still); // nothing was asked for yet
    g_assert_cmpuint(loss_chain_state(&chain, chain_key(), 5), ==, 0);
}

typedef struct {
    double n, sum, sum_of_squares;
} Moments;

static void moments_add(Moments *moments, double value)
{
    moments->n++;
    moments->sum += value;
    moments->sum_of_squares += value * value;
}

// Fails unless the mean is within the 99.9 % interval around `mean`, given what the theory says of
// the deviation of one value: the mean of n independent ones deviates 1 / sqrt(n) of that,
// and 3.2905 such deviations hold 99.9 % of a normal distribution.
static void moments_assert(const Moments *moments, double mean, double variance)
{
    g_assert_cmpfloat(fabs(moments->sum / moments->n - mean), <=,
                      3.2905 * sqrt(variance / moments->n) + 1e-12);
}

// Sojourns of a two-state chain are geometric: mean 1 / q and variance (1 - q) / q^2, with q the
// probability to leave. The share of numbers in the bad state has mean m = p / (p + r), and the
// variance of the sum of n is n m (1 - m) (1 + l) / (1 - l), l = 1 - p - r being the correlation of
// neighbours.
static void test_two_states_are_as_often_and_as_long_as_asked(void)
{
    enum { N_NUMBERS = 1000000 };
    const RandomKey key = chain_key();
    static const struct {
        double p, r;
    } cases[] = {{0.05, 0.25}, {0.0025, 0.25}, {0.3, 0.7}, {0.5, 0.9}, {1, 0.5}, {0.001, 0.01}};

    for (unsigned c = 0; c < G_N_ELEMENTS(cases); c++) {
        const double p = cases[c].p, r = cases[c].r, mean = p / (p + r), l = 1 - p - r;
        LossModel model = two_states(p, r);
        Moments all = {0}, sojourn[2] = {{0}};
        unsigned state = 0, length = 0;
        LossChain chain;

        loss_chain_init(&chain, &model);
        for (uint64_t number = 0; number < N_NUMBERS; number++) {
            unsigned now = loss_chain_state(&chain, key, number);

            moments_add(&all, now);
            if (now != state) {
                moments_add(&sojourn[state], length);
                length = 0;
            }
            state = now;
            length++;
        }
        moments_assert(&all, mean, mean * (1 - mean) * (1 + l) / (1 - l));
        moments_assert(&sojourn[0], 1 / p, (1 - p) / (p * p));
        moments_assert(&sojourn[1], 1 / r, (1 - r) / (r * r));
    }
}

// The observables of the published example (rate 5 %, bursts of 8 with 60 % lost and 4 received in
// a row, 1 % isolated), counted from the states. A burst is a stay in states 2 and 3, which begins
// and ends with a loss. With N the fundamental matrix (I - Q)^-1 of those two states, its mean is
// t = N 1 and its variance (2 N - I) t - t^2, both for a start in state 3 (J. G. Kemeny, J. L.
// Snell: "Finite Markov Chains", 1960). Shares are ratios of sums over independent cycles (from one
// stay in state 1 to the next; bursts): (losses - share x length) of a cycle has mean 0, and the
// sum of its squares over the length of all cycles is the variance a frame.
static void test_four_states_meet_the_published_goals(void)
{
    enum { N_NUMBERS = 1000000 };
    const LossGoals goals = {
        .rate = 0.05, .mean_burst = 8, .density = 0.6, .mean_gap = 4, .isolated = 0.01};
    const RandomKey key = chain_key();
    LossFourState p;
    LossModel model;
    LossChain chain;
    Moments all = {0}, bursts = {0}, gaps = {0}, within = {0}, outside = {0};
    double length = 0, losses = 0, burst_squares = 0, run = 0, cycle_length = 0, cycle_losses = 0,
           cycle_squares = 0;

    g_assert_true(loss_goals_solve(&goals, &p, NULL));
    model = loss_model_four_state(&p);
    loss_chain_init(&chain, &model);
    for (uint64_t number = 0; number < N_NUMBERS; number++) {
        unsigned state = 1 + loss_chain_state(&chain, key, number);
        bool is_lost = state >= 3, is_burst = state == 2 || state == 3;

        moments_add(&all, is_lost);
        moments_add(is_burst ? &within : &outside, is_lost);
        if (state == 1 && length > 0) {
            moments_add(&bursts, length);
            burst_squares += pow(losses - goals.density * length, 2);
            length = losses = 0;
        }
        length += is_burst;
        losses += state == 3;
        if (state != 2 && run > 0) {
            moments_add(&gaps, run);
            run = 0;
        }
        run += state == 2;
        if (state == 1) {
            cycle_squares += pow(cycle_losses - goals.rate * cycle_length, 2);
            cycle_length = cycle_losses = 0;
        }
        cycle_length++;
        cycle_losses += is_lost;
    }
    {
        const double q22 = 1 - p.p23, q33 = 1 - p.p31 - p.p32;
        const double determinant = (1 - q22) * (1 - q33) - p.p23 * p.p32;
        const double n33 = (1 - q22) / determinant, n32 = p.p32 / determinant;
        const double t2 = (p.p23 + 1 - q33) / determinant, t3 = n33 + n32;

        g_assert_cmpfloat(fabs(t3 - goals.mean_burst), <, 1e-9);
        moments_assert(&bursts, t3, 2 * (n33 * t3 + n32 * t2) - t3 - t3 * t3);
    }
    moments_assert(&all, goals.rate, cycle_squares / N_NUMBERS);
    moments_assert(&gaps, goals.mean_gap, (1 - p.p23) / (p.p23 * p.p23));
    // Isolated losses are kept apart by a frame received: independent ones would spread wider.
    moments_assert(&outside, goals.isolated, goals.isolated * (1 - goals.isolated));
    moments_assert(&within, goals.density, burst_squares / within.n);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/loss-chain/states-are-fixed-by-the-key",
                    test_states_are_fixed_by_the_key);
    g_test_add_func("/links/loss-chain/far-number-is-found-at-once",
                    test_far_number_is_found_at_once);
    g_test_add_func("/links/loss-chain/order-of-asking-does-not-matter",
                    test_order_of_asking_does_not_matter);
    g_test_add_func("/links/loss-chain/alternation-survives-leaps",
                    test_alternation_survives_leaps);
    g_test_add_func("/links/loss-chain/change-goes-on-from-the-state",
                    test_change_goes_on_from_the_state);
    g_test_add_func("/links/loss-chain/two-states-are-as-often-and-as-long-as-asked",
                    test_two_states_are_as_often_and_as_long_as_asked);
    g_test_add_func("/links/loss-chain/four-states-meet-the-published-goals",
                    test_four_states_meet_the_published_goals);
    return g_test_run();
}
