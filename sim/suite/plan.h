// SPDX-License-Identifier: Apache-2.0
// Plan: which tests there are, from scenario files and what the command line asks for.
#pragma once

#include "sim/suite/test.h"

typedef struct {
    const char *pattern; // of names: with * or ? the whole of it, else a part; NULL for all
    unsigned n_repetitions;
    bool has_seed;
    uint64_t seed; // in place of the files'
    bool is_shuffled;
    uint64_t shuffle; // key of the order then
    bool has_keep;
    KeepRule keep;   // in place of the files'
    bool has_search; // one test for each of the seeds from `first_seed` to `last_seed`
    uint64_t first_seed, last_seed;
} PlanOptions;

typedef struct {
    GPtrArray *tests;    // of Test, owned
    GPtrArray *searches; // of SeedSearch, owned
} Plan;

// Reads all files; a directory stands for the .yaml files in it. NULL when one of them is wrong,
// with `*errors` as scenario_load() has them, for all files.
Plan *plan_new(char *const *paths, const PlanOptions *options, char **errors);
void plan_free(Plan *plan);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plan, plan_free)
