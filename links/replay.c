// SPDX-License-Identifier: Apache-2.0
// What becomes of a configuration whose fates are recorded.
#include "links/replay.h"

#include "links/fault/faults.h"
#include "links/queue/drop_tail.h"

// More than memory for frames can be had: what was dropped for want of room is recorded.
#define REPLAY_QUEUE_FRAMES UINT64_C(1000000000)

void replay_set_table(LinkConfig *config, const FateTable *table)
{
    DropTailConfig *queue = link_config_own(config, &drop_tail_stage_class);

    ((ReplayConfig *)link_config_own(config, &replay_gate_stage_class))->table = table;
    ((ReplayConfig *)link_config_own(config, &replay_flight_stage_class))->table = table;
    link_config_choose(config, &drop_tail_stage_class);
    queue->limit = (Limit){LIMIT_PACKETS, REPLAY_QUEUE_FRAMES};
}

static bool class_replays(const StageClass *class)
{
    return class == &replay_gate_stage_class || class == &replay_flight_stage_class;
}

bool replay_leaves_out(const LinkConfig *config, const StageClass *class)
{
    const ReplayConfig *replay = link_config_of(config, &replay_gate_stage_class);

    return replay->table != NULL && class->position != STAGE_QUEUE &&
           class != &faults_stage_class && !class_replays(class);
}
