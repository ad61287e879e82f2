// SPDX-License-Identifier: Apache-2.0
#include "sim/fates/fate_words.h"

const char *const fate_column_names[N_FATE_COLUMNS] = {
#define FATE_COLUMN_NAME(constant, name) [constant] = name,
    FATE_COLUMNS(FATE_COLUMN_NAME)
#undef FATE_COLUMN_NAME
};

const char *const fate_direction_names[] = {"forward", "reverse"};
const char *const fate_ecn_names[] = {"not-ect", "ect1", "ect0", "ce"};
