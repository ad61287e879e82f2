// SPDX-License-Identifier: Apache-2.0
// A link's directions: each an entry that numbers and counts frames, the stages its configuration
// needs, and an exit that counts them again.
#include "links/link.h"

#include <stdalign.h>
#include <string.h>

#include "links/chain.h"
#include "links/replay.h"
#include "links/trace.h"
#include "links/trace_runner.h"

enum { LINE_BYTES = 64, STAGE_ALIGN_BYTES = 16 };

// Of the randomness of a direction.
typedef struct {
    uint64_t seed;
    const char *link; // its name
    LinkDirection direction;
} LinkKey;

// One block of memory with the stages behind it, in the order in which a frame touches it. With
// thousands of links no cache holds them all, and a hop costs what it touches in lines of memory.
typedef struct {
    Sink entry;
    Sink *first; // stage or exit
    Engine *engine;
    uint64_t next_index;
    LinkCounters counters;

    alignas(LINE_BYTES) Sink exit;
    Sink *out; // beyond the link
    bool meter_taken;
    bool is_down;

    Witness *witnesses;
    Sink answer; // where frames come from that the other direction made
    LinkKey key;
    const LinkConfig *config; // in force: the one given at first, or
    LinkConfig *own_config;   // NULL until something is changed
    const FateTable *replay;  // NULL: fates are drawn
    int64_t beyond_ns;        // as told by link_set_beyond()
    size_t n_bytes;           // of this block
    Reordering *reordering;   // NULL as long as no configuration has reordered
    TraceRunner *runner;      // NULL without a trace so far
    LossRuns *_Atomic runs;   // NULL as long as there was nothing on the wire
    alignas(LINE_BYTES) Meter meter;
} LinkPath;

static_assert(offsetof(LinkPath, counters.out_bytes) < LINE_BYTES,
              "what is touched on entering has left its line of memory");

struct Link {
    char *name;
    LinkPath *paths[N_LINK_DIRECTIONS];
    Counter n_changes[N_LINK_DIRECTIONS];
    LinkLeastChanged *changed; // NULL without one who wants to know
    void *data;                // of that
};

static inline void link_number(LinkPath *path, Frame *frame)
{
    frame->index = path->next_index;
    frame->entered_ns = frame->wired_ns = engine_now(path->engine);
    frame->wired_span_ns = frame->due_span_ns = frame->due_lag_ns = 0;
    frame->sending_ns = 0;
    frame->copy = 0;
    path->next_index += frame->n_segments;
    counter_add(&path->counters.in_frames, frame->n_segments);
    counter_add(&path->counters.in_bytes, frame_wire_bytes(frame));
}

static void link_enter(Sink *sink, Frame *frame)
{
    LinkPath *path = (LinkPath *)((char *)sink - offsetof(LinkPath, entry));

    link_number(path, frame);
    sink_push(path->first, frame);
}

static void link_leave(Sink *sink, Frame *frame)
{
    LinkPath *path = (LinkPath *)((char *)sink - offsetof(LinkPath, exit));

    frame->due_ns = engine_now(path->engine);
    counter_add(&path->counters.out_frames, frame->n_segments);
    counter_add(&path->counters.out_bytes, frame_wire_bytes(frame));
    if (!path->meter_taken)
        meter_depart(&path->meter, frame, frame->due_ns);
    sink_push(path->out, frame);
}

// Stands in for link_leave() where someone looks on, or the order has to be watched.
static void link_leave_watched(Sink *sink, Frame *frame)
{
    LinkPath *path = (LinkPath *)((char *)sink - offsetof(LinkPath, exit));

    if (path->reordering != NULL)
        reordering_count(path->reordering, frame);
    witnesses_left(path->witnesses, frame, engine_now(path->engine));
    link_leave(sink, frame);
}

// An answer of the other direction's: it has not entered this one, and leaves it at once. It has no
// number of its own, so it goes as a copy of the frame to come.
static void link_answer(Sink *sink, Frame *frame)
{
    LinkPath *path = (LinkPath *)((char *)sink - offsetof(LinkPath, answer));

    frame->index = path->next_index;
    frame->copy = LINK_ANSWER_COPY;
    frame->entered_ns = frame->wired_ns = engine_now(path->engine);
    counter_add(&path->counters.copied_frames, frame->n_segments);
    sink_push(&path->exit, frame);
}

// While a link is down these two stand in for link_enter() and link_leave(): neither what is sent
// into it arrives, nor what was under way.
static void link_drop(LinkPath *path, Frame *frame)
{
    drop_count(&path->counters.drops, DROP_LINK_DOWN, frame->n_segments);
    witnesses_dropped(path->witnesses, frame, frame->n_segments, DROP_LINK_DOWN,
                      engine_now(path->engine));
    frame_free(frame);
}

static void link_enter_down(Sink *sink, Frame *frame)
{
    LinkPath *path = (LinkPath *)((char *)sink - offsetof(LinkPath, entry));

    link_number(path, frame);
    link_drop(path, frame);
}

static void link_leave_down(Sink *sink, Frame *frame)
{
    LinkPath *path = (LinkPath *)((char *)sink - offsetof(LinkPath, exit));

    link_drop(path, frame);
}

// Made with the first stage that may need them; they stay when it goes.
static LossRuns *link_path_runs(LinkPath *path)
{
    if (path->runs == NULL)
        path->runs = g_new0(LossRuns, 1);
    return path->runs;
}

// Chooses among the above.
static void link_path_choose_ends(LinkPath *path)
{
    if (path->reordering == NULL && link_config_reorders(path->config))
        path->reordering = g_new0(Reordering, 1);
    path->entry.push = path->is_down ? link_enter_down : link_enter;
    path->exit.push = path->is_down                                         ? link_leave_down
                      : path->reordering != NULL || path->witnesses != NULL ? link_leave_watched
                                                                            : link_leave;
}

static Stage *stage_new(LinkPath *path, void *room, const StageClass *class)
{
    Stage *stage = room;

    memset(stage, 0, class->stage_bytes);
    stage->sink.push = class->push;
    stage->class = class;
    stage_set_config(stage, path->config);
    stage->engine = path->engine;
    stage->key = random_key(path->key.seed, path->key.link, (int)path->key.direction,
                            class->keys->name != NULL ? class->keys->name : class->name);
    stage->counters = &path->counters;
    stage->witnesses = path->witnesses;
    stage->runs = class->position == STAGE_WIRE ? link_path_runs(path) : NULL;
    stage->meter = &path->meter;
    if (class->init != NULL)
        class->init(stage);
    return stage;
}

static size_t stage_room(const StageClass *class)
{
    return (class->stage_bytes + STAGE_ALIGN_BYTES - 1) / STAGE_ALIGN_BYTES * STAGE_ALIGN_BYTES;
}

static size_t link_path_bytes(const LinkConfig *config)
{
    size_t bytes = sizeof(LinkPath);

    for (const StageClass *const *item = stage_classes; *item != NULL; item++)
        if (link_config_needs(config, *item))
            bytes += stage_room(*item);
    return bytes;
}

static Chain link_path_chain(const LinkPath *path)
{
    return (Chain){path->first, &path->exit};
}

static void stage_free(LinkPath *path, Stage *stage)
{
    if (stage->class->clear != NULL)
        stage->class->clear(stage);
    if ((char *)stage < (char *)path || (char *)stage >= (char *)path + path->n_bytes)
        g_free(stage);
}

// Puts in the stages that the configuration needs and takes out those it does not need, unless they
// hold frames. New ones lie at `room`, as far as it is there, else on the heap.
static void link_path_arrange(LinkPath *path, char *room)
{
    Sink **joint = &path->first;

    for (const StageClass *const *item = stage_classes; *item != NULL; item++) {
        Stage *stage = chain_stage(link_path_chain(path), *joint);
        bool is_there = stage != NULL && stage->class == *item;
        bool is_needed = link_config_needs(path->config, *item);

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

    for (Sink **joint = &path->first; (stage = chain_stage(chain, *joint)) != NULL;) {
        Stage *heir = chain_heir(chain, path->config, stage);

        if (heir == NULL) {
            joint = &stage->next;
            continue;
        }
        *joint = stage->next;
        chain.first = path->first;
        stage->class->bequeath(stage, heir);
        stage_free(path, stage);
    }
}

static LinkPath *link_path_new(Engine *engine, const LinkKey *key, const LinkConfig *config)
{
    size_t n_bytes = link_path_bytes(config);
    LinkPath *path = g_aligned_alloc0(1, n_bytes, LINE_BYTES);

    path->answer.push = link_answer;
    path->engine = engine;
    path->key = *key;
    path->n_bytes = n_bytes;
    path->config = config;
    path->first = &path->exit;
    link_path_choose_ends(path);
    meter_init(&path->meter);
    link_path_arrange(path, (char *)(path + 1));
    chain_apply(link_path_chain(path), path->config);
    chain_set_beyond(link_path_chain(path), 0);
    return path;
}

static void link_path_free(LinkPath *path)
{
    trace_runner_free(path->runner);
    for (Stage *stage; (stage = chain_stage(link_path_chain(path), path->first)) != NULL;) {
        path->first = stage->next;
        stage_free(path, stage);
    }
    meter_clear(&path->meter);
    g_free(path->reordering);
    g_free(path->runs);
    link_config_free(path->own_config);
    g_aligned_free(path);
}

// Tells the stages of one direction of the other.
static void link_pair(Link *link)
{
    LinkPath *forward = link->paths[LINK_FORWARD], *reverse = link->paths[LINK_REVERSE];

    chain_set_back(link_path_chain(forward), &reverse->answer);
    chain_set_back(link_path_chain(reverse), &forward->answer);
    chain_pair(link_path_chain(forward), link_path_chain(reverse));
}

// Plays the trace in force; none was there before for most.
static void link_play(Link *link, LinkDirection direction)
{
    LinkPath *path = link->paths[direction];
    const TraceConfig *trace = link_config_of(path->config, &trace_stage_class);

    if (trace->trace != NULL && path->runner == NULL)
        path->runner = trace_runner_new(path->engine, link, direction);
    if (path->runner != NULL)
        trace_runner_apply(path->runner);
}

Link *link_new(Engine *engine, uint64_t seed, const char *name, const LinkConfig *forward,
               const LinkConfig *reverse)
{
    Link *link = g_new0(Link, 1);

    link->name = g_strdup(name);
    for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++) {
        LinkKey key = {seed, link->name, direction};

        link->paths[direction] =
            link_path_new(engine, &key, direction == LINK_FORWARD ? forward : reverse);
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
    return &link->paths[direction]->entry;
}

void link_fetch(const Link *link, LinkDirection direction)
{
    const LinkPath *path = link->paths[direction];

    engine_fetch(path, LINE_BYTES);
    engine_fetch(path + 1, STAGE_FETCH_BYTES);
}

void link_connect(Link *link, LinkDirection direction, Sink *out)
{
    g_assert(link->paths[direction]->out == NULL);
    link->paths[direction]->out = out;
}

int64_t link_least_ns(const Link *link, LinkDirection direction)
{
    const LinkPath *path = link->paths[direction];

    return trace_least_ns(path->config, chain_least_ns(link_path_chain(path)));
}

void link_set_beyond(Link *link, LinkDirection direction, int64_t beyond_ns)
{
    LinkPath *path = link->paths[direction];

    path->beyond_ns = beyond_ns;
    chain_set_beyond(link_path_chain(path), beyond_ns);
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
    path->config = path->own_config;
    link_path_choose_ends(path);
    link_path_arrange(path, NULL);
    chain_apply(link_path_chain(path), path->config);
    link_path_bequeath(path);
    link_pair(link);
    chain_set_beyond(link_path_chain(path), path->beyond_ns);
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
    g_autoptr(LinkConfig) config = link_config_copy(path->config);

    g_assert(path->next_index == 0);
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

    witness->next = path->witnesses;
    path->witnesses = witness;
    link_path_choose_ends(path);
    for (Stage *stage = chain_stage(link_path_chain(path), path->first); stage != NULL;
         stage = chain_stage(link_path_chain(path), stage->next))
        stage->witnesses = witness;
}

bool link_is_down(const Link *link, LinkDirection direction)
{
    return link->paths[direction]->is_down;
}

Meter *link_take_meter(Link *link, LinkDirection direction)
{
    link->paths[direction]->meter_taken = true;
    return &link->paths[direction]->meter;
}

const Stage *link_stage(const Link *link, LinkDirection direction, const StageClass *class)
{
    const LinkPath *path = link->paths[direction];
    const Stage *stage = chain_stage(link_path_chain(path), path->first);

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
    return link->paths[direction]->config;
}

const LinkCounters *link_counters(const Link *link, LinkDirection direction)
{
    return &link->paths[direction]->counters;
}

uint64_t link_n_changes(const Link *link, LinkDirection direction)
{
    return counter_get(&link->n_changes[direction]);
}

const Meter *link_meter(const Link *link, LinkDirection direction)
{
    return &link->paths[direction]->meter;
}

const LossRuns *link_loss_runs(const Link *link, LinkDirection direction)
{
    return link->paths[direction]->runs;
}

uint64_t link_held_frames(const Link *link, LinkDirection direction)
{
    return chain_held_frames(link_path_chain(link->paths[direction]));
}
