// SPDX-License-Identifier: Apache-2.0
// How it works: number n has one draw, a function of key and n, which leads from the state at n to
// that at n + 1. In order, a step costs one draw.
//
// Out of order, as behind a queue that dropped frames or took flows in turn, the numbers between
// are not stepped through from the start. Draws take every state somewhere, so the draws in front
// of n, put together from the last one backwards, become a map from the states of an ever earlier
// number to those of n; once it leads from all states to the same, what came before is of no matter
// (J. G. Propp, D. B. Wilson: "Exact sampling with coupled Markov chains", 1996). That takes about
// as many draws as the shorter of the mean sojourns, however far away the number is. States of the
// last numbers are kept as well, for chains that linger long.
//
// Its limit: a chain whose sojourns in both states are far above 2^20 numbers does not come
// together. Where nothing before is known, it then counts as having begun at the last but one
// multiple of 2^20.
#include "links/loss/loss_chain.h"

#include <stdbool.h>
#include <string.h>

typedef struct {
    uint8_t to[LOSS_MODEL_MAX_STATES]; // the state at the later number, for each at the earlier one
} StateMap;

void loss_chain_init(LossChain *chain, const LossModel *model)
{
    chain->model = *model;
    chain->first = chain->n_kept = 0;
}

// The state behind `number`, at which the chain is in `state`.
static unsigned loss_chain_step(const LossChain *chain, RandomKey key, uint64_t number,
                                unsigned state)
{
    const LossExits *exits = &chain->model.exits[state];
    uint64_t u = random_draw(key, number, LOSS_CHAIN_DRAW) >> 32;

    return exits->to[(u >= exits->low) + (u >= exits->high)];
}

static unsigned loss_chain_kept(const LossChain *chain, uint64_t number)
{
    unsigned at = (unsigned)(number % LOSS_CHAIN_N_KEPT);

    return chain->kept[at / 4] >> at % 4 * 2 & 3;
}

// Keeps the state of the number behind those that are kept.
static void loss_chain_keep(LossChain *chain, unsigned state)
{
    unsigned at = (unsigned)((chain->first + chain->n_kept) % LOSS_CHAIN_N_KEPT);
    unsigned shift = at % 4 * 2;

    chain->kept[at / 4] = (uint8_t)((chain->kept[at / 4] & ~(3u << shift)) | state << shift);
    if (chain->n_kept < LOSS_CHAIN_N_KEPT)
        chain->n_kept++;
    else
        chain->first++;
}

static void loss_chain_keep_only(LossChain *chain, uint64_t number, unsigned state)
{
    chain->first = number;
    chain->n_kept = 0;
    loss_chain_keep(chain, state);
}

void loss_chain_change(LossChain *chain, const LossModel *model)
{
    uint64_t newest = chain->first + chain->n_kept - 1;

    chain->model = *model;
    if (chain->n_kept == 0)
        return;
    if (loss_chain_kept(chain, newest) < model->n_states)
        loss_chain_keep_only(chain, newest, loss_chain_kept(chain, newest));
    else
        chain->n_kept = 0;
}

static bool state_map_is_constant(const StateMap *map, unsigned n_states)
{
    for (unsigned state = 1; state < n_states; state++)
        if (map->to[state] != map->to[0])
            return false;
    return true;
}

// The state at `number`, given the one at `since`, which is no later.
static unsigned loss_chain_search(const LossChain *chain, RandomKey key, uint64_t number,
                                  uint64_t since, unsigned state_since)
{
    const unsigned n_states = chain->model.n_states;
    StateMap map = {{0, 1, 2, 3}};

    while (number > since && !state_map_is_constant(&map, n_states)) {
        const StateMap later = map;
        uint64_t u = random_draw(key, --number, LOSS_CHAIN_DRAW) >> 32;

        for (unsigned state = 0; state < n_states; state++) {
            const LossExits *exits = &chain->model.exits[state];

            map.to[state] = later.to[exits->to[(u >= exits->low) + (u >= exits->high)]];
        }
    }
    return map.to[state_since];
}

// The same where nothing is known of the numbers before.
static unsigned loss_chain_search_all(const LossChain *chain, RandomKey key, uint64_t number)
{
    uint64_t n_reaches = number >> LOSS_CHAIN_REACH_BITS;

    return loss_chain_search(chain, key, number,
                             n_reaches > 0 ? (n_reaches - 1) << LOSS_CHAIN_REACH_BITS : 0, 0);
}

unsigned loss_chain_state(LossChain *chain, RandomKey key, uint64_t number)
{
    uint64_t newest = chain->first + chain->n_kept - 1;
    unsigned state;

    if (number - chain->first < chain->n_kept)
        return loss_chain_kept(chain, number);
    if (chain->n_kept == 0) {
        state = loss_chain_search_all(chain, key, number);
    } else if (number < chain->first) {
        return loss_chain_search_all(chain, key, number);
    } else if (number - newest <= LOSS_CHAIN_N_KEPT) {
        state = loss_chain_kept(chain, newest);
        for (; newest < number; newest++) {
            state = loss_chain_step(chain, key, newest, state);
            loss_chain_keep(chain, state);
        }
        return state;
    } else {
        state = loss_chain_search(chain, key, number, newest, loss_chain_kept(chain, newest));
    }
    loss_chain_keep_only(chain, number, state);
    return state;
}
