// SPDX-License-Identifier: Apache-2.0
// Flows: told apart by what should tell them apart and by nothing else, and spread evenly.
#include "core/flow_hash.h"

#include <glib.h>
#include <string.h>

#include "core/packet.h"

enum { POOL_BYTES = 1 << 20, TCP = PACKET_PROTOCOL_TCP, UDP = PACKET_PROTOCOL_UDP, ICMP = 1 };

static const RandomKey salt = {{0x12345678, 0x9abcdef0}};

typedef struct {
    uint32_t source, destination; // the last four bytes of the addresses
    uint16_t from_port, to_port;
    uint8_t protocol;
    bool is_ipv6, is_fragment, has_vlan, is_bare_ip;
    uint8_t octet, payload;
} Flow;

static uint32_t flow_put_network(const Flow *flow, uint8_t *at)
{
    if (flow->is_ipv6) {
        at[0] = (uint8_t)(0x60 | flow->octet >> 4);
        at[1] = (uint8_t)(flow->octet << 4);
        packet_store16(at + 4, flow->is_fragment ? 48 : 40);
        at[6] = flow->is_fragment ? 44 : flow->protocol;
        at[8] = at[24] = 0xfd;
        packet_store32(at + 20, flow->source);
        packet_store32(at + 36, flow->destination);
        at[40] = flow->protocol; // of a fragment header, or written over
        return flow->is_fragment ? 48 : 40;
    }
    at[0] = 0x45;
    at[1] = flow->octet;
    packet_store16(at + 2, 60);
    packet_store16(at + 6, flow->is_fragment ? 0x2000 : 0x4000);
    at[9] = flow->protocol;
    packet_store32(at + 12, flow->source);
    packet_store32(at + 16, flow->destination);
    return 20;
}

static uint64_t flow_hash_of(FramePool *pool, const Flow *flow, RandomKey key)
{
    Frame *frame = frame_new(pool, 200);
    uint8_t *at = frame_bytes(frame);
    uint64_t hash;

    memset(at, 0, 200);
    frame->is_bare_ip = flow->is_bare_ip;
    if (!flow->is_bare_ip) {
        at[0] = at[5] = at[6] = 2; // to 02:00:00:00:00:02 from 02:00:00:00:00:01
        at[11] = 1;
        if (flow->has_vlan)
            packet_store32(at + 12, 0x81000007);
        at += flow->has_vlan ? 16 : 12;
        packet_store16(at, flow->is_ipv6 ? 0x86dd : 0x0800);
        at += 2;
    }
    at += flow_put_network(flow, at);
    packet_store16(at, flow->from_port);
    packet_store16(at + 2, flow->to_port);
    memset(at + 4, flow->payload, 60);
    frame->length_bytes = (uint32_t)(at + 64 - frame_bytes(frame));
    hash = flow_hash(frame, key);
    frame_free(frame);
    return hash;
}

static void assert_differ(FramePool *pool, const Flow *a, const Flow *b, bool differ)
{
    g_assert_cmpint(flow_hash_of(pool, a, salt) != flow_hash_of(pool, b, salt), ==, differ);
}

static const Flow flows[] = {
    {1, 2, 1000, 80, TCP, .is_ipv6 = false},
    {1, 2, 1000, 80, UDP, .is_ipv6 = false},
    {1, 2, 1000, 80, TCP, .is_ipv6 = true},
    {1, 2, 1000, 80, UDP, .is_ipv6 = true},
};

// Each of addresses, ports and protocol makes another flow, as does the other way.
static void test_tells_flows_apart(void)
{
    FramePool *pool = frame_pool_new(POOL_BYTES);

    for (unsigned i = 0; i < G_N_ELEMENTS(flows); i++) {
        Flow other[6] = {flows[i], flows[i], flows[i], flows[i], flows[i], flows[i]};

        other[0].source = 3;
        other[1].destination = 3;
        other[2].from_port++;
        other[3].to_port++;
        other[4].protocol = 132;
        other[5].source = flows[i].destination;
        other[5].destination = flows[i].source;
        for (unsigned n = 0; n < G_N_ELEMENTS(other); n++)
            assert_differ(pool, &flows[i], &other[n], true);
        for (unsigned n = i + 1; n < G_N_ELEMENTS(flows); n++)
            assert_differ(pool, &flows[i], &flows[n], true);
    }
    frame_pool_free(pool);
}

// Tags, the traffic class, payload and Ethernet itself do not.
static void test_keeps_a_flow_together(void)
{
    FramePool *pool = frame_pool_new(POOL_BYTES);

    for (unsigned i = 0; i < G_N_ELEMENTS(flows); i++) {
        Flow alike[4] = {flows[i], flows[i], flows[i], flows[i]};

        alike[0].has_vlan = true;
        alike[1].is_bare_ip = true;
        alike[2].octet = 3;
        alike[3].payload = 7;
        for (unsigned n = 0; n < G_N_ELEMENTS(alike); n++)
            assert_differ(pool, &flows[i], &alike[n], false);
    }
    frame_pool_free(pool);
}

// Fragments, of which only the first has ports, and protocols without go by addresses.
static void test_goes_by_addresses_without_ports(void)
{
    FramePool *pool = frame_pool_new(POOL_BYTES);

    for (unsigned i = 0; i < 4; i++) {
        Flow flow = flows[i], other;

        flow.is_fragment = i % 2 == 0;
        if (!flow.is_fragment)
            flow.protocol = ICMP;
        other = flow;
        other.from_port++;
        other.to_port++;
        assert_differ(pool, &flow, &other, false);
        other.source++;
        assert_differ(pool, &flow, &other, true);
    }
    frame_pool_free(pool);
}

static uint64_t hash_of_bytes(FramePool *pool, const char *bytes, uint32_t n_bytes, bool is_bare_ip)
{
    Frame *frame = frame_new(pool, n_bytes);
    uint64_t hash;

    memcpy(frame_bytes(frame), bytes, n_bytes);
    frame->length_bytes = n_bytes;
    frame->is_bare_ip = is_bare_ip;
    hash = flow_hash(frame, salt);
    frame_free(frame);
    return hash;
}

static void test_what_is_not_ip_goes_by_ethernet(void)
{
    static const char arp[] = "\2\0\0\0\0\2\2\0\0\0\0\1\x08\x06\0\1";
    static const char from_other[] = "\2\0\0\0\0\2\2\0\0\0\0\3\x08\x06\0\1";
    static const char other_type[] = "\2\0\0\0\0\2\2\0\0\0\0\1\x88\xcc\0\1";
    FramePool *pool = frame_pool_new(POOL_BYTES);
    uint64_t hash = hash_of_bytes(pool, arp, 16, false);

    g_assert_cmpuint(hash, ==, hash_of_bytes(pool, arp, 14, false));
    g_assert_cmpuint(hash, !=, hash_of_bytes(pool, from_other, 16, false));
    g_assert_cmpuint(hash, !=, hash_of_bytes(pool, other_type, 16, false));
    g_assert_cmpuint(hash_of_bytes(pool, arp, 0, false), ==, hash_of_bytes(pool, arp, 0, true));
    g_assert_cmpuint(hash_of_bytes(pool, arp, 1, true), ==, hash_of_bytes(pool, arp, 9, true));
    frame_pool_free(pool);
}

// Neighbouring ports, hosts and both: chi-square over 1024 buckets has mean 1023 and deviation
// 45.2; four deviations either way are left by chance once in 16000 times.
static void test_spreads_evenly(void)
{
    enum { N_BUCKETS = 1024, N_EACH = 64 };
    FramePool *pool = frame_pool_new(POOL_BYTES);

    for (unsigned kind = 0; kind < 4; kind++) {
        unsigned n_in[N_BUCKETS] = {0};
        double chi_square = 0;

        for (uint32_t n = 0; n < N_BUCKETS * N_EACH; n++) {
            Flow flow = {0x0a000001, 0x0a000002, 33000, 443, TCP, .is_ipv6 = kind == 3};

            flow.from_port = (uint16_t)(kind == 0 ? n : kind == 2 ? 33000 + n % 256 : 33000);
            flow.source += kind == 1 || kind == 3 ? n : kind == 2 ? n / 256 : 0;
            n_in[flow_hash_bucket(flow_hash_of(pool, &flow, salt), N_BUCKETS)]++;
        }
        for (unsigned i = 0; i < N_BUCKETS; i++)
            chi_square += ((double)n_in[i] - N_EACH) * ((double)n_in[i] - N_EACH) / N_EACH;
        g_assert_cmpfloat(chi_square, >, 1023 - 4 * 45.2);
        g_assert_cmpfloat(chi_square, <, 1023 + 4 * 45.2);
    }
    frame_pool_free(pool);
}

// Under another salt other flows meet: of 2000 pairs in one bucket of 1024, two are expected to
// share one again.
static void test_salt_parts_those_that_met(void)
{
    enum { N_BUCKETS = 1024, N_PAIRS = 2000 };
    static const RandomKey other_salt = {{0x12345679, 0x9abcdef0}};
    FramePool *pool = frame_pool_new(POOL_BYTES);
    Flow first = flows[0];
    uint32_t bucket = flow_hash_bucket(flow_hash_of(pool, &first, salt), N_BUCKETS);
    uint32_t other_bucket = flow_hash_bucket(flow_hash_of(pool, &first, other_salt), N_BUCKETS);
    unsigned n_met = 0, n_met_again = 0;

    for (uint32_t n = 1; n_met < N_PAIRS; n++) {
        Flow flow = first;

        flow.source += n;
        if (flow_hash_bucket(flow_hash_of(pool, &flow, salt), N_BUCKETS) != bucket)
            continue;
        n_met++;
        n_met_again +=
            flow_hash_bucket(flow_hash_of(pool, &flow, other_salt), N_BUCKETS) == other_bucket;
    }
    g_assert_cmpuint(n_met_again, <, 10);
    frame_pool_free(pool);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/core/flow_hash/tells-flows-apart", test_tells_flows_apart);
    g_test_add_func("/core/flow_hash/keeps-a-flow-together", test_keeps_a_flow_together);
    g_test_add_func("/core/flow_hash/goes-by-addresses-without-ports",
                    test_goes_by_addresses_without_ports);
    g_test_add_func("/core/flow_hash/what-is-not-ip-goes-by-ethernet",
                    test_what_is_not_ip_goes_by_ethernet);
    g_test_add_func("/core/flow_hash/spreads-evenly", test_spreads_evenly);
    g_test_add_func("/core/flow_hash/salt-parts-those-that-met", test_salt_parts_those_that_met);
    return g_test_run();
}
