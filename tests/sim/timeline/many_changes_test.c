// SPDX-License-Identifier: Apache-2.0
// A thousand changes a second on a hundred links, all of which every frame goes through:
//
//   a === s1 === s2 === … === s99 === b
#include "sim/timeline/timeline.h"
#include "tests/sim/scenario/parsed.h"
#include "tests/support/ethernet.h"

#define MS INT64_C(1000000)

enum { N_LINKS = 100, FRAME_BYTES = 200, POOL_BYTES = 64 * 1024 * 1024 };

// Sends a frame each millisecond, and notes how long each took and in which order they came.
typedef struct {
    Event next;
    Sink sink;
    Engine *engine;
    FramePool *pool;
    Sink *to;
    int64_t until_ns;
    GArray *sent_ns;
    guint n_received;
    int64_t least_ns, most_ns;
} Traffic;

static void traffic_send(Event *event)
{
    Traffic *self = (Traffic *)event; // its first member
    int64_t now_ns = engine_now(self->engine);

    g_array_append_val(self->sent_ns, now_ns);
    sink_push(self->to, ethernet_frame_new(self->pool, 1, 2, FRAME_BYTES));
    if (now_ns + MS < self->until_ns)
        engine_arm(self->engine, &self->next, now_ns + MS);
}

static void traffic_receive(Sink *sink, Frame *frame)
{
    Traffic *self = (Traffic *)(void *)((char *)sink - offsetof(Traffic, sink));
    int64_t took_ns =
        engine_now(self->engine) - g_array_index(self->sent_ns, int64_t, self->n_received++);

    self->least_ns = MIN(self->least_ns, took_ns);
    self->most_ns = MAX(self->most_ns, took_ns);
    frame_free(frame);
}

// Link n is set to 50 us at n ms and every 100 ms from there, for 50 ms; each is 100 us else, with
// a rate that is changed at the same time.
static Scenario *scenario_of_a_chain(void)
{
    g_autoptr(GString) text = g_string_new("nodes: {a: {}, b: {}");

    for (int i = 1; i < N_LINKS; i++)
        g_string_append_printf(text, ", s%d: {kind: switch}", i);
    g_string_append(text, "}\nlinks:\n");
    for (int i = 0; i < N_LINKS; i++) {
        g_autofree char *left = i > 0 ? g_strdup_printf("s%d", i) : g_strdup("a");
        g_autofree char *right = i < N_LINKS - 1 ? g_strdup_printf("s%d", i + 1) : g_strdup("b");

        g_string_append_printf(text,
                               "  - {endpoints: [%s, %s], name: l%d, delay: 100us, rate: 1gbit}\n",
                               left, right, i);
    }
    g_string_append(text, "timeline:\n");
    for (int i = 0; i < N_LINKS; i++)
        g_string_append_printf(text,
                               "  - {at: %dms, every: 100ms, for: 50ms, link: l%d,\n"
                               "     set: {delay: 50us, rate: 2gbit, loss: 0%%}}\n",
                               i, i);
    return parsed(text->str);
}

static void test_no_frame_is_lost_or_late(void)
{
    g_autoptr(Scenario) scenario = scenario_of_a_chain();
    Engine *engine = engine_new();
    FramePool *pool = frame_pool_new(POOL_BYTES);
    Topology *topology = topology_new(scenario, engine);
    Timeline *timeline = timeline_new(scenario, topology, engine, (TimelineEvents){0});
    InterfaceSpec *near = g_ptr_array_index(scenario_node(scenario, "a")->interfaces, 0);
    InterfaceSpec *far = g_ptr_array_index(scenario_node(scenario, "b")->interfaces, 0);
    Traffic traffic = {.sink.push = traffic_receive,
                       .engine = engine,
                       .pool = pool,
                       .to = topology_entry(topology, near),
                       .until_ns = 5000 * MS,
                       .sent_ns = g_array_new(FALSE, FALSE, sizeof(int64_t)),
                       .least_ns = INT64_MAX};

    topology_connect(topology, near, &traffic.sink);
    topology_connect(topology, far, &traffic.sink);
    event_init(&traffic.next, traffic_send);
    engine_arm(engine, &traffic.next, 0);
    timeline_start(timeline);
    engine_run_until(engine, 5100 * MS);
    // Two changes of each link every 100 ms; each is one record.
    g_assert_cmpuint(change_log_total(timeline_log(timeline)), >=, 2 * 1000 * 5);
    g_assert_cmpuint(traffic.sent_ns->len, ==, 5000);
    g_assert_cmpuint(traffic.n_received, ==, 5000);
    // Each link takes 50 or 100 us, and what the rate takes: between 0.8 and 1.6 us.
    g_assert_cmpint(traffic.least_ns, >=, N_LINKS * (50000 + 800));
    g_assert_cmpint(traffic.most_ns, <=, N_LINKS * (100000 + 1600));
    for (guint i = 0; i < scenario->links->len; i++) {
        const Link *link = topology_link(topology, g_ptr_array_index(scenario->links, i));

        g_assert_cmpuint(drop_total(&link_counters(link, LINK_FORWARD)->drops), ==, 0);
        g_assert_cmpuint(link_held_frames(link, LINK_FORWARD), ==, 0);
    }
    timeline_free(timeline);
    topology_free(topology);
    g_array_unref(traffic.sent_ns);
    frame_pool_free(pool);
    engine_free(engine);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/timeline/many-changes/no-frame-is-lost-or-late",
                    test_no_frame_is_lost_or_late);
    return g_test_run();
}
