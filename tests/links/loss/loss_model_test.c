// SPDX-License-Identifier: Apache-2.0
// LossModel and LossGoals: thresholds, long-run means, and the inverse formulas with their bounds.
#include "links/loss/loss_model.h"

#include <glib.h>
#include <math.h>

#include "links/loss/loss_goals.h"

#define SHARE(x) ((Probability)((x) * (double)RANDOM_ALWAYS + 0.5))

static void assert_share(Probability probability, double share)
{
    g_assert_cmpfloat(fabs((double)probability / (double)RANDOM_ALWAYS - share), <, 2e-9);
}

static double gilbert_elliott_mean(double p, double r, double loss_bad, double loss_good)
{
    LossModel model =
        loss_model_gilbert_elliott(SHARE(p), SHARE(r), SHARE(loss_bad), SHARE(loss_good));

    return (double)loss_model_mean(&model) / (double)RANDOM_ALWAYS;
}

// (1-k) r / (p + r) + (1-h) p / (p + r), and what that is not defined for.
static void test_mean_of_gilbert_elliott(void)
{
    g_assert_cmpfloat(fabs(gilbert_elliott_mean(0.01, 0.09, 1, 0) - 0.1), <, 1e-8);
    g_assert_cmpfloat(fabs(gilbert_elliott_mean(0.3, 0.2, 0.5, 0.1) - 0.34), <, 1e-8);
    g_assert_cmpfloat(fabs(gilbert_elliott_mean(1e-6, 3e-6, 1, 0) - 0.25), <, 1e-3);
    g_assert_cmpfloat(gilbert_elliott_mean(1, 1, 1, 0), ==, 0.5);
    g_assert_cmpfloat(gilbert_elliott_mean(0, 0, 1, 0), ==, 0);
    g_assert_cmpfloat(gilbert_elliott_mean(0, 1, 1, 0.25), ==, 0.25);
    g_assert_cmpfloat(fabs(gilbert_elliott_mean(0.001, 0, 1, 0) - 1), <, 1e-9);
}

static void test_gilbert_by_rate_and_burst(void)
{
    LossModel model = loss_model_gilbert(SHARE(0.05), 4);

    assert_share(model.exits[0].low, 0.05 / (4 * 0.95)); // p = rate / (burst (1 - rate))
    assert_share(model.exits[1].low, 0.75);              // 1 - r
    assert_share(loss_model_mean(&model), 0.05);
    model = loss_model_gilbert(0, 4);
    g_assert_cmpuint(loss_model_mean(&model), ==, 0);
    model = loss_model_gilbert(RANDOM_ALWAYS, 4);
    g_assert_cmpuint(loss_model_mean(&model), ==, RANDOM_ALWAYS);
    g_assert_cmpuint(model.loss[0], ==, RANDOM_ALWAYS); // from the first frame on
    model = loss_model_gilbert(SHARE(0.8), 4);          // the most that bursts of 4 can be
    g_assert_cmpfloat(loss_model_gilbert_max_rate(4), ==, 0.8);
    assert_share(model.exits[0].low, 1);
    assert_share(loss_model_mean(&model), 0.8);
    model = loss_model_gilbert(SHARE(0.9), 4); // bursts are of 9 then
    assert_share(model.exits[1].low, 8 / 9.0);
    assert_share(loss_model_mean(&model), 0.9);
}

static const LossGoals published = {
    .rate = 0.05, .mean_burst = 8, .density = 0.6, .mean_gap = 4, .isolated = 0.01};

// Worked out by hand from the formulas of the paper.
static void test_goals_give_the_published_probabilities(void)
{
    LossFourState p;
    LossModel model;
    GError *error = NULL;

    loss_goals_solve(&published, &p, &error);
    g_assert_no_error(error);
    g_assert_cmpfloat(fabs(p.p31 - 1 / 4.8), <, 1e-12);
    g_assert_cmpfloat(fabs(p.p32 - 0.4 / 2.4), <, 1e-12);
    g_assert_cmpfloat(fabs(p.p23 - 0.25), <, 1e-12);
    g_assert_cmpfloat(fabs(p.p14 - 1 / 99.0), <, 1e-12);
    g_assert_cmpfloat(fabs(p.p13 - 0.04 / (8 * 0.99 * 0.55)), <, 1e-12);
    model = loss_model_four_state(&p);
    assert_share(loss_model_mean(&model), 0.05);
}

// P_loss of the paper: (p13 p23 + p14 p23 p31) / (p13 p23 + p23 p31 + p14 p23 p31 + p13 p32).
static void test_mean_of_four_states(void)
{
    const LossFourState p = {.p13 = 0.1, .p31 = 0.4, .p32 = 0.2, .p23 = 0.5, .p14 = 0.05};
    LossModel model = loss_model_four_state(&p);

    assert_share(loss_model_mean(&model),
                 (0.1 * 0.5 + 0.05 * 0.5 * 0.4) /
                     (0.1 * 0.5 + 0.5 * 0.4 + 0.05 * 0.5 * 0.4 + 0.1 * 0.2));
    model = loss_model_four_state(&(LossFourState){.p14 = 1});
    g_assert_cmpuint(loss_model_mean(&model), ==, RANDOM_ALWAYS / 2);
    model = loss_model_four_state(&(LossFourState){.p13 = 1});
    g_assert_cmpuint(loss_model_mean(&model), ==, RANDOM_ALWAYS);
}

// Full density and nothing isolated is the simple Gilbert model.
static void test_dense_goals_are_gilbert(void)
{
    const LossGoals goals = {.rate = 0.05, .mean_burst = 4, .density = 1, .mean_gap = 1};
    LossModel gilbert = loss_model_gilbert(SHARE(0.05), 4), model;
    LossFourState p;

    g_assert_true(loss_goals_solve(&goals, &p, NULL));
    model = loss_model_four_state(&p);
    g_assert_cmpuint(model.exits[0].low, ==, gilbert.exits[0].low);
    g_assert_cmpuint(model.exits[0].high, ==, gilbert.exits[0].low);
    g_assert_cmpuint(model.exits[2].low, ==, gilbert.exits[1].low);
}

static void test_goals_out_of_bounds(void)
{
    static const struct {
        LossGoals goals;
        const char *error; // NULL: right
    } cases[] = {
        {{0.05, 8, 0.6, 4, 0.05}, NULL},
        {{0.05, 8, 0.6, 4, 0.051}, "isolated losses are part of rate: 5.1% is more than 5%"},
        {{0.6, 8, 0.6, 4, 0},
         "with density 60% rate must be below that: within bursts more is "
         "lost"},
        {{0.05, 1.5, 0.6, 4, 0},
         "a burst has at least one loss: with density 60% burst must be 1.66667 or more"},
        {{0.05, 2, 0.5, 4, 0},
         "a burst of one loss has nothing received in it: write density "
         "100%, or a longer burst"},
        {{0.05, 1, 1, 1, 0}, NULL},
        {{0.05, 4, 0.5, 1, 0},
         "bursts of 4 with density 50% have longer gaps: gap must be 2 or more"},
        {{0.05, 4, 0.5, 2, 0}, NULL},
        {{0.9, 4, 1, 1, 0},
         "rate 90% leaves no frame between bursts of 4: lower rate, or make burst longer"},
        {{0.8, 4, 1, 1, 0}, NULL},
        {{0.5, 1, 1, 1, 0.5}, NULL}, // every other frame, each by itself
        {{1, 1, 1, 1, 0}, "with density 100% rate must be below that: within bursts more is lost"},
    };

    for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
        g_autoptr(GError) error = NULL;
        LossFourState p;
        bool is_right = loss_goals_solve(&cases[n].goals, &p, &error);

        g_assert_cmpstr(error != NULL ? error->message : NULL, ==, cases[n].error);
        g_assert_cmpint(is_right, ==, cases[n].error == NULL);
    }
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/loss-model/mean-of-gilbert-elliott", test_mean_of_gilbert_elliott);
    g_test_add_func("/links/loss-model/gilbert-by-rate-and-burst", test_gilbert_by_rate_and_burst);
    g_test_add_func("/links/loss-model/goals-give-the-published-probabilities",
                    test_goals_give_the_published_probabilities);
    g_test_add_func("/links/loss-model/mean-of-four-states", test_mean_of_four_states);
    g_test_add_func("/links/loss-model/dense-goals-are-gilbert", test_dense_goals_are_gilbert);
    g_test_add_func("/links/loss-model/goals-out-of-bounds", test_goals_out_of_bounds);
    return g_test_run();
}
