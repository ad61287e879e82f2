// SPDX-License-Identifier: Apache-2.0
// A link's directions: each an entry that numbers and counts frames, the stages its configuration
// needs, and an exit that counts them again.
#include "links/link.h"

typedef struct {
    Sink entry;
    Sink exit;
    Sink *first; // stage or exit
    Sink *out;   // beyond the link
    Engine *engine;
    uint64_t next_index;
    bool meter_taken;
    LinkCounters counters;
    Meter meter;
    const LinkConfig *config;
    GPtrArray *stages; // of Stage, owned
} LinkPath;

struct Link {
    char *name;
    LinkPath paths[N_LINK_DIRECTIONS];
};

static void link_enter(Sink *sink, Frame *frame)
{
    LinkPath *path = (LinkPath *)((char *)sink - offsetof(LinkPath, entry));

    frame->index = path->next_index;
    frame->entered_ns = frame->wired_ns = engine_now(path->engine);
    frame->wired_span_ns = frame->due_span_ns = 0;
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

static Stage *stage_new(LinkPath *path, const StageClass *class, RandomKey key)
{
    Stage *stage = g_malloc0(class->stage_bytes);
    const void *config = link_config_of(path->config, class);

    stage->sink.push = class->push;
    stage->class = class;
    stage->config = config;
    stage->engine = path->engine;
    stage->key = key;
    stage->drops = &path->counters.drops;
    stage->spacing_ns = link_config_spacing_ns(path->config);
    class->init(stage, config);
    return stage;
}

static void stage_free(Stage *stage)
{
    if (stage->class->clear != NULL)
        stage->class->clear(stage);
    g_free(stage);
}

static void link_path_init(LinkPath *path, Engine *engine, uint64_t seed, const char *name,
                           LinkDirection direction, const LinkConfig *config)
{
    Sink **joint = &path->first;

    path->entry.push = link_enter;
    path->exit.push = link_leave;
    path->engine = engine;
    path->config = config;
    meter_init(&path->meter);
    path->stages = g_ptr_array_new_with_free_func((GDestroyNotify)stage_free);
    for (const StageClass *const *item = stage_classes; *item != NULL; item++) {
        Stage *stage;

        if (!(*item)->is_needed(link_config_of(config, *item)))
            continue;
        stage = stage_new(path, *item, random_key(seed, name, (int)direction, (*item)->name));
        g_ptr_array_add(path->stages, stage);
        *joint = &stage->sink;
        joint = &stage->next;
    }
    *joint = &path->exit;
}

Link *link_new(Engine *engine, uint64_t seed, const char *name, const LinkConfig *forward,
               const LinkConfig *reverse)
{
    Link *link = g_new0(Link, 1);

    link->name = g_strdup(name);
    link_path_init(&link->paths[LINK_FORWARD], engine, seed, name, LINK_FORWARD, forward);
    link_path_init(&link->paths[LINK_REVERSE], engine, seed, name, LINK_REVERSE, reverse);
    return link;
}

void link_free(Link *link)
{
    for (int direction = 0; direction < N_LINK_DIRECTIONS; direction++) {
        g_ptr_array_unref(link->paths[direction].stages);
        meter_clear(&link->paths[direction].meter);
    }
    g_free(link->name);
    g_free(link);
}

Sink *link_entry(Link *link, LinkDirection direction)
{
    return &link->paths[direction].entry;
}

void link_connect(Link *link, LinkDirection direction, Sink *out)
{
    g_assert(link->paths[direction].out == NULL);
    link->paths[direction].out = out;
}

Meter *link_take_meter(Link *link, LinkDirection direction)
{
    link->paths[direction].meter_taken = true;
    return &link->paths[direction].meter;
}

const char *link_name(const Link *link)
{
    return link->name;
}

const LinkConfig *link_config(const Link *link, LinkDirection direction)
{
    return link->paths[direction].config;
}

const LinkCounters *link_counters(const Link *link, LinkDirection direction)
{
    return &link->paths[direction].counters;
}

const Meter *link_meter(const Link *link, LinkDirection direction)
{
    return &link->paths[direction].meter;
}

uint64_t link_held_frames(const Link *link, LinkDirection direction)
{
    const GPtrArray *stages = link->paths[direction].stages;
    uint64_t n_frames = 0;

    for (guint i = 0; i < stages->len; i++) {
        const Stage *stage = g_ptr_array_index(stages, i);

        if (stage->class->held_frames != NULL)
            n_frames += stage->class->held_frames(stage);
    }
    return n_frames;
}
