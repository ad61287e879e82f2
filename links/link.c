// SPDX-License-Identifier: Apache-2.0
// A link's directions: each an entry that numbers and counts frames, the stages its configuration
// needs, and an exit that counts them again.
#include "links/link.h"

#include <stdalign.h>

enum { LINE_BYTES = 64, STAGE_ALIGN_BYTES = 16 };

// One block of memory with the stages behind it, in the order in which a frame touches it. With
// thousands of links no cache holds them all, and a hop costs what it touches in lines of memory.
typedef struct {
    Sink entry;
    Sink *first; // stage or exit
    Engine *engine;
    uint64_t next_index;
    LinkCounters counters;

    Sink exit;
    Sink *out; // beyond the link
    const LinkConfig *config;
    bool meter_taken;
    alignas(LINE_BYTES) Meter meter;
} LinkPath;

static_assert(offsetof(LinkPath, counters.out_bytes) < LINE_BYTES,
              "what is touched on entering has left its line of memory");

struct Link {
    char *name;
    LinkPath *paths[N_LINK_DIRECTIONS];
};

static void link_enter(Sink *sink, Frame *frame)
{
    LinkPath *path = (LinkPath *)((char *)sink - offsetof(LinkPath, entry));

    frame->index = path->next_index;
    frame->entered_ns = frame->wired_ns = engine_now(path->engine);
    frame->wired_span_ns = frame->due_span_ns = frame->due_lag_ns = 0;
    path->next_index += frame->n_segments;
    counter_add(&path->counters.in_frames, frame->n_segments);
    counter_add(&path->counters.in_bytes, frame_wire_bytes(frame));
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

static void stage_init(Stage *stage, LinkPath *path, const StageClass *class, RandomKey key)
{
    const void *config = link_config_of(path->config, class);

    stage->sink.push = class->push;
    stage->class = class;
    stage->config = config;
    stage->engine = path->engine;
    stage->key = key;
    stage->drops = &path->counters.drops;
    stage->spacing_ns = link_config_spacing_ns(path->config);
    class->init(stage, config);
}

static size_t stage_room(const StageClass *class)
{
    return (class->stage_bytes + STAGE_ALIGN_BYTES - 1) / STAGE_ALIGN_BYTES * STAGE_ALIGN_BYTES;
}

static size_t link_path_bytes(const LinkConfig *config)
{
    size_t bytes = sizeof(LinkPath);

    for (const StageClass *const *item = stage_classes; *item != NULL; item++)
        if ((*item)->is_needed(link_config_of(config, *item)))
            bytes += stage_room(*item);
    return bytes;
}

// The stage in which a chain of sinks goes on, NULL at its end.
static Stage *link_path_stage(const LinkPath *path, Sink *sink)
{
    return sink != &path->exit ? (Stage *)sink : NULL;
}

static int64_t stage_least_ns(const Stage *stage)
{
    return stage->class->least_ns != NULL ? stage->class->least_ns(stage) : 0;
}

// Tells each stage from `sink` on what lies beyond it, and returns what lies beyond `sink`'s entry.
static int64_t link_path_set_beyond(LinkPath *path, Sink *sink, int64_t beyond_ns)
{
    Stage *stage = link_path_stage(path, sink);

    if (stage == NULL)
        return beyond_ns;
    beyond_ns = link_path_set_beyond(path, stage->next, beyond_ns);
    stage->beyond_ns = MIN(beyond_ns, LINK_MAX_SLACK_NS);
    return beyond_ns + stage_least_ns(stage);
}

static LinkPath *link_path_new(Engine *engine, uint64_t seed, const char *name,
                               LinkDirection direction, const LinkConfig *config)
{
    LinkPath *path = g_aligned_alloc0(1, link_path_bytes(config), LINE_BYTES);
    Stage *stage = (Stage *)(path + 1);
    Sink **joint = &path->first;

    path->entry.push = link_enter;
    path->exit.push = link_leave;
    path->engine = engine;
    path->config = config;
    meter_init(&path->meter);
    for (const StageClass *const *item = stage_classes; *item != NULL; item++) {
        if (!(*item)->is_needed(link_config_of(config, *item)))
            continue;
        stage_init(stage, path, *item, random_key(seed, name, (int)direction, (*item)->name));
        *joint = &stage->sink;
        joint = &stage->next;
        stage = (Stage *)((char *)stage + stage_room(*item));
    }
    *joint = &path->exit;
    link_path_set_beyond(path, path->first, 0);
    return path;
}

static void link_path_free(LinkPath *path)
{
    for (Stage *stage; (stage = link_path_stage(path, path->first)) != NULL;) {
        path->first = stage->next;
        if (stage->class->clear != NULL)
            stage->class->clear(stage);
    }
    meter_clear(&path->meter);
    g_aligned_free(path);
}

Link *link_new(Engine *engine, uint64_t seed, const char *name, const LinkConfig *forward,
               const LinkConfig *reverse)
{
    Link *link = g_new0(Link, 1);

    link->name = g_strdup(name);
    link->paths[LINK_FORWARD] = link_path_new(engine, seed, name, LINK_FORWARD, forward);
    link->paths[LINK_REVERSE] = link_path_new(engine, seed, name, LINK_REVERSE, reverse);
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
    int64_t least_ns = 0;

    for (Stage *stage = link_path_stage(path, path->first); stage != NULL;
         stage = link_path_stage(path, stage->next))
        least_ns += stage_least_ns(stage);
    return least_ns;
}

void link_set_beyond(Link *link, LinkDirection direction, int64_t beyond_ns)
{
    link_path_set_beyond(link->paths[direction], link->paths[direction]->first, beyond_ns);
}

Meter *link_take_meter(Link *link, LinkDirection direction)
{
    link->paths[direction]->meter_taken = true;
    return &link->paths[direction]->meter;
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

const Meter *link_meter(const Link *link, LinkDirection direction)
{
    return &link->paths[direction]->meter;
}

uint64_t link_held_frames(const Link *link, LinkDirection direction)
{
    const LinkPath *path = link->paths[direction];
    uint64_t n_frames = 0;

    for (Stage *stage = link_path_stage(path, path->first); stage != NULL;
         stage = link_path_stage(path, stage->next))
        if (stage->class->held_frames != NULL)
            n_frames += stage->class->held_frames(stage);
    return n_frames;
}
