// SPDX-License-Identifier: Apache-2.0
// Frame-hops a second in virtual time, on one core, as JSON; a frame that has crossed a link is
// one.
// - `frame_hops_per_s`: one source, one link (rate, delay), and a switch that has learnt where to;
// - `links`: 10, 100, 1000 and 10,000 links (rate, loss, delay), each with a source of its own.
// Every
//   link is as busy as any other, with a handful of frames under way, so the figures differ by
//   what more links cost: a fuller event queue, and caches that no longer hold all of it;
// - `ratio`: the last of those figures against the first.
//
// All rigs stand side by side and run in short turns, one after the other; a rig's figure is the
// median of its turns. Seconds are of processor time, which others on the machine do not take.
#include <glib.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/engine.h"
#include "core/frame.h"
#include "links/link.h"
#include "sim/nodes/node.h"
#include "tests/bench/datagram.h"
#include "tests/support/ethernet.h"
#include "tests/support/link_rig.h"

enum {
    TURNS_PER_S = 20, // of all rigs together
    WARM_UP_GAPS = 100,
    CLOCK_FRAMES = 20000,
    SWITCHED_FRAME_BYTES = 1000,
    SWITCHED_GAP_NS = 1000, // 8 Gbit/s into a link of 10 Gbit/s: about 1000 frames are under way
    LINKS_GAP_NS =
        100 * 1000, // 5 to 96 Mbit/s into a link of 100 Mbit/s: some five frames are under way
};

// Bytes of all frames of a link, from link to link.
static const uint16_t links_frame_bytes[] = {64, 576, 64, 64, 576, 64, 1200, 64, 576, 64, 576, 64};

typedef struct {
    Sink sink;
    uint64_t n_frames;
} Drain;

typedef struct {
    Event next;
    Engine *engine;
    FramePool *pool;
    Link *link;
    Frame *(*make)(FramePool *pool, uint32_t length_bytes);
    uint32_t length_bytes;
    int64_t gap_ns;
} Source;

typedef struct {
    unsigned n_links;
    Engine *engine;
    FramePool *pool;
    LinkConfig *config;
    Link **links;
    Source *sources;
    Node *node; // NULL without a switch
    Drain drain, near;
    GArray *hops_per_s; // of each turn
} Rig;

static void drain_push(Sink *sink, Frame *frame)
{
    ((Drain *)sink)->n_frames++;
    frame_free(frame);
}

static void source_fire(Event *event)
{
    Source *self = (Source *)((char *)event - offsetof(Source, next));
    Frame *frame = self->make(self->pool, self->length_bytes);

    engine_arm(self->engine, &self->next, engine_now(self->engine) + self->gap_ns);
    sink_push(link_entry(self->link, LINK_FORWARD), frame);
}

static void source_fetch(const Event *event)
{
    const Source *self = (const Source *)((const char *)event - offsetof(Source, next));

    link_fetch(self->link, LINK_FORWARD);
}

static void source_start(Source *self, Rig *rig, Link *link, int64_t at_ns, int64_t gap_ns)
{
    self->engine = rig->engine;
    self->pool = rig->pool;
    self->link = link;
    self->gap_ns = gap_ns;
    event_init(&self->next, source_fire);
    self->next.fetch = source_fetch;
    engine_arm(rig->engine, &self->next, at_ns);
}

static Frame *switched_make(FramePool *pool, uint32_t length_bytes)
{
    return ethernet_frame_new(pool, 2, 1, length_bytes);
}

// Writes the header only: payload is no part of a hop.
static Frame *links_make(FramePool *pool, uint32_t length_bytes)
{
    Frame *frame = frame_new(pool, length_bytes);

    g_assert_nonnull(frame);
    frame->length_bytes = length_bytes;
    memset(frame_bytes(frame), 0, FRAME_ETHERNET_HEADER_BYTES);
    return frame;
}

static Rig *rig_new(unsigned n_links, const char *config)
{
    Rig *rig = g_new0(Rig, 1);

    rig->n_links = n_links;
    rig->engine = engine_new();
    rig->pool = frame_pool_new(UINT64_C(1) << 30);
    rig->config = link_rig_config(config);
    rig->links = g_new0(Link *, n_links);
    rig->sources = g_new0(Source, n_links);
    rig->drain.sink.push = rig->near.sink.push = drain_push;
    rig->hops_per_s = g_array_new(FALSE, FALSE, sizeof(double));
    for (unsigned n = 0; n < n_links; n++) {
        g_autofree char *name = g_strdup_printf("link%u", n);

        rig->links[n] = link_new(rig->engine, 1, name, rig->config, rig->config);
        link_connect(rig->links[n], LINK_REVERSE, &rig->near.sink);
    }
    return rig;
}

static Rig *rig_new_switched(void)
{
    Rig *rig = rig_new(1, "rate 10gbit, delay 1ms");
    Link *link = rig->links[0];

    rig->node = node_new(&switch_node_class, rig->engine, 2,
                         &(NodeConfig){.ageing_ns = INT64_C(300) * NS_PER_S});
    link_connect(link, LINK_FORWARD, node_port(rig->node, 0));
    node_connect(rig->node, 0, link_entry(link, LINK_REVERSE));
    node_connect(rig->node, 1, &rig->drain.sink);
    sink_push(node_port(rig->node, 1), ethernet_frame_new(rig->pool, 1, 2, SWITCHED_FRAME_BYTES));
    rig->sources[0].make = switched_make;
    rig->sources[0].length_bytes = SWITCHED_FRAME_BYTES;
    source_start(&rig->sources[0], rig, link, SWITCHED_GAP_NS, SWITCHED_GAP_NS);
    return rig;
}

// The gaps differ by up to a tenth, and the first frames are spread at random over the first gap:
// no order in memory is the order in time, nor does an order in time last.
static Rig *rig_new_links(unsigned n_links)
{
    Rig *rig = rig_new(n_links, "rate 100mbit, loss 1%, delay 400us");
    GRand *random = g_rand_new_with_seed(1);

    for (unsigned n = 0; n < n_links; n++) {
        int64_t at_ns = g_rand_int_range(random, 0, LINKS_GAP_NS);
        int64_t gap_ns = LINKS_GAP_NS + g_rand_int_range(random, 0, LINKS_GAP_NS / 10);

        link_connect(rig->links[n], LINK_FORWARD, &rig->drain.sink);
        rig->sources[n].make = links_make;
        rig->sources[n].length_bytes = links_frame_bytes[n % G_N_ELEMENTS(links_frame_bytes)];
        source_start(&rig->sources[n], rig, rig->links[n], at_ns, gap_ns);
    }
    g_rand_free(random);
    return rig;
}

static void rig_free(Rig *rig)
{
    for (unsigned n = 0; n < rig->n_links; n++) {
        engine_disarm(rig->engine, &rig->sources[n].next);
        link_free(rig->links[n]);
    }
    g_clear_pointer(&rig->node, node_free);
    g_array_unref(rig->hops_per_s);
    g_free(rig->sources);
    g_free(rig->links);
    link_config_free(rig->config);
    frame_pool_free(rig->pool);
    engine_free(rig->engine);
    g_free(rig);
}

static int64_t processor_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void rig_turn(Rig *rig)
{
    int64_t gap_ns = rig->sources[0].gap_ns;
    int64_t step_ns = MAX(gap_ns * CLOCK_FRAMES / rig->n_links, gap_ns);
    uint64_t n_before = rig->drain.n_frames;
    int64_t start_ns = processor_ns(), elapsed_ns;
    double hops_per_s;

    do {
        engine_run_until(rig->engine, engine_now(rig->engine) + step_ns);
        elapsed_ns = processor_ns() - start_ns;
    } while (elapsed_ns < NS_PER_S / TURNS_PER_S);
    hops_per_s = (double)(rig->drain.n_frames - n_before) * (double)NS_PER_S / (double)elapsed_ns;
    g_array_append_val(rig->hops_per_s, hops_per_s);
}

static int compare_doubles(const void *a, const void *b)
{
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static double rig_median(Rig *rig)
{
    g_array_sort(rig->hops_per_s, compare_doubles);
    return g_array_index(rig->hops_per_s, double, rig->hops_per_s->len / 2);
}

int main(int argc, char **argv)
{
    static const unsigned n_links[] = {10, 100, 1000, 10000};
    enum { N_RIGS = 1 + G_N_ELEMENTS(n_links) };
    int n_turns = (argc > 1 ? atoi(argv[1]) : 5) * TURNS_PER_S / N_RIGS;
    Rig *rigs[N_RIGS] = {rig_new_switched()};

    for (unsigned n = 1; n < N_RIGS; n++)
        rigs[n] = rig_new_links(n_links[n - 1]);
    for (unsigned n = 0; n < N_RIGS; n++) // fill queues, and touch what is ever touched
        engine_run_until(rigs[n]->engine, WARM_UP_GAPS * rigs[n]->sources[0].gap_ns);
    for (int turn = 0; turn < MAX(n_turns, 1); turn++)
        for (unsigned n = 0; n < N_RIGS; n++)
            rig_turn(rigs[n]);
    printf("{\"frame_hops_per_s\": %.0f, \"links\": {", rig_median(rigs[0]));
    for (unsigned n = 1; n < N_RIGS; n++)
        printf("%s\"%u\": %.0f", n > 1 ? ", " : "", n_links[n - 1], rig_median(rigs[n]));
    printf("}, \"ratio\": %.3f}\n", rig_median(rigs[N_RIGS - 1]) / rig_median(rigs[1]));
    for (unsigned n = 0; n < N_RIGS; n++)
        rig_free(rigs[n]);
    return EXIT_SUCCESS;
}
