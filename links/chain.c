// SPDX-License-Identifier: Apache-2.0
// Walks along the stages of a direction.
#include "links/chain.h"

#include <string.h>

#include "links/link.h"

static int64_t stage_least_ns(const Stage *stage)
{
    return stage->class->least_ns != NULL ? stage->class->least_ns(stage) : 0;
}

uint64_t stage_held_frames(const Stage *stage)
{
    return stage->class->held_frames != NULL ? stage->class->held_frames(stage) : 0;
}

static Stage *chain_first(Chain chain)
{
    return chain_stage(chain, chain.first);
}

static Stage *chain_next(Chain chain, const Stage *stage)
{
    return chain_stage(chain, stage->next);
}

int64_t chain_least_ns(Chain chain)
{
    int64_t least_ns = 0;

    for (Stage *stage = chain_first(chain); stage != NULL; stage = chain_next(chain, stage))
        least_ns += stage_least_ns(stage);
    return least_ns;
}

uint64_t chain_held_frames(Chain chain)
{
    uint64_t n_frames = 0;

    for (Stage *stage = chain_first(chain); stage != NULL; stage = chain_next(chain, stage))
        n_frames += stage_held_frames(stage);
    return n_frames;
}

// Returns what lies beyond the entry at `sink`.
static int64_t chain_set_beyond_from(Chain chain, Sink *sink, int64_t beyond_ns)
{
    Stage *stage = chain_stage(chain, sink);

    if (stage == NULL)
        return beyond_ns;
    beyond_ns = chain_set_beyond_from(chain, stage->next, beyond_ns);
    stage->beyond_ns = MIN(beyond_ns, LINK_MAX_SLACK_NS);
    if (stage->class->event_offset != 0)
        ((Event *)((char *)stage + stage->class->event_offset))->slack_ns = stage->beyond_ns;
    return beyond_ns + stage_least_ns(stage);
}

void chain_set_beyond(Chain chain, int64_t beyond_ns)
{
    chain_set_beyond_from(chain, chain.first, beyond_ns);
}

void chain_pair(Chain a, Chain b)
{
    for (Stage *one = chain_first(a); one != NULL; one = chain_next(a, one)) {
        if (one->class->pair == NULL)
            continue;
        for (Stage *other = chain_first(b); other != NULL; other = chain_next(b, other)) {
            if (one->class == other->class) {
                one->class->pair(one, other);
                other->class->pair(other, one);
            }
        }
    }
}

Stage *chain_heir(Chain chain, const LinkConfig *config, const Stage *stage)
{
    if (stage->class->bequeath == NULL || link_config_has_chosen(config, stage->class))
        return NULL;
    for (Stage *heir = chain_first(chain); heir != NULL; heir = chain_next(chain, heir))
        if (heir->class->variant != NULL &&
            strcmp(heir->class->keys->name, stage->class->keys->name) == 0 &&
            link_config_has_chosen(config, heir->class))
            return heir;
    return NULL;
}

static void chain_apply_from(Chain chain, Sink *sink, const LinkConfig *config)
{
    Stage *stage = chain_stage(chain, sink);

    if (stage == NULL)
        return;
    chain_apply_from(chain, stage->next, config);
    stage->config = link_config_of(config, stage->class);
    if (chain_heir(chain, config, stage) == NULL)
        stage->class->apply(stage);
}

void chain_apply(Chain chain, const LinkConfig *config)
{
    chain_apply_from(chain, chain.first, config);
}
