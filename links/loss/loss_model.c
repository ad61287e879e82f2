// SPDX-License-Identifier: Apache-2.0
// Loss models as chains, and what they lose in the long run. All of it is done when a
// configuration is read; on a frame's way only integers are left.
//
// The intervals of u lie so that draws which lead to a burst are low from every state, and draws
// which lead out of one are high: then neighbouring states soon come together under the same draws,
// which is what LossChain's search lives on.
#include "links/loss/loss_model.h"

#include <stdbool.h>
#include <string.h>

enum { GOOD, BAD };                                          // of the two-state models
enum { GAP_RECEIVED, BURST_RECEIVED, BURST_LOST, GAP_LOST }; // 1 to 4 of the four
enum { MEAN_N_SQUARINGS = 64 };                              // after 2^64 steps

static Probability probability_of(double share)
{
    if (share <= 0)
        return 0;
    return share >= 1 ? RANDOM_ALWAYS : (Probability)(share * (double)RANDOM_ALWAYS + 0.5);
}

LossModel loss_model_gilbert_elliott(Probability p, Probability r, Probability loss_bad,
                                     Probability loss_good)
{
    return (LossModel){
        .n_states = 2,
        .exits =
            {
                [GOOD] = {p, RANDOM_ALWAYS, {BAD, GOOD, GOOD}},
                [BAD] = {RANDOM_ALWAYS - r, RANDOM_ALWAYS, {BAD, GOOD, GOOD}},
            },
        .loss = {[GOOD] = loss_good, [BAD] = loss_bad},
    };
}

double loss_model_gilbert_max_rate(double mean_burst)
{
    return mean_burst / (mean_burst + 1); // where p is 1
}

LossModel loss_model_gilbert(Probability rate, double mean_burst)
{
    double share = probability_to_double(rate);

    if (rate == 0 || rate == RANDOM_ALWAYS)
        return loss_model_gilbert_elliott(0, RANDOM_ALWAYS, rate, rate);
    // Above the highest rate for these bursts, where a change may pass, they are longer.
    if (mean_burst < share / (1 - share))
        mean_burst = share / (1 - share);
    return loss_model_gilbert_elliott(probability_of(share / (mean_burst * (1 - share))),
                                      probability_of(1 / mean_burst), RANDOM_ALWAYS, 0);
}

LossModel loss_model_four_state(const LossFourState *probabilities)
{
    Probability p13 = probability_of(probabilities->p13);
    Probability p31 = probability_of(probabilities->p31);
    Probability p32 = probability_of(probabilities->p32);
    Probability stay = p31 + p32 < RANDOM_ALWAYS ? RANDOM_ALWAYS - p31 - p32 : 0;

    return (LossModel){
        .n_states = 4,
        .exits =
            {
                [GAP_RECEIVED] = {p13,
                                  p13 + probability_of(probabilities->p14),
                                  {BURST_LOST, GAP_LOST, GAP_RECEIVED}},
                [BURST_RECEIVED] = {probability_of(probabilities->p23),
                                    RANDOM_ALWAYS,
                                    {BURST_LOST, BURST_RECEIVED, BURST_RECEIVED}},
                [BURST_LOST] = {stay,
                                RANDOM_ALWAYS - p31,
                                {BURST_LOST, BURST_RECEIVED, GAP_RECEIVED}},
                [GAP_LOST] = {0, 0, {GAP_RECEIVED, GAP_RECEIVED, GAP_RECEIVED}},
            },
        .loss = {[BURST_LOST] = RANDOM_ALWAYS, [GAP_LOST] = RANDOM_ALWAYS},
    };
}

typedef struct {
    double share[LOSS_MODEL_MAX_STATES][LOSS_MODEL_MAX_STATES];
} Transitions;

// Half of a chain's steps taken and half not, so that one which alternates settles too.
static Transitions transitions_of(const LossModel *model)
{
    Transitions lazy = {0};

    for (unsigned from = 0; from < model->n_states; from++) {
        const LossExits *exits = &model->exits[from];
        double low = probability_to_double(exits->low), high = probability_to_double(exits->high);

        high = high > 1 ? 1 : high;
        lazy.share[from][from] += 0.5;
        lazy.share[from][exits->to[0]] += low / 2;
        lazy.share[from][exits->to[1]] += (high - low) / 2;
        lazy.share[from][exits->to[2]] += (1 - high) / 2;
    }
    return lazy;
}

static Transitions transitions_squared(const Transitions *of, unsigned n_states)
{
    Transitions square = {0};

    for (unsigned from = 0; from < n_states; from++) {
        double sum = 0;

        for (unsigned to = 0; to < n_states; to++) {
            for (unsigned over = 0; over < n_states; over++)
                square.share[from][to] += of->share[from][over] * of->share[over][to];
            sum += square.share[from][to];
        }
        for (unsigned to = 0; to < n_states; to++)
            square.share[from][to] /= sum;
    }
    return square;
}

Probability loss_model_mean(const LossModel *model)
{
    Transitions after = transitions_of(model);
    double mean = 0;

    for (int n = 0; n < MEAN_N_SQUARINGS; n++)
        after = transitions_squared(&after, model->n_states);
    for (unsigned state = 0; state < model->n_states; state++)
        mean += after.share[0][state] * probability_to_double(model->loss[state]);
    return probability_of(mean);
}
