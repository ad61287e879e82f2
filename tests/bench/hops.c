// SPDX-License-Identifier: Apache-2.0
// Frame-hops a second in virtual time: a source that never ends sends frames over one link with two
// stages (rate, delay) to a switch, which has learnt where to. One frame that has crossed all of
// that is one frame-hop. Prints JSON.
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/engine.h"
#include "core/frame.h"
#include "links/link.h"
#include "sim/nodes/node.h"
#include "tests/bench/datagram.h"
#include "tests/support/ethernet.h"
#include "tests/support/link_rig.h"

enum {
    FRAME_BYTES = 1000,
    GAP_NS = 1000, // 8 Gbit/s into a link of 10 Gbit/s: about 1000 frames are under way
    TURN_NS = 1000 * 1000,
};

typedef struct {
    Event next;
    Engine *engine;
    FramePool *pool;
    Sink *to;
} Source;

static void source_fire(Event *event)
{
    Source *self = (Source *)((char *)event - offsetof(Source, next));
    Frame *frame = ethernet_frame_new(self->pool, 2, 1, FRAME_BYTES);

    engine_arm(self->engine, &self->next, engine_now(self->engine) + GAP_NS);
    sink_push(self->to, frame);
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

int main(int argc, char **argv)
{
    int64_t seconds = argc > 1 ? atoi(argv[1]) : 2;
    Engine *engine = engine_new();
    FramePool *pool = frame_pool_new(64 * 1024 * 1024);
    LinkConfig *config = link_rig_config("rate 10gbit, delay 1ms");
    Link *link = link_new(engine, 1, "hop", config, config);
    Node *node = node_new(&switch_node_class, engine, 2,
                          &(NodeConfig){.ageing_ns = INT64_C(300) * NS_PER_S});
    Drain near = {.sink.push = drain_push}, far = {.sink.push = drain_push};
    Source source = {.engine = engine, .pool = pool, .to = link_entry(link, LINK_FORWARD)};
    int64_t start_ns, elapsed_ns;

    link_connect(link, LINK_FORWARD, node_port(node, 0));
    link_connect(link, LINK_REVERSE, &near.sink);
    node_connect(node, 0, link_entry(link, LINK_REVERSE));
    node_connect(node, 1, &far.sink);
    sink_push(node_port(node, 1), ethernet_frame_new(pool, 1, 2, FRAME_BYTES));
    event_init(&source.next, source_fire);
    engine_arm(engine, &source.next, GAP_NS);
    engine_run_until(engine, NS_PER_S / 10);

    far.n_frames = 0;
    start_ns = clock_monotonic_ns();
    do {
        engine_run_until(engine, engine_now(engine) + TURN_NS);
        elapsed_ns = clock_monotonic_ns() - start_ns;
    } while (elapsed_ns < seconds * NS_PER_S);
    printf("{\"frames\": %lu, \"seconds\": %.6f, \"frame_hops_per_s\": %.0f}\n", far.n_frames,
           (double)elapsed_ns / (double)NS_PER_S,
           (double)far.n_frames * (double)NS_PER_S / (double)elapsed_ns);

    engine_disarm(engine, &source.next);
    link_free(link);
    node_free(node);
    link_config_free(config);
    frame_pool_free(pool);
    engine_free(engine);
    return EXIT_SUCCESS;
}
