// SPDX-License-Identifier: Apache-2.0
// A link's directions: each a path with the stages that its configuration needs.
#include "links/link.h"

#include <string.h>

#include "core/scale.h"
#include "links/chain.h"
#include "links/fault/faults.h"
#include "links/link_path.h"
#include "links/rate/trace.h"
#include "links/rate/trace_runner.h"
#include "links/replay.h"

enum { STAGE_ALIGN_BYTES = 16 };

struct Link {
    LinkTrack *tracks[N_LINK_DIRECTIONS];
    LinkPath *paths[N_LINK_DIRECTIONS];
    Counter n_changes[N_LINK_DIRECTIONS];
    char *name;
    LinkLeastChanged *changed; // NULL without one who wants to know
    void *data;                // of that
};

static void link_path_set_config(LinkPath *path, const LinkConfig *config)
{
    path->lane.config = config;
    path->lane.spacing_ns = link_config_spacing_ns(config);
}

static Stage *stage_new(LinkPath *path, void *room, const StageClass *class)
{
    Stage *stage = room;

    memset(stage, 0, class->stage_bytes);
    stage->sink.push = class->push;
    stage->class = class;
    stage->config = link_config_of(path->lane.config, class);
    stage->engine = path->track->engine;
    stage->key = random_key(path->seed, path->name, (int)path->direction,
                            class->keys->name != NULL ? class->keys->name : class->name);
    stage->lane = &path->lane;
    if (class->position == STAGE_WIRE)
        path->lane.runs = &path->runs; // it stays when the stage goes
    if (class == &faults_stage_class)
        path->faults = stage;
    else if (class == &replay_gate_stage_class)
        path->replay_gate = stage;
    if (class->init != NULL)
        class->init(stage);
    return stage;
}

static size_t stage_room(const StageClass *class)
{
    return (class->stage_bytes + STAGE_ALIGN_BYTES - 1) / STAGE_ALIGN_BYTES * STAGE_ALIGN_BYTES;
}

static size_t link_track_bytes(const LinkConfig *config)
{
    size_t bytes = sizeof(LinkTrack);

    for (const StageClass *const *item = stage_classes; *item != NULL; item++)
        if (link_config_needs(config, *item))
            bytes += stage_room(*item);
    return bytes;
}

static Chain link_path_chain(const LinkPath *path)
{
    return (Chain){path->track->first, &path->track->exit};
}

static void stage_free(LinkPath *path, Stage *stage)
{
    if (stage->class->clear != NULL)
        stage->class->clear(stage);
    if ((char *)stage < (char *)path->track ||
        (char *)stage >= (char *)path->track + path->track_bytes)
        g_free(stage);
}

// Puts in the stages that the configuration needs and takes out those it does not need, unless they
// hold frames. New ones lie at `room`, as far as it is there, else on the heap.
static void link_path_arrange(LinkPath *path, char *room)
{
    Sink **joint = &path->track->first;

    for (const StageClass *const *item = stage_classes; *item != NULL; item++) {
        Stage *stage = chain_stage(link_path_chain(path), *joint);
        bool is_there = stage != NULL && stage->class == *item;
        bool is_needed = link_config_needs(path->lane.config, *item);

        if (is_there && !is_needed && stage_held_frames(stage) == 0) {
            *joint = stage->next;
            stage_free(path, stage);
            continue;
        }
        if (!is_there && is_needed) {
            stage = stage_new(path, room != NULL ? room : g_malloc((*item)->stage_bytes), *item);
            stage->next = *joint;
            *joint = &stage->sink;
            room = room != NULL ? room + stage_room(*item) : NULL;
            is_there = true;
        }
        if (is_there)
            joint = &stage->next;
    }
}

// What a variant holds that is no longer chosen, the one chosen takes over, wherever it stands.
static void link_path_bequeath(LinkPath *path)
{
    Chain chain = link_path_chain(path);
    Stage *stage;

    for (Sink **joint = &path->track->first; (stage = chain_stage(chain, *joint)) != NULL;) {
        Stage *heir = chain_heir(chain, path->lane.config, stage);

        if (heir == NULL) {
            joint = &stage->next;
            continue;
        }
        *joint = stage->next;
        chain.first = path->track->first;
        stage->class->bequeath(stage, heir);
        stage_free(path, stage);
    }
}

static LinkPath *link_path_new(Engine *engine, uint64_t seed, const char *name,
                               LinkDirection direction, const LinkConfig *config)
{
    LinkPath *path = g_new0(LinkPath, 1);
    size_t track_bytes = link_track_bytes(config);
    LinkTrack *track = g_aligned_alloc0(1, track_bytes, LINE_BYTES);

    track->engine = engine;
    track->path = path;
    track->first = &track->exit;
    meter_init(&track->meter, &path->meter_room);
    path->track = track;
    path->track_bytes = track_bytes;
    path->seed = seed;
    path->name = name;
    path->direction = direction;
    path->answer.push = link_answer;
    path->lane.counters = &track->counters;
    path->lane.meter = &track->meter;
    path->lane.queue_room = path->queue_room;
    link_path_set_config(path, config);
    link_path_choose_ends(path);
    link_path_arrange(path, (char *)(track + 1));
    chain_apply(link_path_chain(path), config);
    chain_set_beyond(link_path_chain(path), 0);
    return path;
}

static void link_path_free(LinkPath *path)
{
    trace_runner_free(path->runner);
    for (Stage *stage; (stage = chain_stage(link_path_chain(path), path->track->first)) != NULL;) {
        path->track->first = stage->next;
        stage_free(path, stage);
    }
    g_free(path->reordering);
    link_config_free(path->own_config);
    g_aligned_free(path->track);
    g_free(path);
}

// Tells the stages of one direction of the other.
static void link_pair(Link *link)
{
    LinkPath *forward = link->paths[LINK_FORWARD], *reverse = link->paths[LINK_REVERSE];

    forward->lane.back = &reverse->answer;
    reverse->lane.back = &forward->answer;
    chain_pair(link_path_chain(forward), link_path_chain(reverse));
}

// Plays the trace in force; none was there before for most.
static void link_play(Link *link, LinkDirection direction)
{
    LinkPath *path = link->paths[direction];
    const TraceConfig *trace = link_config_of(path->lane.config, &trace_stage_class);

    if (trace->trace != NULL && path->runner == NULL)
        path->runner = trace_runner_new(path->track->engine, link, direction);
    if (path->runner != NULL)
        trace_runner_apply(path->runner);
}

Link *link_new(Engine *engine, uint64_t seed, const char *name, const LinkConfig *forward,
               const LinkConfig *reverse)
{
    Link *link = g_new0(Link, 1);

    link->name = g_strdup(name);
    for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++) {
        const LinkConfig *config = direction == LINK_FORWARD ? forward : reverse;

        link->paths[direction] = link_path_new(engine, seed, link->name, direction, config);
        link->tracks[direction] = link->paths[direction]->track;
    }
    link_pair(link);
    for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++)
        link_play(link, direction);
    return link;
}

void link_free(Link *link)
{
    for (int direction = 0; direction < N_LINK_DIRECTIONS; direction++)
        link_path_free(link->paths[direction]);
    g_free(link->name);
    g_free(link);
}

Sink *link_entry(Link *link, LinkDirection direction)
{
    return &link->tracks[direction]->entry;
}

void link_connect(Link *link, LinkDirection direction, Sink *out)
{
    g_assert(link->tracks[direction]->out == NULL);
    link->tracks[direction]->out = out;
}

int64_t link_least_ns(const Link *link, LinkDirection direction)
{
    const LinkPath *path = link->paths[direction];

    return trace_least_ns(path->lane.config, chain_least_ns(link_path_chain(path)));
}

void link_set_beyond(Link *link, LinkDirection direction, int64_t beyond_ns)
{
    LinkPath *path = link->paths[direction];

    path->beyond_ns = beyond_ns;
    chain_set_beyond(link_path_chain(path), beyond_ns);
}

int64_t link_late_ns(const LinkConfig *config, int64_t late_floor_ns, Probability late_of_delay)
{
    uint64_t delay_ns = (uint64_t)link_config_delay_ns(config);

    return MAX(late_floor_ns, (int64_t)scale(delay_ns, late_of_delay, RANDOM_ALWAYS));
}

static void link_path_judge(LinkPath *path)
{
    if (path->is_judged)
        path->track->meter.late_ns =
            link_late_ns(path->lane.config, path->late_floor_ns, path->late_of_delay);
}

void link_judge(Link *link, LinkDirection direction, int64_t late_floor_ns,
                Probability late_of_delay)
{
    LinkPath *path = link->paths[direction];

    path->is_judged = true;
    path->late_floor_ns = late_floor_ns;
    path->late_of_delay = late_of_delay;
    link_path_judge(path);
}

void link_configure(Link *link, LinkDirection direction, const LinkConfig *config)
{
    LinkPath *path = link->paths[direction];
    int64_t least_ns = link_least_ns(link, direction);

    counter_add(&link->n_changes[direction], 1);
    if (path->own_config == NULL)
        path->own_config = link_config_copy(config);
    else
        link_config_assign(path->own_config, config);
    if (path->replay != NULL)
        replay_set_table(path->own_config, path->replay);
    link_path_set_config(path, path->own_config);
    link_path_choose_ends(path);
    link_path_arrange(path, NULL);
    chain_apply(link_path_chain(path), path->lane.config);
    link_path_bequeath(path);
    link_pair(link);
    chain_set_beyond(link_path_chain(path), path->beyond_ns);
    link_path_judge(path);
    if (link->changed != NULL && link_least_ns(link, direction) != least_ns)
        link->changed(link->data, direction);
    link_play(link, direction);
}

void link_watch(Link *link, LinkLeastChanged *changed, void *data)
{
    g_assert(link->changed == NULL);
    link->changed = changed;
    link->data = data;
}

void link_set_replay(Link *link, LinkDirection direction, const FateTable *table)
{
    LinkPath *path = link->paths[direction];
    uint64_t n_changes = counter_get(&link->n_changes[direction]);
    g_autoptr(LinkConfig) config = link_config_copy(path->lane.config);

    g_assert(counter_get(&path->track->counters.in_frames) == 0);
    path->replay = table;
    link_configure(link, direction, config);
    counter_set(&link->n_changes[direction], n_changes); // none that the scenario makes
}

void link_set_down(Link *link, LinkDirection direction, bool is_down)
{
    LinkPath *path = link->paths[direction];

    path->is_down = is_down;
    link_path_choose_ends(path);
}

void link_add_witness(Link *link, LinkDirection direction, Witness *witness)
{
    LinkPath *path = link->paths[direction];

    witness->next = path->lane.witnesses;
    path->lane.witnesses = witness;
    link_path_choose_ends(path);
}

bool link_is_down(const Link *link, LinkDirection direction)
{
    return link->paths[direction]->is_down;
}

Meter *link_take_meter(Link *link, LinkDirection direction)
{
    LinkPath *path = link->paths[direction];

    path->meter_taken = true;
    link_path_choose_ends(path);
    return &path->track->meter;
}

const Stage *link_stage(const Link *link, LinkDirection direction, const StageClass *class)
{
    const LinkPath *path = link->paths[direction];
    const Stage *stage;

    if (class == &faults_stage_class)
        return path->faults;
    if (class == &replay_gate_stage_class)
        return path->replay_gate;
    stage = chain_stage(link_path_chain(path), path->track->first);
    while (stage != NULL && stage->class != class)
        stage = chain_stage(link_path_chain(path), stage->next);
    return stage;
}

const Reordering *link_reordering(const Link *link, LinkDirection direction)
{
    return link->paths[direction]->reordering;
}

const char *link_name(const Link *link)
{
    return link->name;
}

const LinkConfig *link_config(const Link *link, LinkDirection direction)
{
    return link->paths[direction]->lane.config;
}

const LinkCounters *link_counters(const Link *link, LinkDirection direction)
{
    return &link->tracks[direction]->counters;
}

uint64_t link_n_changes(const Link *link, LinkDirection direction)
{
    return counter_get(&link->n_changes[direction]);
}

const Meter *link_meter(const Link *link, LinkDirection direction)
{
    return &link->tracks[direction]->meter;
}

const LossRuns *link_loss_runs(const Link *link, LinkDirection direction)
{
    return link->paths[direction]->lane.runs;
}

uint64_t link_held_frames(const Link *link, LinkDirection direction)
{
    return chain_held_frames(link_path_chain(link->paths[direction]));
}
