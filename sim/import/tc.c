// SPDX-License-Identifier: Apache-2.0
// Linux's tc(8): the queueing discipline netem.
#include "sim/import/import.h"
#include "sim/import/netem.h"

static bool tc_read(Words *words, ScenarioText *scenario, GError **error)
{
    Netem netem;

    if (!netem_parse(words, &netem, error))
        return false;
    netem_write(&netem, scenario);
    return true;
}

const ImportFormat tc_import = {
    .name = "tc",
    .summary = "options of Linux's netem, or a tc command with them",
    .example = "delay 10ms 2ms distribution normal loss gemodel 1% 10%",
    .read = tc_read,
};
