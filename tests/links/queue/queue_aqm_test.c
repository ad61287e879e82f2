// SPDX-License-Identifier: Apache-2.0
// RED, PIE, FQ-PIE and DualPI2 as queues of a link, in virtual time: what delay they hold, whom
// they mark and drop, and that a queue at rest leaves nothing behind.
//
//     flows (Poisson, UDP, each with its ECN codepoint) ---> link, 10 Mbit/s ---> tap
#include <math.h>

#include "core/ecn.h"
#include "core/packet.h"
#include "tests/support/conservation.h"
#include "tests/support/dice.h"
#include "tests/support/ethernet.h"
#include "tests/support/link_rig.h"

#define MS INT64_C(1000000)
#define S INT64_C(1000000000)

enum { N_FLOWS_MAX = 4, IP = FRAME_ETHERNET_HEADER_BYTES, POOL_BYTES = 1 << 30 };

typedef struct Net Net;

typedef struct {
    Event event;
    Net *net;
    unsigned number;
    EcnCodepoint ecn;
    uint32_t n_bytes;
    double mean_gap_ns; // 0: silent
    int64_t end_ns;
    Dice dice;

    uint64_t n_sent, n_arrived, n_marked; // marked: that came CE and were not sent so
    double sum_wait_ns;                   // of those that entered behind from_ns
    uint64_t n_waits;
    uint64_t n_in_time; // that arrived from from_ns on, while the flows still sent
} Flow;

struct Net {
    Engine *engine;
    FramePool *pool;
    LinkConfig *config;
    Link *link;
    Sink tap;
    int64_t from_ns;
    Flow flows[N_FLOWS_MAX];
};

static Frame *flow_frame(Flow *flow)
{
    Frame *frame = ethernet_frame_new(flow->net->pool, 2, 1, flow->n_bytes);
    uint8_t *ip = frame_bytes(frame) + IP;

    ip[0] = 0x45;
    ip[1] = (uint8_t)flow->ecn;
    packet_store16(ip + 2, (uint16_t)(flow->n_bytes - IP));
    ip[9] = PACKET_PROTOCOL_UDP;
    packet_store32(ip + 12, 0x0a000001);
    packet_store32(ip + 16, 0x0a000002);
    packet_store16(ip + 20, (uint16_t)(1000 + flow->number));
    packet_store16(ip + 22, 9);
    return frame;
}

static void flow_fire(Event *event)
{
    Flow *flow = (Flow *)event;
    int64_t now_ns = engine_now(flow->net->engine);
    double u = (dice_throw(&flow->dice, UINT32_MAX) + 0.5) / 0x1p32;

    if (now_ns >= flow->end_ns)
        return;
    flow->n_sent++;
    sink_push(link_entry(flow->net->link, LINK_FORWARD), flow_frame(flow));
    engine_arm(flow->net->engine, &flow->event, now_ns + (int64_t)(-log(u) * flow->mean_gap_ns));
}

static void net_tap(Sink *sink, Frame *frame)
{
    Net *net = (Net *)((char *)sink - offsetof(Net, tap));
    Flow *flow = &net->flows[packet_load16(frame_bytes(frame) + IP + 20) - 1000];
    EcnCodepoint ecn = ecn_codepoint(frame);

    flow->n_arrived++;
    flow->n_marked += ecn == ECN_CE && flow->ecn != ECN_CE;
    g_assert_true(ecn == flow->ecn || (ecn == ECN_CE && flow->ecn != ECN_NOT_ECT));
    flow->n_in_time +=
        engine_now(net->engine) >= net->from_ns && engine_now(net->engine) < flow->end_ns;
    if (frame->entered_ns >= net->from_ns) {
        flow->sum_wait_ns += (double)(engine_now(net->engine) - frame->entered_ns);
        flow->n_waits++;
    }
    frame_free(frame);
}

static void net_open(Net *net, const char *config_text)
{
    *net = (Net){.engine = engine_new(), .pool = frame_pool_new(POOL_BYTES), .tap.push = net_tap};
    net->config = link_rig_config(config_text);
    net->link = link_new(net->engine, 1, "aqm", net->config, net->config);
    link_connect(net->link, LINK_FORWARD, &net->tap);
}

// Flow `number` sends at `load` of 10 Mbit/s.
static Flow *net_add(Net *net, unsigned number, EcnCodepoint ecn, uint32_t n_bytes, double load)
{
    Flow *flow = &net->flows[number];

    *flow = (Flow){.net = net, .number = number, .ecn = ecn, .n_bytes = n_bytes};
    event_init(&flow->event, flow_fire);
    flow->dice = dice_new(number + 1);
    flow->mean_gap_ns = n_bytes * 800.0 / load;
    return flow;
}

// All flows send from now on for so long; then all is sent that waits.
static void net_run(Net *net, int64_t duration_ns)
{
    int64_t end_ns = engine_now(net->engine) + duration_ns;

    for (Flow *flow = net->flows; flow < net->flows + N_FLOWS_MAX; flow++) {
        flow->end_ns = end_ns;
        if (flow->net != NULL)
            engine_arm(net->engine, &flow->event, engine_now(net->engine));
    }
    engine_run_until(net->engine, end_ns);
    conservation_assert(net->link);
    while (engine_next_due_ns(net->engine) != ENGINE_NEVER_NS)
        engine_run_until(net->engine, engine_next_due_ns(net->engine));
    conservation_assert(net->link);
}

static void net_close(Net *net)
{
    link_free(net->link);
    link_config_free(net->config);
    g_assert_cmpuint(frame_pool_in_use_frames(net->pool), ==, 0);
    frame_pool_free(net->pool);
    engine_free(net->engine);
}

static double flow_mean_ms(const Flow *flow)
{
    return flow->sum_wait_ns / (double)flow->n_waits / 1e6;
}

static double flow_lost(const Flow *flow)
{
    return 1 - (double)flow->n_arrived / (double)flow->n_sent;
}

static uint64_t net_dropped(const Net *net, DropReason reason)
{
    return counter_get(&link_counters(net->link, LINK_FORWARD)->drops.frames[reason]);
}

static uint64_t net_marked(const Net *net)
{
    return counter_get(&link_counters(net->link, LINK_FORWARD)->marked_frames);
}

// A flow that does not yield, at 1.2 of the rate: a sixth has to be dropped (to within 1 %, more
// than 4 standard deviations of what Poisson arrivals vary by in 60 s), and up to 3 % more where
// the queue runs empty now and then; and the delay stands near the target.
static void assert_holds_delay(const char *discipline, double low_ms, double high_ms)
{
    g_autofree char *text = g_strdup_printf("rate 10mbit, queue.discipline %s", discipline);
    Net net;
    Flow *flow;

    net_open(&net, text);
    flow = net_add(&net, 0, ECN_NOT_ECT, 1250, 1.2);
    net.from_ns = 20 * S;
    net_run(&net, 60 * S);
    g_test_message("%s: %.2f ms, %.4f lost", discipline, flow_mean_ms(flow), flow_lost(flow));
    g_assert_cmpfloat(flow_mean_ms(flow), >, low_ms);
    g_assert_cmpfloat(flow_mean_ms(flow), <, high_ms);
    g_assert_cmpfloat(flow_lost(flow), >, 1 / 6.0 - 0.01);
    g_assert_cmpfloat(flow_lost(flow), <, 1 / 6.0 + 0.03);
    g_assert_cmpuint(net_dropped(&net, DROP_AQM), ==, flow->n_sent - flow->n_arrived);
    g_assert_cmpuint(net_marked(&net), ==, 0);
    net_close(&net);
}

static void test_delay_is_held_at_the_target(void)
{
    // With the millisecond that sending takes.
    assert_holds_delay("pie", 12, 20);
    assert_holds_delay("pie, queue.target 40ms", 35, 50);
    assert_holds_delay("fq-pie", 12, 20);
    assert_holds_delay("dualpi2", 12, 20);
    assert_holds_delay("dualpi2, queue.target 30ms", 26, 37);
    // Between min + 0.4 and min + 0.6 of the span: five full frames are min, 15 are max.
    assert_holds_delay("red", 10.9, 14.5);
    // At 50 packets p_b is a sixth, of 1 ms each: 20 + 30 x 16.7 / 50, hits spread evenly: p_a is
    // about twice p_b, so half as far.
    assert_holds_delay("red, queue.min 20 packets, queue.max 50 packets, queue.probability 50%, "
                       "queue.adaptive no",
                       22, 32);
}

static void test_what_knows_ecn_is_marked(void)
{
    static const char *const disciplines[] = {"red", "pie", "fq-pie"};

    for (unsigned n = 0; n < G_N_ELEMENTS(disciplines); n++) {
        g_autofree char *without =
            g_strdup_printf("rate 10mbit, queue.discipline %s", disciplines[n]);
        g_autofree char *with = g_strdup_printf("%s, queue.ecn yes", without);
        Net net;

        net_open(&net, with);
        net_add(&net, 0, ECN_NOT_ECT, 1250, 0.505);
        net_add(&net, 1, ECN_ECT0, 1250, 0.505);
        net_run(&net, 60 * S);
        g_test_message("%s: lost %.4f and, with ECN, %.4f", disciplines[n],
                       flow_lost(&net.flows[0]), flow_lost(&net.flows[1]));
        g_assert_cmpuint(net_marked(&net), >, 100);
        g_assert_cmpuint(net_marked(&net), ==, net.flows[1].n_marked);
        g_assert_cmpuint(net.flows[0].n_sent - net.flows[0].n_arrived, >, 100);
        g_assert_cmpfloat(flow_lost(&net.flows[1]), <, flow_lost(&net.flows[0]));
        net_close(&net);

        net_open(&net, without);
        net_add(&net, 0, ECN_ECT0, 1250, 1.05);
        net_run(&net, 10 * S);
        g_assert_cmpuint(net_marked(&net), ==, 0);
        g_assert_cmpuint(net_dropped(&net, DROP_AQM), >, 100);
        net_close(&net);
    }
}

// What must not be marked is dropped: above 10 % with PIE, beyond the thresholds with RED.
static void test_overload_is_dropped_with_ecn_too(void)
{
    static const char *const disciplines[] = {"red, queue.ecn yes", "pie, queue.ecn yes",
                                              "fq-pie, queue.ecn yes", "dualpi2"};

    for (unsigned n = 0; n < G_N_ELEMENTS(disciplines); n++) {
        g_autofree char *text = g_strdup_printf("rate 10mbit, queue.discipline %s", disciplines[n]);
        Net net;

        for (int ecn = ECN_ECT1; ecn <= ECN_ECT0; ecn++) {
            net_open(&net, text);
            net_add(&net, 0, (EcnCodepoint)ecn, 1250, 2);
            net.from_ns = 20 * S;
            net_run(&net, 40 * S);
            g_assert_cmpuint(net_dropped(&net, DROP_AQM), >, 10000);
            g_assert_cmpfloat(flow_mean_ms(&net.flows[0]), <, 60);
            net_close(&net);
        }
    }
}

static void test_fq_pie_keeps_flows_apart(void)
{
    Net net;

    net_open(&net, "rate 10mbit, queue.discipline fq-pie");
    net_add(&net, 0, ECN_NOT_ECT, 1250, 1.5);
    net_add(&net, 1, ECN_NOT_ECT, 200, 0.05);
    net_add(&net, 2, ECN_NOT_ECT, 1250, 0.3);
    net_run(&net, 20 * S);
    // A sparse flow waits for what is being sent and for one packet more of each of the others.
    g_assert_cmpfloat(flow_mean_ms(&net.flows[1]), <, 2.5);
    g_assert_cmpuint(net.flows[1].n_arrived, ==, net.flows[1].n_sent);
    g_assert_cmpfloat(flow_lost(&net.flows[2]), <, 0.001);
    // The greedy one is left with what the others do not use.
    g_assert_cmpfloat(fabs((double)net.flows[0].n_arrived / 20 / 1000 - 0.65), <, 0.02);
    net_close(&net);
}

static void test_dualpi2_keeps_l4s_short(void)
{
    Net net;

    net_open(&net, "rate 10mbit, queue.discipline dualpi2, queue.step 5ms");
    net_add(&net, 0, ECN_NOT_ECT, 1250, 0.75);
    net_add(&net, 1, ECN_ECT1, 500, 0.3);
    net.from_ns = 20 * S;
    net_run(&net, 60 * S);
    g_assert_cmpfloat(flow_mean_ms(&net.flows[1]), <, 2.5);
    g_assert_cmpfloat(flow_lost(&net.flows[1]), <, 0.005); // p' is 0.22 and seldom reaches 0.5
    g_assert_cmpfloat(flow_mean_ms(&net.flows[0]), >, 12);
    g_assert_cmpfloat(flow_mean_ms(&net.flows[0]), <, 22);
    // Coupled: classic loss is p' p', L4S marks are 2 p'; p' wanders, so its mean is somewhat less
    // than the root of the mean of its squares.
    g_assert_cmpfloat((double)net.flows[1].n_marked / (double)net.flows[1].n_sent, >,
                      1.6 * sqrt(flow_lost(&net.flows[0])));
    g_assert_cmpfloat((double)net.flows[1].n_marked / (double)net.flows[1].n_sent, <,
                      2 * sqrt(flow_lost(&net.flows[0])));
    net_close(&net);
}

// L4S beyond the rate leaves the classic queue its share.
static void test_dualpi2_protects_classic(void)
{
    static const struct {
        const char *protection;
        double share;
    } cases[] = {{"0%", 0}, {"10%", 0.1}, {"12.5%", 0.125}, {"20%", 0.2}};

    for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
        g_autofree char *text =
            g_strdup_printf("rate 10mbit, queue.discipline dualpi2, queue.overload overflow, "
                            "queue.protection %s, queue.limit 100000 packets",
                            cases[n].protection);
        Net net;

        net_open(&net, text);
        net_add(&net, 0, ECN_ECT0, 1250, 1);
        net_add(&net, 1, ECN_ECT1, 1250, 1.5);
        net.from_ns = 2 * S; // by then both queues keep some
        net_run(&net, 12 * S);
        g_assert_cmpuint(net_dropped(&net, DROP_AQM), ==, 0);
        g_assert_cmpfloat(fabs((double)net.flows[0].n_in_time - 10000 * cases[n].share), <, 5);
        g_assert_cmpfloat(fabs((double)net.flows[1].n_in_time - 10000 * (1 - cases[n].share)), <,
                          5);
        net_close(&net);
    }
}

// 150 ms of burst are let through by PIE after rest, and dropped from when it lasts longer.
static void test_pie_lets_a_burst_through(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "aqm", "rate 10mbit, queue.discipline pie", NULL);
    script_add(&rig.script[LINK_FORWARD], 0, 0, 100, 1250); // 100 ms
    link_rig_run_to_end(&rig);
    g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), ==, 100);
    script_add(&rig.script[LINK_FORWARD], S, 500000, 1000, 1250); // half a second, twice the rate
    link_rig_run_to_end(&rig);
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_AQM), >, 10);
    link_rig_close(&rig);
}

// Another number of buckets while frames wait.
static void test_fq_pie_changes_its_flows(void)
{
    static const unsigned n_flows[] = {1, 7, 65536, 1024};
    LinkRig rig;

    link_rig_open(&rig, 1, "aqm", "rate 10mbit, queue.discipline fq-pie", NULL);
    script_add(&rig.script[LINK_FORWARD], 0, 0, 100, 1250); // 100 ms
    for (unsigned n = 0; n < G_N_ELEMENTS(n_flows); n++) {
        g_autofree char *text =
            g_strdup_printf("rate 10mbit, queue.discipline fq-pie, queue.flows %u", n_flows[n]);
        g_autoptr(LinkConfig) config = link_rig_config(text);

        link_rig_run(&rig, (n + 1) * 20 * MS);
        link_configure(rig.link, LINK_FORWARD, config);
        link_rig_run(&rig, (n + 1) * 20 * MS);
    }
    link_rig_run_to_end(&rig);
    g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), ==, 100);
    link_rig_close(&rig);
}

static const char *const all[] = {"red", "pie", "fq-pie", "dualpi2"};

// After an overload whose last packets waited long, and a minute's rest, a short burst passes
// whole.
static void test_rest_forgets_an_overload(void)
{
    for (unsigned n = 0; n < G_N_ELEMENTS(all); n++) {
        g_autofree char *text = g_strdup_printf("rate 10mbit, queue.discipline %s", all[n]);
        uint64_t n_dropped;
        Net net;

        net_open(&net, text);
        net_add(&net, 0, ECN_NOT_ECT, 1250, 2);
        net_run(&net, 5 * S);
        net.flows[0].mean_gap_ns /= 10;
        net_run(&net, 20 * MS);
        net.flows[0].mean_gap_ns *= 10;
        n_dropped = net_dropped(&net, DROP_AQM);
        g_assert_cmpuint(n_dropped, >, 1000);
        engine_run_until(net.engine, engine_now(net.engine) + 60 * S);
        net_run(&net, 20 * MS);
        g_assert_cmpuint(net_dropped(&net, DROP_AQM), ==, n_dropped);
        net_close(&net);
    }
}

// No timer is left behind: nothing is due once the last frame is out.
static void test_nothing_stays_armed(void)
{
    for (unsigned n = 0; n < G_N_ELEMENTS(all); n++) {
        g_autofree char *text =
            g_strdup_printf("rate 10mbit, queue.discipline %s, queue.limit 50 packets", all[n]);
        LinkRig rig;

        link_rig_open(&rig, 1, "aqm", text, NULL);
        script_add(&rig.script[LINK_FORWARD], 0, 100000, 5000, 1250); // ten times the rate
        link_rig_run(&rig, 499900000);
        g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_QUEUE_FULL), >, 0);
        link_rig_run(&rig, 600 * MS);
        g_assert_cmpint(engine_next_due_ns(rig.engine), ==, ENGINE_NEVER_NS);
        link_rig_close(&rig);
    }
}

static void test_one_frame_passes(void)
{
    for (unsigned n = 0; n < G_N_ELEMENTS(all); n++) {
        g_autofree char *text =
            g_strdup_printf("rate 10mbit, queue.discipline %s, queue.limit 1 packets", all[n]);
        static const int64_t at_ns[] = {1 * MS, 2 * MS};
        LinkRig rig;

        link_rig_open(&rig, 1, "aqm", text, NULL);
        script_add(&rig.script[LINK_FORWARD], 0, 0, 3, 1250); // sent, waits, too many
        link_rig_run_to_end(&rig);
        probe_assert_times(&rig.probe[LINK_FORWARD], at_ns, 2);
        g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_QUEUE_FULL), ==, 1);
        link_rig_close(&rig);
    }
}

// From each to each while frames wait, and to no rate at all: every frame is accounted for.
static void test_disciplines_change_while_frames_wait(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "aqm", "rate 10mbit, queue.discipline pie", NULL);
    for (unsigned n = 0; n < 4 * G_N_ELEMENTS(all); n++) {
        g_autofree char *text = g_strdup_printf("rate %umbit, queue.discipline %s", 5 + n % 3,
                                                all[(n + n / 4) % G_N_ELEMENTS(all)]);
        g_autoptr(LinkConfig) config = link_rig_config(text);

        script_add(&rig.script[LINK_FORWARD], n * 10 * MS, 300000, 33, 1250);
        link_rig_run(&rig, (n + 1) * 10 * MS - 1);
        link_configure(rig.link, LINK_FORWARD, config);
        link_rig_run(&rig, (n + 1) * 10 * MS - 1);
    }
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_QUEUE_FULL), ==, 0);
    {
        g_autoptr(LinkConfig) config = link_rig_config("");

        link_configure(rig.link, LINK_FORWARD, config);
    }
    link_rig_run_to_end(&rig);
    link_rig_close(&rig);
}

static void test_red_thresholds_go_together(void)
{
    static const struct {
        const char *min, *max, *error;
    } cases[] = {
        {"5ms", NULL, "queue: min and max go together: add the other, or leave out both"},
        {"5ms", "20 packets",
         "queue: min and max must be of one kind: both times, sizes or packets"},
        {"20kB", "20kB", "queue: min must be below max"},
        {"20kB", "21kB", NULL},
    };

    for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
        g_autoptr(LinkConfig) config = link_rig_config("rate 10mbit, queue.discipline red");
        g_autoptr(GError) error = NULL;
        const StageClass *class;
        const ParamSpec *params = link_config_key(config, "queue", &class)->params;

        link_config_set(config, class, param_find(params, "min"), cases[n].min, &error);
        if (cases[n].max != NULL)
            link_config_set(config, class, param_find(params, "max"), cases[n].max, &error);
        g_assert_no_error(error);
        g_assert_cmpint(link_config_check(config, &error), ==, cases[n].error == NULL);
        g_assert_cmpstr(error != NULL ? error->message : NULL, ==, cases[n].error);
    }
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/queue-aqm/delay-is-held-at-the-target",
                    test_delay_is_held_at_the_target);
    g_test_add_func("/links/queue-aqm/what-knows-ecn-is-marked", test_what_knows_ecn_is_marked);
    g_test_add_func("/links/queue-aqm/overload-is-dropped-with-ecn-too",
                    test_overload_is_dropped_with_ecn_too);
    g_test_add_func("/links/queue-aqm/fq-pie-keeps-flows-apart", test_fq_pie_keeps_flows_apart);
    g_test_add_func("/links/queue-aqm/fq-pie-changes-its-flows", test_fq_pie_changes_its_flows);
    g_test_add_func("/links/queue-aqm/dualpi2-keeps-l4s-short", test_dualpi2_keeps_l4s_short);
    g_test_add_func("/links/queue-aqm/dualpi2-protects-classic", test_dualpi2_protects_classic);
    g_test_add_func("/links/queue-aqm/pie-lets-a-burst-through", test_pie_lets_a_burst_through);
    g_test_add_func("/links/queue-aqm/rest-forgets-an-overload", test_rest_forgets_an_overload);
    g_test_add_func("/links/queue-aqm/nothing-stays-armed", test_nothing_stays_armed);
    g_test_add_func("/links/queue-aqm/one-frame-passes", test_one_frame_passes);
    g_test_add_func("/links/queue-aqm/disciplines-change-while-frames-wait",
                    test_disciplines_change_while_frames_wait);
    g_test_add_func("/links/queue-aqm/red-thresholds-go-together", test_red_thresholds_go_together);
    return g_test_run();
}
