// SPDX-License-Identifier: Apache-2.0
// The key `faults:` of a link: what is read, what is wrong, and what a scenario's rules then do to
// packets on its links, in virtual time.
#include "links/fault/faults.h"

#include <glib.h>

#include "core/packet.h"
#include "sim/scenario/topology.h"
#include "tests/sim/scenario/parsed.h"
#include "tests/support/probe.h"
#include "tests/support/virtual_time.h"

#define LINK "nodes: [a, b]\nlinks:\n  - endpoints: [a, b]\n"
#define S INT64_C(1000000000)

static const FaultList *faults_of(const Scenario *scenario, LinkDirection direction)
{
    const LinkSpec *link = g_ptr_array_index(scenario->links, 0);

    return faults_list(link->directions[direction]);
}

static void assert_rule(const FaultList *list, guint index, unsigned number, const char *text)
{
    const FaultRule *rule = g_ptr_array_index(list->rules, index);

    g_assert_cmpuint(rule->number, ==, number);
    g_assert_cmpstr(rule->text, ==, text);
}

static void test_rules_are_read(void)
{
    g_autoptr(Scenario) scenario =
        parsed(LINK "    faults:\n"
                    "      - {drop: {}, match: udp, which: '5, 6, 9', direction: forward}\n"
                    "      - {delay: 2s, interface: b, from: 1s, to: 500000ms}\n"
                    "      - {corrupt: {mask: 0x0F, offset: 60B}, interface: 'a:eth0'}\n"
                    "      - {icmp: too-big, mtu: 1280B}\n"
                    "      - {icmp: {error: too-big, mtu: 1280B}, direction: reverse}\n"
                    "      - duplicate:\n"
                    "      - {duplicate: 3, direction: reverse, which: first per flow}\n"
                    "      - {set-dscp: ef, direction: forward}\n"
                    "      - {strip-option: {option: timestamps}, direction: forward}\n");
    const FaultList *forward = faults_of(scenario, LINK_FORWARD);
    const FaultList *reverse = faults_of(scenario, LINK_REVERSE);
    const FaultRule *rule = g_ptr_array_index(reverse->rules, 0);

    g_assert_cmpuint(forward->rules->len, ==, 6);
    assert_rule(forward, 0, 1, "drop, match udp, which 5, 6, 9");
    assert_rule(forward, 1, 3, "corrupt 60B, mask 15");
    assert_rule(forward, 2, 4, "icmp too-big, mtu 1280B");
    assert_rule(forward, 3, 6, "duplicate");
    assert_rule(forward, 4, 8, "set-dscp 46");
    assert_rule(forward, 5, 9, "strip-option 8");
    g_assert_cmpuint(reverse->rules->len, ==, 5);
    assert_rule(reverse, 0, 2, "delay 2s, from 1s, to 500s");
    assert_rule(reverse, 1, 4, "icmp too-big, mtu 1280B");
    assert_rule(reverse, 3, 6, "duplicate");
    assert_rule(reverse, 4, 7, "duplicate 3, which first per flow");
    g_assert_cmpint(rule->config.delay_ns, ==, 2 * S);
    g_assert_cmpint(rule->from_ns, ==, S);
    g_assert_cmpint(rule->to_ns, ==, 500 * S);
}

// Without rules a direction has no stage for them.
static void test_no_rules_no_stage(void)
{
    g_autoptr(Scenario) scenario =
        parsed(LINK "    faults: [{drop: {}, direction: reverse}]\n  - endpoints: [b, a]\n");

    g_assert_null(faults_of(scenario, LINK_FORWARD));
    g_assert_nonnull(faults_of(scenario, LINK_REVERSE));
    g_assert_false(
        link_config_needs(((const LinkSpec *)g_ptr_array_index(scenario->links, 1))->directions[0],
                          &faults_stage_class));
}

static void test_wrong_rules_are_told(void)
{
    ASSERT_ERRORS(
        LINK "    reverse: {faults: []}\n"
             "    faults:\n"
             "      - {drop: 5}\n"
             "      - {dorp: {}}\n"
             "      - {drop: {}, delay: 2s}\n"
             "      - {delay: {}}\n"
             "      - {delay: 0s}\n"
             "      - {corrupt: {offset: 60B, mask: 0x100}}\n"
             "      - {icmp: too-big}\n"
             "      - {icmp: unreachable, mtu: 1280B}\n"
             "      - {drop: {}, match: udp prt 5}\n"
             "      - {drop: {}, which: 5;6}\n"
             "      - {drop: {}, from: 5s, to: 5s}\n"
             "      - {drop: {}, interface: 'b:eth1'}\n"
             "      - {drop: {}, interface: b, direction: forward}\n"
             "      - {drop: {}, direction: sideways}\n"
             "      - {drop: {}, mtu: 60B}\n"
             "      - drop\n",
        "4:23: links[0].reverse.faults: stands beside endpoints, where each rule says its "
        "direction",
        "6:16: links[0].faults[0].drop: has no value: write drop: {}",
        "7:9: links[0].faults[1]: says nothing to be done: did you mean \"drop\"?",
        "8:27: links[0].faults[2].delay: stands beside drop: write a rule for each",
        "9:17: links[0].faults[3].delay: needs delay: how long the frame waits in front of the "
        "link",
        "10:17: links[0].faults[4].delay: \"0s\" is out of range: write 1ns to 1h",
        "11:39: links[0].faults[5].corrupt.mask: \"256\" is out of range: write 1 to 255",
        "12:9: links[0].faults[6]: icmp: too-big needs mtu, as in mtu: 1280B",
        "13:9: links[0].faults[7]: icmp: mtu has an effect with too-big only",
        "14:27: links[0].faults[8].match: \"udp prt 5\": can't parse filter expression: syntax "
        "error: see pcap-filter(7)",
        "15:27: links[0].faults[9].which: \"5;6\" is no choice of frames: write \"all\", \"5, 6, "
        "9\", \"10-20\", \"every 7\", \"every 7 from 3\", \"50%\" or \"first per flow\"",
        "16:9: links[0].faults[10]: ends before it begins: to has to be after from",
        "17:31: links[0].faults[11].interface: is no end of this link: write a or b",
        "18:9: links[0].faults[12]: interface and direction say the same: leave one out",
        "19:31: links[0].faults[13].direction: \"sideways\" is unknown: write forward, reverse or "
        "both",
        "20:25: links[0].faults[14].mtu: stands beside icmp: too-big only",
        "21:9: links[0].faults[15]: is a single value and not a map: write {drop: {}, which: "
        "\"5, 6, 9\"}");
    ASSERT_ERRORS("defaults: {link: {faults: []}}\n" LINK,
                  "1:27: defaults.link.faults: stands beside endpoints, where each rule says its "
                  "direction");
    ASSERT_ERRORS(LINK "    faults: {drop: {}}\n",
                  "4:13: links[0].faults: is a map and not a list: write [{drop: {}, which: \"5, "
                  "6, 9\"}]");
}

// What bpf cannot say of TUN devices is an error there, as for captures.
static void test_filters_know_the_device(void)
{
    g_autoptr(Scenario) scenario =
        parsed("nodes: {a: {device: tun}, b: {device: tun}}\nlinks:\n  - endpoints: [a, b]\n"
               "    faults: [{drop: {}, match: udp port 53}]\n");
    g_autofree char *errors = NULL;
    static const char wrong[] =
        "nodes: {a: {device: tun}, b: {device: tun}}\nlinks:\n  - endpoints: [a, b]\n"
        "    faults: [{drop: {}, match: 'ether host 02:00:00:00:00:01'}]\n";

    g_assert_nonnull(faults_of(scenario, LINK_FORWARD));
    g_assert_null(scenario_parse("x.yaml", wrong, strlen(wrong), &errors));
}

// A scenario's one link with a probe at each end.
typedef struct {
    Scenario *scenario;
    Engine *engine;
    FramePool *pool;
    Topology *topology;
    Probe probe[2];
} Rig;

static const InterfaceSpec *end_of(const Rig *rig, unsigned end)
{
    return ((const LinkSpec *)g_ptr_array_index(rig->scenario->links, 0))->ends[end];
}

static void rig_open(Rig *rig, const char *text)
{
    rig->scenario = parsed(text);
    rig->engine = engine_new();
    rig->pool = frame_pool_new(1 << 24);
    rig->topology = topology_new(rig->scenario, rig->engine);
    for (unsigned end = 0; end < 2; end++) {
        probe_init(&rig->probe[end], rig->engine);
        topology_connect(rig->topology, end_of(rig, end), &rig->probe[end].sink);
    }
}

static void rig_close(Rig *rig)
{
    topology_free(rig->topology);
    for (unsigned end = 0; end < 2; end++)
        probe_clear(&rig->probe[end]);
    frame_pool_free(rig->pool);
    engine_free(rig->engine);
    scenario_free(rig->scenario);
}

// Sends a TCP or UDP packet with these ports from an end; TCP flags where they are not 0.
static void rig_send(Rig *rig, unsigned end, uint8_t protocol, uint16_t from, uint16_t to,
                     uint8_t flags)
{
    uint32_t length_bytes = 14 + 20 + (protocol == PACKET_PROTOCOL_TCP ? 20 : 12);
    Frame *frame = frame_new(rig->pool, length_bytes);
    uint8_t *bytes = frame_bytes(frame);

    memset(bytes, 0, length_bytes);
    frame->length_bytes = length_bytes;
    bytes[12] = 0x08;
    bytes[14] = 0x45;
    packet_set_length(bytes + 14, length_bytes - 14, 0);
    bytes[14 + 9] = protocol;
    bytes[14 + 12] = bytes[14 + 16] = 10;
    packet_store16(bytes + 34, from);
    packet_store16(bytes + 36, to);
    if (protocol == PACKET_PROTOCOL_TCP) {
        bytes[34 + PACKET_TCP_DATA_OFFSET] = 0x50;
        bytes[34 + PACKET_TCP_FLAGS] = flags;
    }
    sink_push(topology_entry(rig->topology, end_of(rig, end)), frame);
}

static void assert_arrived(const Rig *rig, unsigned end, const uint64_t *indices, unsigned n)
{
    g_assert_cmpuint(probe_count(&rig->probe[end]), ==, n);
    for (unsigned i = 0; i < n; i++)
        g_assert_cmpuint(probe_record(&rig->probe[end], i)->index, ==, indices[i]);
}

static void test_first_syn_ack_of_each_flow(void)
{
    enum { SYN = 0x02, ACK = 0x10 };
    Rig rig;

    rig_open(&rig, LINK "    faults:\n"
                        "      - drop: {}\n"
                        "        match: tcp[tcpflags] & (tcp-syn|tcp-ack) == (tcp-syn|tcp-ack)\n"
                        "        which: first per flow\n");
    for (uint16_t port = 1000; port < 1003; port++) {
        rig_send(&rig, 0, PACKET_PROTOCOL_TCP, port, 80, SYN);
        rig_send(&rig, 1, PACKET_PROTOCOL_TCP, 80, port, SYN | ACK); // dropped
        rig_send(&rig, 0, PACKET_PROTOCOL_TCP, port, 80, SYN);
        rig_send(&rig, 1, PACKET_PROTOCOL_TCP, 80, port, SYN | ACK);
        rig_send(&rig, 0, PACKET_PROTOCOL_TCP, port, 80, ACK);
    }
    assert_arrived(&rig, 1, (uint64_t[]){0, 1, 2, 3, 4, 5, 6, 7, 8}, 9);
    assert_arrived(&rig, 0, (uint64_t[]){1, 3, 5}, 3);
    rig_close(&rig);
}

static void test_listed_packets_to_a_port(void)
{
    Rig rig;

    rig_open(&rig, LINK "    faults:\n"
                        "      - {drop: {}, match: udp dst port 4433, which: '5, 6, 9'}\n");
    for (unsigned i = 0; i < 11; i++) { // each between two of another port
        rig_send(&rig, 0, PACKET_PROTOCOL_UDP, 999, 4434, 0);
        rig_send(&rig, 0, PACKET_PROTOCOL_UDP, 999, 4433, 0);
    }
    rig_send(&rig, 1, PACKET_PROTOCOL_UDP, 4433, 999, 0);
    assert_arrived(&rig, 1,
                   (uint64_t[]){0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 13, 14, 15, 16, 18, 19, 20, 21},
                   19);
    assert_arrived(&rig, 0, (uint64_t[]){0}, 1);
    rig_close(&rig);
}

static void test_late_dns_answers(void)
{
    Rig rig;

    rig_open(&rig, LINK "    delay: 10ms\n"
                        "    faults: [{delay: 2s, match: udp src port 53}]\n");
    rig_send(&rig, 0, PACKET_PROTOCOL_UDP, 999, 53, 0);
    rig_send(&rig, 1, PACKET_PROTOCOL_UDP, 53, 999, 0); // the answer
    rig_send(&rig, 1, PACKET_PROTOCOL_UDP, 54, 999, 0);
    virtual_run_to_end(rig.engine);
    assert_arrived(&rig, 1, (uint64_t[]){0}, 1);
    assert_arrived(&rig, 0, (uint64_t[]){1, 0}, 2);
    g_assert_cmpint(probe_record(&rig.probe[1], 0)->at_ns, ==, S / 100);
    g_assert_cmpint(probe_record(&rig.probe[0], 0)->at_ns, ==, S / 100);
    g_assert_cmpint(probe_record(&rig.probe[0], 1)->at_ns, ==, 2 * S + S / 100);
    rig_close(&rig);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scenario/faults/rules-are-read", test_rules_are_read);
    g_test_add_func("/scenario/faults/no-rules-no-stage", test_no_rules_no_stage);
    g_test_add_func("/scenario/faults/wrong-rules-are-told", test_wrong_rules_are_told);
    g_test_add_func("/scenario/faults/filters-know-the-device", test_filters_know_the_device);
    g_test_add_func("/scenario/faults/first-syn-ack-of-each-flow", test_first_syn_ack_of_each_flow);
    g_test_add_func("/scenario/faults/listed-packets-to-a-port", test_listed_packets_to_a_port);
    g_test_add_func("/scenario/faults/late-dns-answers", test_late_dns_answers);
    return g_test_run();
}
