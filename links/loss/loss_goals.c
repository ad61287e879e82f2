// SPDX-License-Identifier: Apache-2.0
// The inverse of the four-state model's observables. With P the rate, B the mean burst, d the
// density, G the mean gap within a burst and I the isolated share:
//
//     p31 = 1 / (d B)    p23 = 1 / G    p32 = (1 - d) / (d G)    p14 = I / (1 - I)
//     p13 = (P - I) / (B (1 - I) (d - P))
//
// A burst is left from a loss only, so it has d B losses, one in (1 / p31) the last; between two of
// its losses in a row lie G received ones or none.
#include "links/loss/loss_goals.h"

#include "core/quantity.h"

#define HIGHEST (1 + 1e-9) // what is above 1 by rounding alone

G_GNUC_PRINTF(2, 3)
static bool loss_goals_fail(GError **error, const char *format, ...)
{
    g_autofree char *reason = NULL;
    va_list arguments;

    va_start(arguments, format);
    reason = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE, reason);
    return false;
}

static bool loss_goals_check(const LossGoals *goals, GError **error)
{
    if (goals->isolated > goals->rate)
        return loss_goals_fail(error,
                               "isolated losses are part of rate: %.6g%% is more than %.6g%%",
                               100 * goals->isolated, 100 * goals->rate);
    if (goals->rate >= goals->density)
        return loss_goals_fail(
            error, "with density %.6g%% rate must be below that: within bursts more is lost",
            100 * goals->density);
    if (goals->mean_burst * goals->density * HIGHEST < 1)
        return loss_goals_fail(error,
                               "a burst has at least one loss: with density %.6g%% burst must be "
                               "%.6g or more",
                               100 * goals->density, 1 / goals->density);
    return true;
}

bool loss_goals_solve(const LossGoals *goals, LossFourState *probabilities, GError **error)
{
    const double losses = goals->density * goals->mean_burst; // in a burst
    LossFourState p;

    if (!loss_goals_check(goals, error))
        return false;
    p.p31 = 1 / losses;
    p.p23 = 1 / goals->mean_gap;
    p.p32 = (1 - goals->density) / (goals->density * goals->mean_gap);
    p.p14 = goals->isolated / (1 - goals->isolated);
    p.p13 = (goals->rate - goals->isolated) /
            (goals->mean_burst * (1 - goals->isolated) * (goals->density - goals->rate));
    if (p.p31 + p.p32 > HIGHEST && losses <= HIGHEST)
        return loss_goals_fail(error, "a burst of one loss has nothing received in it: write "
                                      "density 100%%, or a longer burst");
    if (p.p31 + p.p32 > HIGHEST)
        return loss_goals_fail(error,
                               "bursts of %.6g with density %.6g%% have longer gaps: gap must be "
                               "%.6g or more",
                               goals->mean_burst, 100 * goals->density,
                               (1 - goals->density) * goals->mean_burst / (losses - 1));
    if (p.p13 + p.p14 > HIGHEST)
        return loss_goals_fail(error,
                               "rate %.6g%% leaves no frame between bursts of %.6g: lower rate, or "
                               "make burst longer",
                               100 * goals->rate, goals->mean_burst);
    *probabilities = p;
    return true;
}
