// SPDX-License-Identifier: Apache-2.0
// Frame-hops a second in virtual time, on one core, as JSON; a frame that has crossed a link is
// one.
// - `frame_hops_per_s`: one source, one link (rate, delay), and a switch that has learnt where to;
// - `links`: 10, 100, 1000 and 10,000 links (rate, loss, delay), each with a source of its own.
//   Every link is as busy as any other, with a handful of frames under way, so the figures differ
//   by what more links cost: a fuller event queue, and caches that no longer hold all of it;
// - `ratio`: the last of those figures against the first.
//
// All rigs stand side by side and run in short turns, one after the other; a rig's figure is the
// median of its turns. Seconds are of processor time, which others on the machine do not take.
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/nodes/node.h"
#include "tests/bench/rig.h"
#include "tests/support/ethernet.h"
#include "tests/support/link_rig.h"

#define NS_PER_S INT64_C(1000000000)

enum {
    TURNS_PER_S = 20, // of all rigs together
    WARM_UP_GAPS = 100,
    SWITCHED_FRAME_BYTES = 1000,
    SWITCHED_GAP_NS = 1000, // 8 Gbit/s into a link of 10 Gbit/s: about 1000 frames are under way
    LINKS_GAP_NS =
        100 * 1000, // 5 to 96 Mbit/s into a link of 100 Mbit/s: some five frames are under way
};

// Bytes of all frames of a link, from link to link.
static const uint16_t links_frame_bytes[] = {64, 576, 64, 64, 576, 64, 1200, 64, 576, 64, 576, 64};

static Frame *switched_make(FramePool *pool, uint32_t length_bytes, uint64_t number)
{
    (void)number;
    return ethernet_frame_new(pool, 2, 1, length_bytes);
}

// Writes the header only: payload is no part of a hop.
static Frame *links_make(FramePool *pool, uint32_t length_bytes, uint64_t number)
{
    Frame *frame = frame_new(pool, length_bytes);

    (void)number;
    g_assert_nonnull(frame);
    frame->length_bytes = length_bytes;
    memset(frame_bytes(frame), 0, FRAME_ETHERNET_HEADER_BYTES);
    return frame;
}

static Rig *rig_new_switched(Node **node)
{
    Rig *rig = rig_new(1, link_rig_config("rate 10gbit, delay 1ms"));
    Link *link = rig->links[0];

    *node = node_new(&switch_node_class, rig->engine, 2,
                     &(NodeConfig){.ageing_ns = INT64_C(300) * NS_PER_S});
    link_connect(link, LINK_FORWARD, node_port(*node, 0));
    node_connect(*node, 0, link_entry(link, LINK_REVERSE));
    node_connect(*node, 1, &rig->drain.sink);
    sink_push(node_port(*node, 1), ethernet_frame_new(rig->pool, 1, 2, SWITCHED_FRAME_BYTES));
    rig_start(rig, 0, &(RigFlow){switched_make, SWITCHED_FRAME_BYTES, SWITCHED_GAP_NS},
              SWITCHED_GAP_NS);
    return rig;
}

// The gaps differ by up to a tenth, and the first frames are spread at random over the first gap:
// no order in memory is the order in time, nor does an order in time last.
static Rig *rig_new_links(unsigned n_links)
{
    Rig *rig = rig_new(n_links, link_rig_config("rate 100mbit, loss 1%, delay 400us"));
    GRand *random = g_rand_new_with_seed(1);

    for (unsigned n = 0; n < n_links; n++) {
        int64_t at_ns = g_rand_int_range(random, 0, LINKS_GAP_NS);
        RigFlow flow = {links_make, links_frame_bytes[n % G_N_ELEMENTS(links_frame_bytes)],
                        LINKS_GAP_NS + g_rand_int_range(random, 0, LINKS_GAP_NS / 10)};

        link_connect(rig->links[n], LINK_FORWARD, &rig->drain.sink);
        rig_start(rig, n, &flow, at_ns);
    }
    g_rand_free(random);
    return rig;
}

int main(int argc, char **argv)
{
    static const unsigned n_links[] = {10, 100, 1000, 10000};
    enum { N_RIGS = 1 + G_N_ELEMENTS(n_links) };
    int n_turns = (argc > 1 ? atoi(argv[1]) : 5) * TURNS_PER_S / N_RIGS;
    Node *node;
    Rig *rigs[N_RIGS] = {rig_new_switched(&node)};
    GArray *hops_per_s[N_RIGS];
    double median[N_RIGS];

    for (unsigned n = 1; n < N_RIGS; n++)
        rigs[n] = rig_new_links(n_links[n - 1]);
    for (unsigned n = 0; n < N_RIGS; n++) { // fill queues, and touch what is ever touched
        engine_run_until(rigs[n]->engine,
                         WARM_UP_GAPS * (int64_t)(n == 0 ? SWITCHED_GAP_NS : LINKS_GAP_NS));
        hops_per_s[n] = g_array_new(FALSE, FALSE, sizeof(double));
    }
    for (int turn = 0; turn < MAX(n_turns, 1); turn++) {
        for (unsigned n = 0; n < N_RIGS; n++) {
            double hops = (double)NS_PER_S / rig_turn(rigs[n], NS_PER_S / TURNS_PER_S).arrived_ns;

            g_array_append_val(hops_per_s[n], hops);
        }
    }
    for (unsigned n = 0; n < N_RIGS; n++)
        median[n] = rig_median(hops_per_s[n]);
    printf("{\"frame_hops_per_s\": %.0f, \"links\": {", median[0]);
    for (unsigned n = 1; n < N_RIGS; n++)
        printf("%s\"%u\": %.0f", n > 1 ? ", " : "", n_links[n - 1], median[n]);
    printf("}, \"ratio\": %.3f}\n", median[N_RIGS - 1] / median[1]);
    node_free(node);
    for (unsigned n = 0; n < N_RIGS; n++) {
        rig_free(rigs[n]);
        g_array_unref(hops_per_s[n]);
    }
    return EXIT_SUCCESS;
}
