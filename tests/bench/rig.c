// SPDX-License-Identifier: Apache-2.0
// Sources are events of the rig's engine, and ask for where their link begins.
#include "tests/bench/rig.h"

#include <stddef.h>
#include <time.h>

enum {
    CLOCK_FRAMES = 10000, // between two looks at the clock
    LINE_BYTES = 64,
};

#define RIG_POOL_BYTES (UINT64_C(1) << 30) // address space; only what is used is touched
#define NS_PER_S INT64_C(1000000000)

struct RigSource {
    Event next;
    Engine *engine;
    FramePool *pool;
    Link *link;
    RigFlow flow;
    uint64_t n_frames;
};

static void drain_push(Sink *sink, Frame *frame)
{
    ((RigDrain *)sink)->n_frames++;
    frame_free(frame);
}

static void source_fire(Event *event)
{
    RigSource *self = (RigSource *)((char *)event - offsetof(RigSource, next));
    Frame *frame = self->flow.make(self->pool, self->flow.length_bytes, self->n_frames++);

    engine_arm(self->engine, &self->next, engine_now(self->engine) + self->flow.gap_ns);
    sink_push(link_entry(self->link, LINK_FORWARD), frame);
}

static void source_fetch(const Event *event)
{
    const RigSource *self = (const RigSource *)((const char *)event - offsetof(RigSource, next));

    engine_fetch(link_entry(self->link, LINK_FORWARD), LINE_BYTES);
}

Rig *rig_new(unsigned n_links, LinkConfig *config)
{
    Rig *rig = g_new0(Rig, 1);

    rig->n_links = n_links;
    rig->engine = engine_new();
    rig->pool = frame_pool_new(RIG_POOL_BYTES);
    g_assert_nonnull(rig->pool);
    rig->config = config;
    rig->links = g_new0(Link *, n_links);
    rig->sources = g_new0(RigSource, n_links);
    rig->drain.sink.push = rig->near.sink.push = drain_push;
    for (unsigned n = 0; n < n_links; n++) {
        g_autofree char *name = g_strdup_printf("link%u", n);

        rig->links[n] = link_new(rig->engine, 1, name, rig->config, rig->config);
        link_connect(rig->links[n], LINK_REVERSE, &rig->near.sink);
        event_init(&rig->sources[n].next, source_fire);
    }
    return rig;
}

void rig_free(Rig *rig)
{
    for (unsigned n = 0; n < rig->n_links; n++) {
        engine_disarm(rig->engine, &rig->sources[n].next);
        link_free(rig->links[n]);
    }
    g_free(rig->sources);
    g_free(rig->links);
    link_config_free(rig->config);
    frame_pool_free(rig->pool);
    engine_free(rig->engine);
    g_free(rig);
}

void rig_start(Rig *rig, unsigned link, const RigFlow *flow, int64_t at_ns)
{
    RigSource *self = &rig->sources[link];

    self->engine = rig->engine;
    self->pool = rig->pool;
    self->link = rig->links[link];
    self->flow = *flow;
    self->next.fetch = source_fetch;
    engine_arm(rig->engine, &self->next, at_ns);
}

static int64_t processor_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static uint64_t rig_n_sent(const Rig *rig)
{
    uint64_t n_frames = 0;

    for (unsigned n = 0; n < rig->n_links; n++)
        n_frames += rig->sources[n].n_frames;
    return n_frames;
}

RigTurn rig_turn(const Rig *rig, int64_t turn_ns)
{
    int64_t gap_ns = rig->sources[0].flow.gap_ns;
    int64_t step_ns = MAX(gap_ns * CLOCK_FRAMES / rig->n_links, gap_ns);
    uint64_t n_sent = rig_n_sent(rig), n_arrived = rig->drain.n_frames;
    int64_t start_ns = processor_ns(), elapsed_ns;

    do {
        engine_run_until(rig->engine, engine_now(rig->engine) + step_ns);
        elapsed_ns = processor_ns() - start_ns;
    } while (elapsed_ns < turn_ns);
    return (RigTurn){(double)elapsed_ns / (double)(rig_n_sent(rig) - n_sent),
                     (double)elapsed_ns / (double)(rig->drain.n_frames - n_arrived)};
}

static int compare_doubles(const void *a, const void *b)
{
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

double rig_median(GArray *values)
{
    g_array_sort(values, compare_doubles);
    return g_array_index(values, double, values->len / 2);
}
