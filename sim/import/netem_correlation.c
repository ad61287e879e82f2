// SPDX-License-Identifier: Apache-2.0
// netem draws x' = (1 - c) u + c x with u uniform in 0..1, and loses the frame when x' <= p. The
// more c, the narrower x lies around 1/2, so that small p are hardly ever met.
//
// How it works: the distribution F of x in the long run is the fixed point of
//     F(x) = c / (1 - c) * (G(x / c) - G((x - 1 + c) / c)),   G(t) = integral of F up to t,
// which follows from writing F(x) as the mean of F((x - v) / c) over v = (1 - c) u. It is iterated
// on a grid from the uniform distribution; each step shrinks what is left of the start by c.
#include "sim/import/netem_correlation.h"

#include <math.h>

enum { GRID_CELLS = 4096, MAX_STEPS = 2000 };

typedef struct {
    double below[GRID_CELLS + 1];    // F
    double integral[GRID_CELLS + 1]; // G
} Distribution;

static double distribution_integral(const Distribution *self, double t)
{
    double cell = t * GRID_CELLS;
    int left = (int)cell;
    double part;

    if (t <= 0)
        return 0;
    if (t >= 1)
        return self->integral[GRID_CELLS] + (t - 1);
    part = cell - left;
    return self->integral[left] +
           (self->below[left] + (self->below[left + 1] - self->below[left]) * part / 2) * part /
               GRID_CELLS;
}

static double distribution_below(const Distribution *self, double x)
{
    double cell = x * GRID_CELLS;
    int left = (int)cell;

    if (x >= 1)
        return 1;
    return self->below[left] + (self->below[left + 1] - self->below[left]) * (cell - left);
}

static void distribution_integrate(Distribution *self)
{
    self->integral[0] = 0;
    for (int i = 0; i < GRID_CELLS; i++)
        self->integral[i + 1] =
            self->integral[i] + (self->below[i] + self->below[i + 1]) / 2 / GRID_CELLS;
}

// One draw more; returns the greatest change of F.
static double distribution_step(Distribution *self, double correlation)
{
    double next[GRID_CELLS + 1];
    double change = 0;

    for (int i = 0; i <= GRID_CELLS; i++) {
        double x = (double)i / GRID_CELLS;

        next[i] = correlation / (1 - correlation) *
                  (distribution_integral(self, x / correlation) -
                   distribution_integral(self, (x - 1 + correlation) / correlation));
        change = fmax(change, fabs(next[i] - self->below[i]));
    }
    for (int i = 0; i <= GRID_CELLS; i++)
        self->below[i] = next[i];
    distribution_integrate(self);
    return change;
}

double netem_real_loss(double rate, double correlation)
{
    Distribution distribution;

    if (correlation <= 0)
        return rate;
    for (int i = 0; i <= GRID_CELLS; i++)
        distribution.below[i] = (double)i / GRID_CELLS;
    distribution_integrate(&distribution);
    for (int step = 0; step < MAX_STEPS; step++) {
        if (distribution_step(&distribution, correlation) < 1e-12)
            break;
    }
    return distribution_below(&distribution, rate);
}

double netem_real_jitter(double correlation)
{
    return sqrt((1 - correlation) / (1 + correlation));
}
