// SPDX-License-Identifier: Apache-2.0
// Frame-hops a second in virtual time: each link has a source that never ends and three stages
// (loss, rate, delay). One frame that has crossed all of them is one frame-hop. However many links
// there are, about as many frames are under way, so that what grows is the engine's part. Prints
// JSON.
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/engine.h"
#include "core/frame.h"
#include "links/link.h"
#include "tests/bench/datagram.h"
#include "tests/support/link_rig.h"

enum {
    FRAME_BYTES = 1000,
    GAP_NS = 100, // of all sources together; 10 links are filled to 80 %
    DELAY_NS = 1000 * 1000,
    TURN_NS = 1000 * 1000,
};

typedef struct {
    Event next;
    Engine *engine;
    FramePool *pool;
    int64_t gap_ns;
    Link *link;
} Source;

static void source_fire(Event *event)
{
    Source *self = (Source *)((char *)event - offsetof(Source, next));
    Frame *frame = frame_new(self->pool, FRAME_BYTES);

    if (frame == NULL)
        abort();
    frame->length_bytes = FRAME_BYTES;
    engine_arm(self->engine, &self->next, engine_now(self->engine) + self->gap_ns);
    sink_push(link_entry(self->link, LINK_FORWARD), frame);
}

typedef struct {
    Sink sink;
    uint64_t n_frames;
} Drain;

static void drain_push(Sink *sink, Frame *frame)
{
    ((Drain *)sink)->n_frames++;
    frame_free(frame);
}

static void source_start(Source *self, int number, Drain *drain, const LinkConfig *config)
{
    char name[32];

    snprintf(name, sizeof name, "hop%d", number);
    self->link = link_new(self->engine, 1, name, config, config);
    link_connect(self->link, LINK_FORWARD, &drain->sink);
    link_connect(self->link, LINK_REVERSE, &drain->sink);
    event_init(&self->next, source_fire);
    engine_arm(self->engine, &self->next, (int64_t)(number + 1) * GAP_NS);
}

static void print_hops(uint64_t n_frames, int64_t elapsed_ns)
{
    printf("{\"frames\": %lu, \"seconds\": %.6f, \"frame_hops_per_s\": %.0f}\n", n_frames,
           (double)elapsed_ns / (double)NS_PER_S,
           (double)n_frames * (double)NS_PER_S / (double)elapsed_ns);
}

int main(int argc, char **argv)
{
    int64_t seconds = argc > 1 ? atoi(argv[1]) : 2;
    int n_links = argc > 2 ? atoi(argv[2]) : 10;
    Engine *engine = engine_new();
    FramePool *pool = frame_pool_new(256 * 1024 * 1024);
    LinkConfig *config = link_rig_config("loss 0.1%, rate 10gbit, delay 1ms");
    Source *sources = calloc((size_t)n_links, sizeof *sources);
    Drain drain = {.sink.push = drain_push};
    int64_t start_ns, elapsed_ns;

    for (int i = 0; i < n_links; i++) {
        sources[i] = (Source){.engine = engine, .pool = pool, .gap_ns = (int64_t)n_links * GAP_NS};
        source_start(&sources[i], i, &drain, config);
    }
    engine_run_until(engine, 2 * (DELAY_NS + (int64_t)n_links * GAP_NS));

    drain.n_frames = 0;
    start_ns = clock_monotonic_ns();
    do {
        engine_run_until(engine, engine_now(engine) + TURN_NS);
        elapsed_ns = clock_monotonic_ns() - start_ns;
    } while (elapsed_ns < seconds * NS_PER_S);
    print_hops(drain.n_frames, elapsed_ns);

    for (int i = 0; i < n_links; i++) {
        engine_disarm(engine, &sources[i].next);
        link_free(sources[i].link);
    }
    link_config_free(config);
    free(sources);
    frame_pool_free(pool);
    engine_free(engine);
    return EXIT_SUCCESS;
}
