// SPDX-License-Identifier: Apache-2.0
// Faults meet a super-frame as they meet the frames it stands for: the same bursts go over two
// equal links, once whole and once segment by segment, and what comes out of both ends is compared.
#include <string.h>

#include "core/packet.h"
#include "links/link.h"
#include "tests/support/conservation.h"
#include "tests/support/dice.h"
#include "tests/support/fault_script.h"
#include "tests/support/stream.h"

enum { POOL_BYTES = 1 << 30, N_STREAMS = 7, N_BURSTS = 60, BURST_MAX_BYTES = 65000 };

typedef struct {
    int64_t at_ns;
    uint64_t index;
    char *digest; // of the bytes
} Arrival;

typedef struct {
    Sink sink;
    Engine *engine;
    GArray *arrivals; // of Arrival
} End;

typedef struct {
    Link *link;
    End ends[N_LINK_DIRECTIONS];
} Way;

static void arrival_clear(gpointer data)
{
    g_free(((Arrival *)data)->digest);
}

static void end_push(Sink *sink, Frame *frame)
{
    End *self = (End *)sink;
    uint8_t bytes[FRAME_SMALL_SLOT_BYTES];

    for (unsigned i = 0; i < frame->n_segments; i++) {
        uint32_t length_bytes = super_frame_segment(frame, i, bytes, sizeof bytes);
        Arrival arrival = {.at_ns = engine_now(self->engine), .index = frame->index + i};

        arrival.digest = g_compute_checksum_for_data(G_CHECKSUM_MD5, bytes, length_bytes);
        g_array_append_val(self->arrivals, arrival);
    }
    frame_free(frame);
}

static void way_open(Way *way, Engine *engine, const LinkConfig *forward)
{
    g_autoptr(LinkConfig) reverse = link_config_new();

    way->link = link_new(engine, 7, "same", forward, reverse);
    for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++) {
        End *end = &way->ends[direction];

        *end = (End){{end_push}, engine, g_array_new(FALSE, TRUE, sizeof(Arrival))};
        g_array_set_clear_func(end->arrivals, arrival_clear);
        link_connect(way->link, direction, &end->sink);
    }
}

static void way_close(Way *way)
{
    conservation_assert(way->link);
    link_free(way->link);
    for (int direction = 0; direction < N_LINK_DIRECTIONS; direction++)
        g_array_unref(way->ends[direction].arrivals);
}

static void assert_same_arrivals(const GArray *wholes, const GArray *segments)
{
    g_assert_cmpuint(wholes->len, ==, segments->len);
    for (guint i = 0; i < wholes->len; i++) {
        const Arrival *a = &g_array_index(wholes, Arrival, i);
        const Arrival *b = &g_array_index(segments, Arrival, i);

        g_assert_cmpuint(a->index, ==, b->index);
        g_assert_cmpint(a->at_ns, ==, b->at_ns);
        g_assert_cmpstr(a->digest, ==, b->digest);
    }
}

static void assert_same(const Way *wholes, const Way *segments, unsigned n_rules)
{
    for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++) {
        const LinkCounters *counters = link_counters(wholes->link, direction);

        assert_same_arrivals(wholes->ends[direction].arrivals, segments->ends[direction].arrivals);
        g_assert_cmpmem(counters, sizeof *counters, link_counters(segments->link, direction),
                        sizeof *counters);
    }
    for (unsigned i = 0; i < n_rules; i++) {
        const FaultCounters *counters =
            faults_counters(link_stage(wholes->link, LINK_FORWARD, &faults_stage_class), i);

        g_assert_cmpmem(
            counters, sizeof *counters,
            faults_counters(link_stage(segments->link, LINK_FORWARD, &faults_stage_class), i),
            sizeof *counters);
        g_assert_cmpuint(counter_get(&counters->hit_frames), >, 0);
    }
}

static void push_burst(Stream *stream, Dice *dice, Way *wholes, Way *segments)
{
    StreamBurst burst = {.payload_bytes = 1 + dice_throw(dice, BURST_MAX_BYTES - 1),
                         .last_flags = dice_throw(dice, 2) == 0 ? PACKET_TCP_PSH : PACKET_TCP_FIN,
                         .has_cwr = stream->type != GSO_UDP && dice_throw(dice, 2) == 0};
    FrameQueue queue;
    Frame *frame;

    frame_queue_init(&queue);
    sink_push(link_entry(wholes->link, LINK_FORWARD), stream_next(stream, &burst, &queue));
    while ((frame = frame_queue_take(&queue)) != NULL)
        sink_push(link_entry(segments->link, LINK_FORWARD), frame);
}

// Takes the list.
static void assert_equivalent(FaultList *list)
{
    g_autoptr(LinkConfig) config = link_config_new();
    FramePool *pool = frame_pool_new(POOL_BYTES);
    Engine *engine = engine_new();
    Dice dice = dice_new(11);
    Stream streams[N_STREAMS] = {
        {.type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1448, .id = 65500},
        {.type = GSO_TCP6, .has_ethernet = true, .size_bytes = 1428, .seq = UINT32_MAX - 9000},
        {.type = GSO_UDP, .has_ethernet = true, .size_bytes = 1200},
        {.type = GSO_UDP, .has_ethernet = true, .size_bytes = 333, .is_ipv6 = true},
        {.type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1400, .has_vlan = true},
        {.type = GSO_TCP4, .size_bytes = 1460},
        {.type = GSO_UDP, .size_bytes = 700},
    };
    Way wholes, segments;

    faults_set_list(config, list);
    way_open(&wholes, engine, config);
    way_open(&segments, engine, config);
    for (int i = 0; i < N_BURSTS; i++) {
        Stream *stream = &streams[dice_throw(&dice, N_STREAMS)];

        stream->pool = pool;
        engine_run_until(engine, i * INT64_C(1000000));
        push_burst(stream, &dice, &wholes, &segments);
        conservation_assert(wholes.link);
    }
    while (engine_next_due_ns(engine) != ENGINE_NEVER_NS)
        engine_run_until(engine, engine_next_due_ns(engine));
    assert_same(&wholes, &segments, list->rules->len);
    way_close(&wholes);
    way_close(&segments);
    param_object_unref(&list->object);
    frame_pool_free(pool);
    engine_free(engine);
}

// Each action under each choice.
static void test_each_action(void)
{
    static const char *const actions[][2] = {
        {"drop", ""},
        {"delay", "delay 2500us"},
        {"duplicate", "copies 2"},
        {"corrupt", "offset 60B, mask 9"},
        {"corrupt", "offset 200B, repair yes"},
        {"truncate", "length 100B"},
        {"truncate", "length 120B, repair yes"},
        {"truncate", "length 40B, repair yes"},
        {"set-ecn", "codepoint ce"},
        {"set-dscp", "dscp ef"},
        {"strip-option", "option timestamps"},
        {"icmp", "error unreachable"},
        {"icmp", "error too-big, mtu 1300B"},
        {"black-hole", "mtu 1300B"},
    };
    static const char *const choices[] = {"all", "5, 6, 9-40, 300-", "every 7 from 3", "30%",
                                          "first per flow"};

    for (unsigned i = 0; i < G_N_ELEMENTS(actions) * G_N_ELEMENTS(choices); i++) {
        const char *const *action = actions[i / G_N_ELEMENTS(choices)];
        const char *choice = choices[i % G_N_ELEMENTS(choices)];
        FaultList *list = fault_list_new();

        g_test_message("%s %s, %s", action[0], action[1], choice);
        fault_script_add(list, action[0], action[1], choice);
        assert_equivalent(list);
    }
}

// Matchers that tell segments of one super-frame apart: the last by its flags and its length, each
// by its sequence number, its identification and its payload. (Not by its checksum: that of a
// super-frame is unfinished.)
static void test_matchers(void)
{
    static const uint32_t places[] = {17, 19, 39, 47, 100, 301};

    for (unsigned i = 0; i < G_N_ELEMENTS(places); i++) {
        FaultList *list = fault_list_new();

        fault_script_add(list, "drop", "", "every 2")->matcher = fault_script_byte(places[i], 8, 8);
        fault_script_add(list, "set-dscp", "dscp 9", "all")->matcher =
            fault_script_byte(places[i], 1, 0);
        fault_script_add(list, "delay", "delay 1200us", "40%")->matcher = fault_script_length(500);
        assert_equivalent(list);
    }
}

// One rule after the other, in numbers that later ones depend on.
static void test_chains(void)
{
    FaultList *list = fault_list_new();

    fault_script_add(list, "set-ecn", "codepoint not-ect", "every 3");
    fault_script_add(list, "drop", "", "every 5")->matcher = fault_script_byte(15, 3, 0);
    fault_script_add(list, "strip-option", "option timestamps", "50%");
    fault_script_add(list, "duplicate", "copies 1", "every 11");
    fault_script_add(list, "truncate", "length 300B, repair yes", "every 4");
    fault_script_add(list, "delay", "delay 3ms", "10%")->matcher = fault_script_length(301);
    fault_script_add(list, "icmp", "error admin-prohibited", "every 13");
    assert_equivalent(list);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/faults-segments/each-action", test_each_action);
    g_test_add_func("/links/faults-segments/matchers", test_matchers);
    g_test_add_func("/links/faults-segments/chains", test_chains);
    return g_test_run();
}
