// SPDX-License-Identifier: Apache-2.0
// Rules on one link, frame by frame: which they hit, what becomes of those, and where it is
// counted.
#include "links/fault/faults.h"

#include <math.h>
#include <string.h>

#include "core/icmp_error.h"
#include "core/packet.h"
#include "tests/support/fault_script.h"
#include "tests/support/link_rig.h"
#include "tests/support/stream.h"
#include "tests/support/sums.h"

#define MS INT64_C(1000000)

typedef struct {
    LinkRig rig;
    FaultList *list;
} Fixture;

static void open_link(Fixture *fixture, const char *config)
{
    link_rig_open(&fixture->rig, 7, "link", config, NULL);
    fixture->list = fault_list_new();
}

// Puts the rules that have been added into force on the way forward.
static void put_in_force(Fixture *fixture)
{
    LinkConfig *config = fixture->rig.config[LINK_FORWARD];

    faults_set_list(config, fixture->list);
    link_configure(fixture->rig.link, LINK_FORWARD, config);
}

static void close_link(Fixture *fixture)
{
    param_object_unref(&fixture->list->object);
    link_rig_close(&fixture->rig);
}

// Sends `n_frames` of 100 bytes, one each millisecond, serial numbers from 0.
static void send_frames(Fixture *fixture, unsigned n_frames)
{
    script_add(&fixture->rig.script[LINK_FORWARD], MS, MS, n_frames, 100);
}

static void assert_serials(Fixture *fixture, const uint32_t *serials, unsigned n_serials)
{
    link_rig_run_to_end(&fixture->rig);
    probe_assert_serials(&fixture->rig.probe[LINK_FORWARD], serials, n_serials);
}

#define ASSERT_SERIALS(fixture, ...)                                                               \
    do {                                                                                           \
        const uint32_t serials[] = {__VA_ARGS__};                                                  \
        assert_serials(fixture, serials, G_N_ELEMENTS(serials));                                   \
    } while (0)

static void assert_counts(const Fixture *fixture, unsigned index, uint64_t matched, uint64_t hit)
{
    const FaultCounters *counters =
        faults_counters(link_stage(fixture->rig.link, LINK_FORWARD, &faults_stage_class), index);

    g_assert_cmpuint(counter_get(&counters->matched_frames), ==, matched);
    g_assert_cmpuint(counter_get(&counters->hit_frames), ==, hit);
}

static void test_drops_by_number(void)
{
    Fixture fixture;

    open_link(&fixture, "");
    fault_script_add(fixture.list, "drop", "", "5, 6, 9");
    put_in_force(&fixture);
    send_frames(&fixture, 11);
    ASSERT_SERIALS(&fixture, 0, 1, 2, 3, 6, 7, 9, 10);
    assert_counts(&fixture, 0, 11, 3);
    g_assert_cmpuint(link_rig_dropped(&fixture.rig, LINK_FORWARD, DROP_FAULT), ==, 3);
    close_link(&fixture);
}

// What a policer drops has been numbered: the third frame is the third that was sent.
static void test_comes_before_the_policer(void)
{
    Fixture fixture;

    open_link(&fixture, "policer 1bit, policer.burst 1514B");
    fault_script_add(fixture.list, "drop", "", "1-10, 30");
    put_in_force(&fixture);
    send_frames(&fixture, 30);
    ASSERT_SERIALS(&fixture, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24);
    assert_counts(&fixture, 0, 30, 11);
    close_link(&fixture);
}

// Only what a matcher is about is numbered.
static void test_numbers_what_matches(void)
{
    Fixture fixture;

    open_link(&fixture, "");
    fault_script_add(fixture.list, "drop", "", "2-3")->matcher = fault_script_byte(0, 1, 1);
    put_in_force(&fixture);
    send_frames(&fixture, 9);
    ASSERT_SERIALS(&fixture, 0, 1, 2, 4, 6, 7, 8);
    assert_counts(&fixture, 0, 4, 2);
    close_link(&fixture);
}

// From its instant on, and up to the other but not at it; frames at other times are not numbered.
static void test_window(void)
{
    Fixture fixture;
    FaultRule *rule;

    open_link(&fixture, "");
    rule = fault_script_add(fixture.list, "drop", "", "every 2");
    rule->from_ns = 3 * MS;
    rule->to_ns = 8 * MS;
    put_in_force(&fixture);
    send_frames(&fixture, 9); // the n-th at n ms
    ASSERT_SERIALS(&fixture, 0, 1, 2, 4, 6, 7, 8);
    assert_counts(&fixture, 0, 5, 2);
    close_link(&fixture);
}

// A delayed frame is overtaken, but not by others that the rule delays.
static void test_delay(void)
{
    Fixture fixture;

    open_link(&fixture, "delay 1ms");
    fault_script_add(fixture.list, "delay", "delay 5ms", "2-3");
    put_in_force(&fixture);
    send_frames(&fixture, 7);
    link_rig_run(&fixture.rig, 5 * MS); // conservation while two are held
    g_assert_cmpuint(link_held_frames(fixture.rig.link, LINK_FORWARD), ==, 3);
    link_rig_run_to_end(&fixture.rig);
    probe_assert_times(&fixture.rig.probe[LINK_FORWARD],
                       (int64_t[]){2 * MS, 5 * MS, 6 * MS, 7 * MS, 8 * MS, 8 * MS, 9 * MS}, 7);
    ASSERT_SERIALS(&fixture, 0, 3, 4, 5, 1, 6, 2);
    // What it waited is not the delay of the wire.
    g_assert_cmpint(histogram_quantile_ns(&link_meter(fixture.rig.link, LINK_FORWARD)->delay, 9999),
                    ==, MS);
    close_link(&fixture);
}

// Held frames are freed with the link.
static void test_freed_while_held(void)
{
    Fixture fixture;

    open_link(&fixture, "");
    fault_script_add(fixture.list, "delay", "delay 1h", "all");
    put_in_force(&fixture);
    send_frames(&fixture, 3);
    link_rig_run(&fixture.rig, 5 * MS);
    g_assert_cmpuint(link_held_frames(fixture.rig.link, LINK_FORWARD), ==, 3);
    close_link(&fixture);
}

// What they let go when they are taken away has waited until then, and not travelled.
static void test_taken_away_while_held(void)
{
    g_autoptr(LinkConfig) none = link_rig_config("");
    Fixture fixture;
    const Meter *meter;

    open_link(&fixture, "");
    fault_script_add(fixture.list, "delay", "delay 1h", "all");
    put_in_force(&fixture);
    send_frames(&fixture, 3);
    link_rig_run(&fixture.rig, 5 * MS);
    link_configure(fixture.rig.link, LINK_FORWARD, none);
    ASSERT_SERIALS(&fixture, 0, 1, 2);
    meter = link_meter(fixture.rig.link, LINK_FORWARD);
    g_assert_cmpuint(histogram_sum_ns(&meter->queue), ==, 9 * MS); // from 1, 2 and 3 ms on
    g_assert_cmpuint(histogram_sum_ns(&meter->delay), ==, 0);
    close_link(&fixture);
}

static void test_duplicates(void)
{
    Fixture fixture;

    open_link(&fixture, "loss 50%");
    fault_script_add(fixture.list, "duplicate", "copies 99", "2");
    put_in_force(&fixture);
    send_frames(&fixture, 2);
    link_rig_run_to_end(&fixture.rig);
    g_assert_cmpuint(counter_get(&link_counters(fixture.rig.link, LINK_FORWARD)->copied_frames), ==,
                     99);
    // Each copy has a fate of its own: of 100, with 99.9 %, 50 +- 3.3 x 5 are lost.
    g_assert_cmpuint(probe_count(&fixture.rig.probe[LINK_FORWARD]), >, 33);
    g_assert_cmpuint(probe_count(&fixture.rig.probe[LINK_FORWARD]), <, 68);
    close_link(&fixture);
}

// What there is no memory for is made and dropped: all is accounted for.
static void test_duplicates_without_memory(void)
{
    enum { N_SLOTS = FRAME_LARGE_SLOT_BYTES / FRAME_SMALL_SLOT_BYTES };
    FramePool *pool = frame_pool_new(FRAME_LARGE_SLOT_BYTES);
    Frame *frame = frame_new(pool, 100);
    Fixture fixture;

    memset(frame_bytes(frame), 0, 100);
    frame->length_bytes = 100;
    open_link(&fixture, "");
    fault_script_add(fixture.list, "duplicate", "copies 99", "all");
    put_in_force(&fixture);
    sink_push(link_entry(fixture.rig.link, LINK_FORWARD), frame);
    g_assert_cmpuint(probe_count(&fixture.rig.probe[LINK_FORWARD]), ==, N_SLOTS);
    g_assert_cmpuint(link_rig_dropped(&fixture.rig, LINK_FORWARD, DROP_NO_MEMORY), ==,
                     100 - N_SLOTS);
    close_link(&fixture);
    frame_pool_free(pool);
}

static void test_order_of_duplicates(void)
{
    Fixture fixture;

    open_link(&fixture, "");
    fault_script_add(fixture.list, "duplicate", "copies 2", "2");
    put_in_force(&fixture);
    send_frames(&fixture, 3);
    ASSERT_SERIALS(&fixture, 0, 1, 1, 1, 2);
    close_link(&fixture);
}

// What edits goes on, and is seen edited; what decides ends the way.
static void test_rules_in_order(void)
{
    Fixture fixture;

    open_link(&fixture, "");
    fault_script_add(fixture.list, "corrupt", "offset 8B, mask 7", "2, 4");
    fault_script_add(fixture.list, "drop", "", "2")->matcher = fault_script_byte(8, 255, 7);
    fault_script_add(fixture.list, "drop", "", "1");
    fault_script_add(fixture.list, "drop", "", "4");
    put_in_force(&fixture);
    send_frames(&fixture, 6);
    ASSERT_SERIALS(&fixture, 1, 2, 4);
    g_assert_cmpuint(probe_record(&fixture.rig.probe[LINK_FORWARD], 0)->head[8], ==, 7);
    g_assert_cmpuint(probe_record(&fixture.rig.probe[LINK_FORWARD], 1)->head[8], ==, 0);
    assert_counts(&fixture, 0, 6, 2);
    assert_counts(&fixture, 1, 2, 1);
    assert_counts(&fixture, 2, 5, 1); // not the one that the rule before took
    assert_counts(&fixture, 3, 4, 1);
    close_link(&fixture);
}

static void test_corrupt_and_truncate_plain_frames(void)
{
    Fixture fixture;

    open_link(&fixture, "");
    fault_script_add(fixture.list, "corrupt", "offset 99B", "all");
    fault_script_add(fixture.list, "corrupt", "offset 100B", "all"); // beyond the end
    fault_script_add(fixture.list, "truncate", "length 20B, repair yes", "2");
    fault_script_add(fixture.list, "truncate", "length 100B", "all"); // nothing to cut
    put_in_force(&fixture);
    send_frames(&fixture, 2);
    link_rig_run_to_end(&fixture.rig);
    g_assert_cmpuint(probe_record(&fixture.rig.probe[LINK_FORWARD], 0)->length_bytes, ==, 100);
    g_assert_cmpuint(probe_record(&fixture.rig.probe[LINK_FORWARD], 1)->length_bytes, ==, 20);
    assert_counts(&fixture, 0, 2, 2);
    assert_counts(&fixture, 1, 0, 0);
    assert_counts(&fixture, 3, 0, 0);
    close_link(&fixture);
}

static uint64_t hits_of_share(const char *share, unsigned n_frames)
{
    Fixture fixture;
    uint64_t n_hits;

    open_link(&fixture, "");
    fault_script_add(fixture.list, "drop", "", share);
    put_in_force(&fixture);
    script_add(&fixture.rig.script[LINK_FORWARD], 0, 1, n_frames, 60);
    link_rig_run_to_end(&fixture.rig);
    n_hits = link_rig_dropped(&fixture.rig, LINK_FORWARD, DROP_FAULT);
    assert_counts(&fixture, 0, n_frames, n_hits);
    close_link(&fixture);
    return n_hits;
}

// Of n frames with probability p, n p +- 3.29 sqrt(n p (1 - p)) are hit in 99.9 % of all seeds.
static void test_share(void)
{
    enum { N = 100000 };
    double p = 0.3, tolerance = 3.29 * sqrt(N * p * (1 - p));
    uint64_t n_hits = hits_of_share("30%", N);

    g_assert_cmpuint(hits_of_share("0%", 1000), ==, 0);
    g_assert_cmpuint(hits_of_share("100%", 1000), ==, 1000);
    g_assert_cmpfloat(fabs((double)n_hits - N * p), <, tolerance);
    g_assert_cmpuint(hits_of_share("30%", N), ==, n_hits);
}

// A finished packet of a stream, sent into the link at once; ports as `flow` says.
static void send_packet(Fixture *fixture, Stream stream, uint16_t flow)
{
    StreamBurst burst = {.payload_bytes = stream.size_bytes};
    FrameQueue finished;
    Frame *frame;

    frame_queue_init(&finished);
    stream.pool = fixture->rig.pool;
    frame_free(stream_next(&stream, &burst, &finished));
    frame = frame_queue_take(&finished);
    if (flow > 0)
        packet_store16(frame_bytes(frame) + 34, flow);
    sink_push(link_entry(fixture->rig.link, LINK_FORWARD), frame);
}

static const Stream udp4 = {.type = GSO_UDP, .has_ethernet = true, .size_bytes = 500};
static const Stream udp6 = {
    .type = GSO_UDP, .has_ethernet = true, .size_bytes = 500, .is_ipv6 = true};
static const Stream tcp_tun = {.type = GSO_TCP4, .size_bytes = 500};

static void test_first_per_flow(void)
{
    static const uint16_t flows[] = {1, 1, 2, 1, 3, 2, 3, 3, 4};
    Fixture fixture;

    open_link(&fixture, "");
    fault_script_add(fixture.list, "drop", "", "first per flow");
    put_in_force(&fixture);
    for (unsigned i = 0; i < G_N_ELEMENTS(flows); i++)
        send_packet(&fixture, udp4, flows[i]);
    link_rig_run_to_end(&fixture.rig);
    assert_counts(&fixture, 0, 9, 4);
    g_assert_cmpuint(probe_count(&fixture.rig.probe[LINK_FORWARD]), ==, 5);
    g_assert_cmpuint(probe_record(&fixture.rig.probe[LINK_FORWARD], 0)->index, ==, 1);
    g_assert_cmpuint(probe_record(&fixture.rig.probe[LINK_FORWARD], 4)->index, ==, 7);
    close_link(&fixture);
}

// The answer is back at once, whatever the way back is like, and counted there as a copy.
static void assert_answered(const Stream *stream, uint32_t answer_bytes)
{
    Fixture fixture;
    const ProbeRecord *answer;

    open_link(&fixture, "delay 10ms, loss 100%");
    fault_script_add(fixture.list, "icmp", "error unreachable", "all");
    put_in_force(&fixture);
    link_rig_run(&fixture.rig, 5 * MS);
    send_packet(&fixture, *stream, 0);
    g_assert_cmpuint(probe_count(&fixture.rig.probe[LINK_REVERSE]), ==, 0); // not while it sends
    link_rig_run_to_end(&fixture.rig);
    g_assert_cmpuint(probe_count(&fixture.rig.probe[LINK_FORWARD]), ==, 0);
    g_assert_cmpuint(probe_count(&fixture.rig.probe[LINK_REVERSE]), ==, 1);
    answer = probe_record(&fixture.rig.probe[LINK_REVERSE], 0);
    g_assert_cmpint(answer->at_ns, ==, 5 * MS);
    g_assert_cmpuint(answer->length_bytes, ==, answer_bytes);
    g_assert_cmpuint(counter_get(&link_counters(fixture.rig.link, LINK_REVERSE)->copied_frames), ==,
                     1);
    g_assert_cmpuint(link_rig_dropped(&fixture.rig, LINK_FORWARD, DROP_FAULT), ==, 1);
    close_link(&fixture);
}

static void test_answers(void)
{
    assert_answered(&udp4, 14 + 20 + 8 + 528);
    assert_answered(&udp6, 14 + 40 + 8 + 548);
    assert_answered(&tcp_tun, 20 + 8 + 548);
}

// Freed with the link, one that has not left yet is nowhere counted.
static void test_answer_freed(void)
{
    Fixture fixture;

    open_link(&fixture, "");
    fault_script_add(fixture.list, "icmp", "error unreachable", "all");
    put_in_force(&fixture);
    send_packet(&fixture, udp4, 0);
    close_link(&fixture);
}

// What is not IP passes, and what may not be answered is dropped all the same.
static void test_answers_ip_only(void)
{
    Fixture fixture;

    open_link(&fixture, "");
    fault_script_add(fixture.list, "icmp", "error admin-prohibited", "all");
    put_in_force(&fixture);
    send_frames(&fixture, 3);
    ASSERT_SERIALS(&fixture, 0, 1, 2);
    assert_counts(&fixture, 0, 0, 0);
    close_link(&fixture);
}

// Packets of 528 (IPv4) and 548 bytes (IPv6).
static void test_sizes(void)
{
    Fixture fixture;

    open_link(&fixture, "");
    fault_script_add(fixture.list, "black-hole", "mtu 547B", "all");
    fault_script_add(fixture.list, "icmp", "error too-big, mtu 528B", "all");
    fault_script_add(fixture.list, "icmp", "error too-big, mtu 527B", "all");
    put_in_force(&fixture);
    send_packet(&fixture, udp6, 0);
    send_packet(&fixture, udp4, 0);
    send_frames(&fixture, 1); // no IP
    link_rig_run_to_end(&fixture.rig);
    assert_counts(&fixture, 0, 1, 1);
    assert_counts(&fixture, 1, 0, 0);
    assert_counts(&fixture, 2, 1, 1);
    g_assert_cmpuint(probe_count(&fixture.rig.probe[LINK_FORWARD]), ==, 1);
    g_assert_cmpuint(probe_count(&fixture.rig.probe[LINK_REVERSE]), ==, 1);
    close_link(&fixture);
}

// A change of the link leaves rules, numbers and held frames as they are.
static void test_survives_a_change(void)
{
    Fixture fixture;

    open_link(&fixture, "");
    fault_script_add(fixture.list, "delay", "delay 4ms", "1");
    fault_script_add(fixture.list, "drop", "", "4");
    put_in_force(&fixture);
    send_frames(&fixture, 5);
    link_rig_run(&fixture.rig, 3 * MS);
    put_in_force(&fixture);
    ASSERT_SERIALS(&fixture, 1, 2, 3, 0); // the first and the fifth at the same instant
    close_link(&fixture);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/faults/drops-by-number", test_drops_by_number);
    g_test_add_func("/links/faults/comes-before-the-policer", test_comes_before_the_policer);
    g_test_add_func("/links/faults/numbers-what-matches", test_numbers_what_matches);
    g_test_add_func("/links/faults/window", test_window);
    g_test_add_func("/links/faults/delay", test_delay);
    g_test_add_func("/links/faults/freed-while-held", test_freed_while_held);
    g_test_add_func("/links/faults/duplicates", test_duplicates);
    g_test_add_func("/links/faults/taken-away-while-held", test_taken_away_while_held);
    g_test_add_func("/links/faults/duplicates-without-memory", test_duplicates_without_memory);
    g_test_add_func("/links/faults/order-of-duplicates", test_order_of_duplicates);
    g_test_add_func("/links/faults/rules-in-order", test_rules_in_order);
    g_test_add_func("/links/faults/corrupt-and-truncate-plain-frames",
                    test_corrupt_and_truncate_plain_frames);
    g_test_add_func("/links/faults/share", test_share);
    g_test_add_func("/links/faults/first-per-flow", test_first_per_flow);
    g_test_add_func("/links/faults/answers", test_answers);
    g_test_add_func("/links/faults/answer-freed", test_answer_freed);
    g_test_add_func("/links/faults/answers-ip-only", test_answers_ip_only);
    g_test_add_func("/links/faults/sizes", test_sizes);
    g_test_add_func("/links/faults/survives-a-change", test_survives_a_change);
    return g_test_run();
}
